// Goal: each provider works over a real socket: text, reasoning, tool calls, structured output,
// usage, streamed and whole, however the bytes are cut.
//
// Method: a server that speaks the documented form of each: at once; cut in two inside every
// character of several bytes, at the ends of lines and at places spread over the answer; and in
// chunks of one byte.
#include "tests/providers/ai/model_fixture.hpp"
#include "tests/providers/ai/wire_forms.hpp"

#include <atomic>
#include <future>

namespace ropewalk::ai {
namespace {

using test::ScriptedConnection;
using test::ScriptedServer;

constexpr std::size_t spread_cuts = 60;

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "text";
    case Kind::reasoning:
      return "reasoning";
    case Kind::tools:
      return "tools";
    case Kind::structured:
      return "structured";
  }
  return {};
}

ProviderSettings provider_for(WireForm const& form, std::string const& url) {
  auto out = provider_at(form.type, url);
  if (form.type == "anthropic" && form.kind == Kind::structured) out.api_version = "2026-10-21";
  return out;
}

void check_tool_calls(ChatAnswer const& answer) {
  ASSERT_EQ(answer.tool_calls.size(), 2U);
  EXPECT_EQ(answer.tool_calls[0].name, "get_weather");
  EXPECT_EQ(answer.tool_calls[0].arguments, said_arguments);
  EXPECT_EQ(answer.tool_calls[0].id.substr(0, 5), "call_");
  EXPECT_EQ(answer.tool_calls[1].name, "now");
  EXPECT_EQ(answer.tool_calls[1].arguments, "{}");
  EXPECT_FALSE(answer.tool_calls[1].id.empty());
}

void check_limits(RateLimitState const& heard, RateLimitState const& meant) {
  EXPECT_EQ(heard.requests_limit, meant.requests_limit);
  EXPECT_EQ(heard.requests_remaining, meant.requests_remaining);
  EXPECT_EQ(heard.requests_reset, meant.requests_reset);
  EXPECT_EQ(heard.tokens_limit, meant.tokens_limit);
  EXPECT_EQ(heard.tokens_remaining, meant.tokens_remaining);
  EXPECT_EQ(heard.tokens_reset, meant.tokens_reset);
}

void check_answer(WireForm const& form, Heard const& heard) {
  check_promises(heard);
  auto const& ended = heard.outcome.ended;
  ASSERT_TRUE(ended) << ended.error().message;
  auto const& answer = heard.outcome.answer;
  EXPECT_EQ(answer.model, form.model);
  EXPECT_EQ(answer.request_id, form.request_id);
  EXPECT_EQ(answer.usage, form.usage);
  EXPECT_EQ(answer.finish.raw, form.finish);
  EXPECT_EQ(answer.opaque.size(), form.opaque_count);
  EXPECT_EQ(answer.reasoning, form.kind == Kind::reasoning ? said_thought : "");
  if (form.kind == Kind::tools) {
    EXPECT_EQ(answer.finish.reason, FinishReason::tool_calls);
    EXPECT_EQ(answer.text, "");
    check_tool_calls(answer);
  } else {
    EXPECT_EQ(answer.finish.reason, FinishReason::stop);
    EXPECT_EQ(answer.text, form.kind == Kind::structured ? said_json : said_text);
    EXPECT_TRUE(answer.tool_calls.empty());
  }
  check_limits(heard.outcome.limits, form.limits);
}

void check_request(WireForm const& form, test::ReceivedRequest const& request) {
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, form.target);
  for (auto const& header : form.sent_headers)
    EXPECT_EQ(request.header(header.name), header.value) << header.name;
  EXPECT_EQ(request.header("content-length"), std::to_string(request.body.size()));
  EXPECT_EQ(json_of(request.body), json_of(form.sent));
  EXPECT_EQ(request.target.find(test_key), std::string::npos);
  EXPECT_EQ(request.body.find(test_key), std::string::npos);
}

/// Where `bytes` are cut in two: everywhere where a reader could go wrong, and here and there.
std::vector<std::size_t> cuts_of(std::string const& bytes) {
  auto const step = std::max<std::size_t>(bytes.size() / spread_cuts, 1);
  std::size_t line_ends = 0;
  std::vector<std::size_t> out;
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    bool const is_inside_character = (static_cast<unsigned char>(bytes[i]) & 0xC0) == 0x80;
    bool const is_line_end = (bytes[i - 1] == '\r' || bytes[i - 1] == '\n') && ++line_ends % 2 == 0;
    if (is_inside_character || is_line_end || i % step == 0) out.push_back(i);
  }
  return out;
}

/// Calls `count` times, one after the other.
Async<> call_often(
    HttpClient& client, WireForm const& form, ProviderSettings const& provider, std::size_t count
) {
  auto const chat = chat_for(form.kind, form.is_streamed);
  CallOptions const options;
  for (std::size_t i = 0; i < count; ++i) {
    Heard heard;
    co_await call_model(client, provider, chat, options, heard);
    check_answer(form, heard);
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "call " << i;
      co_return;
    }
  }
}

class EachProvider : public testing::TestWithParam<WireForm> {
 protected:
  void call(ScriptedServer const& server, std::size_t count) {
    auto const provider = provider_for(GetParam(), server.url(""));
    test::with_client({}, [&](HttpClient& client, AsyncScope&) {
      return call_often(client, GetParam(), provider, count);
    });
  }
};

TEST_P(EachProvider, AtOnce) {
  std::promise<test::ReceivedRequest> request;
  auto const answer = http_answer(GetParam());
  ScriptedServer server([&](ScriptedConnection& connection) {
    if (auto received = connection.read_request()) request.set_value(std::move(*received));
    connection.send(answer);
    connection.wait_for_close();
  });
  call(server, 1);
  check_request(GetParam(), request.get_future().get());
}

TEST_P(EachProvider, CutInTwo) {
  auto const answer = http_answer(GetParam());
  auto const cuts = cuts_of(answer);
  ScriptedServer server([&](ScriptedConnection& connection) {
    for (auto const cut : cuts) {
      if (!connection.read_request()) return;
      connection.send_in_pieces(std::string_view(answer).substr(0, cut), cut);
      connection.send(std::string_view(answer).substr(cut));
    }
  });
  call(server, cuts.size());
  EXPECT_EQ(server.connections_count(), 1U) << "an answer that was read keeps its connection";
}

TEST_P(EachProvider, InChunksOfOneByte) {
  auto const& form = GetParam();
  ScriptedServer server([&](ScriptedConnection& connection) {
    while (connection.read_request()) {
      connection.begin_chunks(200, header_lines(form));
      for (std::size_t i = 0; i < form.body.size(); ++i)
        connection.send_chunk(std::string_view(form.body).substr(i, 1));
      connection.end_chunks();
    }
  });
  call(server, 2);
  EXPECT_EQ(server.connections_count(), 1U);
}

TEST_P(EachProvider, InABodyThatEndsWithTheConnection) {
  auto const& form = GetParam();
  ScriptedServer server(test::reply_once(
      "HTTP/1.1 200 OK\r\n" + header_lines(form) + "Connection: close\r\n\r\n" + form.body
  ));
  call(server, 2);
}

INSTANTIATE_TEST_SUITE_P(
    Forms,
    EachProvider,
    testing::ValuesIn(wire_forms()),
    [](auto const& form) {
      auto name = form.param.type + "_" + std::string(name_of(form.param.kind)) +
                  (form.param.is_streamed ? "_streamed" : "_whole");
      for (char& c : name)
        if (c == '-') c = '_';
      return name;
    }
);

/// Waits until the listener has heard something before the server says more: nothing is held back.
TEST(HttpModelClient, WhatComesIsHeardAtOnce) {
  for (std::string const type :
       {"openai", "azure", "openai-responses", "anthropic", "gemini", "ollama"}) {
    auto const& form = wire_form(type, Kind::text, true);
    std::promise<void> heard_something;
    std::atomic<bool> was_heard = false;
    ScriptedServer server([&](ScriptedConnection& connection) {
      connection.read_request();
      connection.begin_chunks(200, header_lines(form));
      // All but the last piece of text, and a little of that.
      auto const cut = form.body.find("aus");
      connection.send_chunk(std::string_view(form.body).substr(0, cut));
      auto const heard = heard_something.get_future().wait_for(std::chrono::seconds(10));
      was_heard = heard == std::future_status::ready;
      connection.send_chunk(std::string_view(form.body).substr(cut));
      connection.end_chunks();
    });
    auto const provider = provider_at(type, server.url(""));
    auto const chat = chat_for(Kind::text, true);
    CallOptions options;
    options.also = [&, is_first = true](ChatEvent const& event) mutable {
      if (!std::holds_alternative<TextDelta>(event)) return;
      if (std::exchange(is_first, false)) heard_something.set_value();
    };
    auto const outcome = ask_model(provider, chat, options).outcome;
    EXPECT_TRUE(was_heard) << type;
    EXPECT_EQ(outcome.answer.text, said_text) << type;
    EXPECT_LT(outcome.first_token, outcome.total) << type;
  }
}

}  // namespace
}  // namespace ropewalk::ai

#include "tests/providers/ai/model_fixture.hpp"

#include "engine/base/json.hpp"
#include "providers/ai/answer_builder.hpp"

namespace ropewalk::ai {
namespace {

bool is_first_token(ChatEvent const& event) {
  return std::holds_alternative<TextDelta>(event) ||
         std::holds_alternative<ReasoningDelta>(event) ||
         std::holds_alternative<ToolCallStarted>(event);
}

void check_order(std::vector<ChatEvent> const& events, bool is_ended_well) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    bool const is_last = i + 1 == events.size();
    EXPECT_EQ(std::holds_alternative<ChatStarted>(events[i]), i == 0) << to_line(events[i]);
    EXPECT_EQ(std::holds_alternative<ChatFinish>(events[i]), is_last && is_ended_well)
        << to_line(events[i]);
    EXPECT_FALSE(std::holds_alternative<ChatFailed>(events[i])) << to_line(events[i]);
  }
}

void check_error(Error const& error) {
  EXPECT_FALSE(error.code.empty());
  EXPECT_FALSE(error.message.empty());
  EXPECT_EQ(to_text(to_json(error)).find(test_key), std::string::npos) << "the key";
}

}  // namespace

ProviderSettings provider_at(std::string_view type, std::string const& url) {
  auto out = provider_of(type);
  bool const has_version = type == "openai" || type == "openai-responses";
  out.base_url = url + (has_version ? "/v1" : "");
  return out;
}

Async<> call_model(
    HttpClient& client,
    ProviderSettings const& provider,
    ChatRequest const& chat,
    CallOptions const& options,
    Heard& into
) {
  HttpModelClient model(client, provider, *find_dialect(provider.type), options.limits);
  ChatListener const listener = [&into, &options](ChatEvent const& event) {
    into.events.push_back(event);
    if (options.also) options.also(event);
  };
  auto calling = model.call(chat, listener);
  into.outcome = co_await std::move(calling);
}

Heard ask_model(
    ProviderSettings const& provider, ChatRequest const& chat, CallOptions const& options
) {
  Heard out;
  test::with_client(options.http, [&](HttpClient& client, AsyncScope&) {
    return call_model(client, provider, chat, options, out);
  });
  return out;
}

void check_promises(Heard const& heard) {
  auto const& outcome = heard.outcome;
  check_order(heard.events, outcome.ended.has_value());
  AnswerBuilder builder;
  bool has_token = false;
  for (auto const& event : heard.events) {
    builder.add(event);
    has_token = has_token || is_first_token(event);
  }
  auto const answer = builder.take();
  EXPECT_EQ(outcome.answer.text, answer.text);
  EXPECT_EQ(outcome.answer.reasoning, answer.reasoning);
  EXPECT_EQ(outcome.answer.tool_calls.size(), answer.tool_calls.size());
  EXPECT_EQ(outcome.answer.usage, answer.usage);
  EXPECT_EQ(outcome.first_token > Duration{}, has_token);
  EXPECT_GE(outcome.total, outcome.first_token);
  if (outcome.ended)
    EXPECT_FALSE(heard.events.empty());
  else
    check_error(outcome.ended.error());
}

}  // namespace ropewalk::ai

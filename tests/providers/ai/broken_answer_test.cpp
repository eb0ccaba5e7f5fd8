// Goal: answers that are not quite what was documented are understood when they can be, and end in
// the right class, code and words when they cannot.
//
// Method: the documented answers with something done to them.
#include "tests/providers/ai/broken_fixture.hpp"

#include <gmock/gmock.h>

namespace ropewalk::ai {
namespace {

constexpr auto transient = ErrorClass::transient;

class BrokenAnswer : public BrokenServer {
 protected:
  bool is_sse() const { return GetParam() != "ollama"; }

  /// The events of the body, each with its end.
  std::vector<std::string> events() const {
    std::vector<std::string> out;
    std::string_view rest = form().body;
    while (!rest.empty()) {
      auto const size = std::min(rest.find(event_end()), rest.size()) + event_end().size();
      out.emplace_back(rest.substr(0, size));
      rest.remove_prefix(std::min(size, rest.size()));
    }
    return out;
  }

  std::string_view finish_mark() const {
    auto const& type = GetParam();
    if (type == "openai-responses") return "\"status\":\"completed\",\"error\"";
    if (type == "anthropic") return "\"stop_reason\":\"end_turn\"";
    if (type == "gemini") return "\"finishReason\":\"STOP\"";
    return type == "ollama" ? "\"done\":true" : "\"finish_reason\":\"stop\"";
  }

  /// What the provider says when it breaks down while it answers.
  std::string late_error() const {
    auto const& type = GetParam();
    if (type == "openai-responses")
      return "event: error\ndata: {\"type\":\"error\",\"code\":\"server_is_overloaded\","
             "\"message\":\"Gave up\",\"param\":null,\"sequence_number\":3}\n\n";
    if (type == "anthropic")
      return "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
             "\"message\":\"Gave up\"}}\n\n";
    if (type == "gemini")  // so it comes: without "data:"
      return "{\"error\": {\n  \"code\": 503,\n  \"message\": \"Gave up\",\n"
             "  \"status\": \"UNAVAILABLE\"\n}}\n";
    if (type == "ollama") return "{\"error\":\"Gave up\"}\n";
    return "data: {\"error\":{\"message\":\"Gave up\",\"type\":\"server_error\","
           "\"param\":null,\"code\":null}}\n\n";
  }
};

TEST_P(BrokenAnswer, AnErrorInTheMiddle) {
  auto const& type = GetParam();
  bool const is_overloaded = type == "openai-responses" || type == "anthropic" || type == "gemini";
  // What comes behind the error does not count.
  auto const heard = ask_for_body(beginning() + late_error() + form().body);
  expect_failure(
      heard, is_overloaded ? "overloaded" : "server_error", transient, "in the stream: Gave up"
  );
  EXPECT_EQ(heard.outcome.answer.text, first_words());
}

TEST_P(BrokenAnswer, AnyEndOfLine) {
  auto const plain = replaced(form().body, "\r\n", "\n");
  expect_answer(ask_for_body(plain));
  expect_answer(ask_for_body(replaced(plain, "\n", "\r\n")));
  if (is_sse()) expect_answer(ask_for_body(replaced(plain, "\n", "\r")));
}

TEST_P(BrokenAnswer, CommentsAndPings) {
  std::string body = is_sse() ? "\xEF\xBB\xBF: hello\n\n" : "\n \n";
  for (auto const& event : events()) {
    body += event;
    body += is_sse() ? ": keep-alive\n\nid: 7\nretry: 100\n\n" : "\r\n\n";
    if (GetParam() == "anthropic") body += "event: ping\ndata: {\"type\": \"ping\"}\n\n";
  }
  expect_answer(ask_for_body(body));
}

TEST_P(BrokenAnswer, FinishesTwice) {
  std::string body;
  for (auto const& event : events()) {
    body += event;
    if (event.find(finish_mark()) == event.npos) continue;
    // Gemini's last event has text too: what is said twice there is only that it is the last.
    body += GetParam() == "gemini" ? "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\r\n\r\n"
                                   : event;
  }
  auto const heard = ask_for_body(body + events().back());
  ASSERT_TRUE(heard.outcome.ended) << heard.outcome.ended.error().message;
  if (GetParam() != "gemini") expect_answer(heard);
}

TEST_P(BrokenAnswer, NeverFinishes) {
  std::string body;
  for (auto const& event : events()) {
    if (event.find(finish_mark()) == event.npos)
      body += event;
    else if (GetParam() == "gemini")
      body += replaced(event, ",\"finishReason\":\"STOP\"", "");
  }
  bool const is_stop_without_reason = GetParam() == "anthropic";
  auto const heard = ask_for_body(body);
  expect_failure(
      heard,
      is_stop_without_reason ? "malformed_response" : "stream_truncated",
      transient,
      is_stop_without_reason ? "stop reason" : "broke off"
  );
  EXPECT_EQ(heard.outcome.answer.text, said_text);
}

TEST_P(BrokenAnswer, AnotherContentType) {
  for (std::string const type : {"text/html", "application/json", "image/png", "nonsense"}) {
    auto const head = "HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\n";
    expect_answer(ask_for(head + form().body));
  }
  expect_answer(ask_for("HTTP/1.1 200 OK\r\n\r\n" + form().body));
}

/// A gateway that cannot stream answers with the whole document.
TEST_P(BrokenAnswer, AWholeDocumentInsteadOfAStream) {
  auto const& whole = wire_form(GetParam(), Kind::text, false);
  expect_answer(ask_for("HTTP/1.1 200 OK\r\n" + header_lines(whole) + "\r\n" + whole.body));
}

TEST_P(BrokenAnswer, APageInsteadOfAnAnswer) {
  std::string const html = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
  auto const page = ask_for(
      html + "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body></body></html>\n"
  );
  expect_failure(page, "malformed_response", transient, "Sign in");
  EXPECT_THAT(page.outcome.ended.error().hint, testing::HasSubstr("baseUrl"));
  expect_failure(ask_for(html + "It works!\n"), "malformed_response", transient, "It works!");
  expect_failure(ask_for(html), "stream_truncated", transient, "");
}

TEST_P(BrokenAnswer, BytesThatAreNoText) {
  auto const broken = replaced(form().body, "\xC3\xBC", "\xFF");
  auto const heard = ask_for_body(broken);
  EXPECT_EQ(heard.outcome.answer.text.find('\xFF'), std::string::npos);
  if (!heard.outcome.ended) expect_failure(heard, "malformed_response", transient, "not JSON");
}

TEST_P(BrokenAnswer, NotHttpAtAll) {
  expect_failure(ask_for("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "malformed_response", transient, "HTTP");
  expect_failure(ask_for(""), "connection_lost", transient, "before it answered");
}

TEST_P(BrokenAnswer, ALyingUsage) {
  auto const input = GetParam() == "anthropic" ? ":7," : ":12,";
  for (std::string const lie :
       {":-5,", ":\"many\",", ":9223372036854775808,", ":1e400,", ":null,", ":[],"}) {
    auto const heard = ask_for_body(replaced(form().body, input, lie));
    if (lie == ":1e400," && !heard.outcome.ended) {
      expect_failure(heard, "malformed_response", transient, "");
      continue;
    }
    expect_answer(heard);
    EXPECT_EQ(heard.outcome.answer.usage.input, std::nullopt) << lie;
    EXPECT_EQ(heard.outcome.answer.usage.output, 5) << lie;
  }
  auto const heard = ask_for_body(replaced(form().body, ":4", ":4000"));
  expect_answer(heard);
  auto const& usage = heard.outcome.answer.usage;
  EXPECT_LE(usage.cached_input.value_or(0), usage.input.value_or(0));
}

TEST_P(BrokenAnswer, NoUsage) {
  auto body = form().body;
  for (std::string const name :
       {"\"usage\"", "\"usageMetadata\"", "\"prompt_eval_count\"", "\"eval_count\""})
    body = replaced(body, name, "\"other\"");
  auto const heard = ask_for_body(body);
  expect_answer(heard);
  EXPECT_EQ(heard.outcome.answer.usage, ChatUsage{});
}

INSTANTIATE_TEST_SUITE_P(Types, BrokenAnswer, every_type(), type_name_of);

}  // namespace
}  // namespace ropewalk::ai

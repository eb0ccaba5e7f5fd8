// Goal: each way in which a provider refuses has its class, code, words and delay, at every
// provider.
//
// Method: a table of statuses and of what each provider writes in their bodies, over one
// connection.
#include "engine/base/json.hpp"
#include "tests/providers/ai/broken_fixture.hpp"

#include <gmock/gmock.h>

namespace ropewalk::ai {
namespace {

using test::ScriptedConnection;
using test::ScriptedServer;
using testing::HasSubstr;

struct Refusal {
  char const* name;
  unsigned status;
  char const* code;
  ErrorClass error_class;
  bool is_retryable;
  // What the providers call it, beside the status
  char const* openai_code;
  char const* anthropic_type;
  char const* google_status;
  char const* headers = "";
};

constexpr auto transient = ErrorClass::transient;
constexpr auto permanent = ErrorClass::permanent;
constexpr auto resource = ErrorClass::resource;
constexpr char wait_a_while[] = "Retry-After: 7\r\n";

Refusal const refusals[] = {
    {"bad key",
     401,
     "auth",
     permanent,
     false,
     "invalid_api_key",
     "authentication_error",
     "UNAUTHENTICATED"},
    {"not allowed",
     403,
     "auth",
     permanent,
     false,
     "unsupported_country",
     "permission_error",
     "PERMISSION_DENIED"},
    {"no such model",
     404,
     "not_found",
     permanent,
     false,
     "model_not_found",
     "not_found_error",
     "NOT_FOUND"},
    {"bad request",
     400,
     "invalid_request",
     permanent,
     false,
     "invalid_type",
     "invalid_request_error",
     "INVALID_ARGUMENT"},
    {"too large",
     413,
     "invalid_request",
     permanent,
     false,
     "request_too_large",
     "request_too_large",
     "INVALID_ARGUMENT"},
    {"limit with delay",
     429,
     "rate_limited",
     resource,
     true,
     "rate_limit_exceeded",
     "rate_limit_error",
     "RESOURCE_EXHAUSTED",
     wait_a_while},
    {"limit without delay",
     429,
     "rate_limited",
     resource,
     true,
     "rate_limit_exceeded",
     "rate_limit_error",
     "RESOURCE_EXHAUSTED"},
    {"spent",
     402,
     "quota_exhausted",
     resource,
     false,
     "insufficient_quota",
     "billing_error",
     "QUOTA"},
    {"failed", 500, "server_error", transient, true, "server_error", "api_error", "INTERNAL"},
    {"down",
     503,
     "overloaded",
     transient,
     true,
     "server_is_overloaded",
     "overloaded_error",
     "UNAVAILABLE"},
    {"busy", 529, "overloaded", transient, true, "slow", "overloaded_error", "UNAVAILABLE"},
};

std::string body_of(std::string const& type, Refusal const& refusal) {
  auto const status = std::to_string(refusal.status);
  std::string const words = "\"Words of the provider\"";
  if (type == "ollama") return "{\"error\":" + words + "}";
  if (type == "anthropic")
    return R"({"type":"error","error":{"type":")" + std::string(refusal.anthropic_type) +
           R"(","message":)" + words + R"(},"request_id":"req_2"})";
  if (type == "gemini")
    return R"({"error":{"code":)" + status + R"(,"message":)" + words + R"(,"status":")" +
           refusal.google_status + R"(","details":[]}})";
  return R"({"error":{"message":)" + words + R"(,"type":"x","param":null,"code":")" +
         refusal.openai_code + R"("}})";
}

class FailedAnswers : public BrokenServer {};

void check_refusal(std::string const& type, Refusal const& refusal, Error const& error) {
  EXPECT_THAT(error.message, HasSubstr(std::to_string(refusal.status) + ": Words of the provider"));
  EXPECT_EQ(error.detail.at("status"), refusal.status);
  EXPECT_EQ(error.detail.at("requestId"), "req_1") << type;
  auto const& detail = error.detail.as_object();
  bool const has_delay = refusal.headers == wait_a_while;
  EXPECT_EQ(detail.contains("retryAfterMs"), has_delay);
  if (has_delay) {
    EXPECT_EQ(detail.at("retryAfterMs"), 7000);
  }
}

/// What a 429 of Anthropic's says that has no delay: a limit always says when it ends.
bool is_spend_cap(std::string const& type, Refusal const& refusal) {
  return type == "anthropic" && refusal.status == 429 && refusal.headers != wait_a_while;
}

Async<> ask_all(HttpClient& client, ProviderSettings const& provider, std::vector<Heard>& into) {
  auto const chat = chat_for(Kind::text, true);
  CallOptions const options;
  for (std::size_t i = 0; i < std::size(refusals); ++i)
    co_await call_model(client, provider, chat, options, into.emplace_back());
}

TEST_P(FailedAnswers, EachStatus) {
  ScriptedServer server([&](ScriptedConnection& connection) {
    for (auto const& refusal : refusals) {
      if (!connection.read_request()) return;
      auto const headers = std::string(refusal.headers) +
                           "Content-Type: application/json\r\nx-request-id: req_1\r\n"
                           "x-ratelimit-remaining-requests: 0\r\n";
      connection.respond(refusal.status, body_of(GetParam(), refusal), headers);
    }
  });
  auto const settings = provider(server.url(""));
  std::vector<Heard> answers;
  test::with_client({}, [&](HttpClient& client, AsyncScope&) {
    return ask_all(client, settings, answers);
  });
  for (std::size_t i = 0; i < std::size(refusals); ++i) {
    SCOPED_TRACE(refusals[i].name);
    auto refusal = refusals[i];
    if (is_spend_cap(GetParam(), refusal)) {
      refusal.code = "quota_exhausted";
      refusal.is_retryable = false;
    }
    auto const& heard = answers.at(i);
    check_promises(heard);
    expect_failure(heard, refusal.code, refusal.error_class, "Words of the provider");
    auto const& error = heard.outcome.ended.error();
    check_refusal(GetParam(), refusal, error);
    EXPECT_EQ(error.detail.as_object().contains("retryable"), !refusal.is_retryable);
    if (GetParam() != "anthropic") {
      EXPECT_EQ(heard.outcome.limits.requests_remaining, 0);
    }
  }
  EXPECT_EQ(server.connections_count(), 1U) << "a failure that was read keeps its connection";
}

std::string response(unsigned status, std::string const& body, std::string const& headers = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_P(FailedAnswers, ThePageOfAProxy) {
  auto const heard = ask_for(response(
      502,
      "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body></html>\r\n",
      "Content-Type: text/html\r\n"
  ));
  expect_failure(heard, "server_error", transient, "502: an HTML page");
  EXPECT_THAT(heard.outcome.ended.error().message, HasSubstr("502 Bad Gateway"));
}

TEST_P(FailedAnswers, NoBody) {
  expect_failure(ask_for(response(503, "")), "overloaded", transient, "503: no explanation");
  expect_failure(ask_for(response(401, "")), "auth", permanent, "401: no explanation");
}

/// A body that is cut still says what it had said.
TEST_P(FailedAnswers, ACutBody) {
  auto const whole = response(500, "out of memory, and more that does not come");
  auto const heard = ask_for(whole.substr(0, whole.size() - 20));
  expect_failure(heard, "server_error", transient, "500: out of memory");
}

TEST_P(FailedAnswers, ARedirect) {
  auto const heard = ask_for(response(301, "", "Location: https://example.org/\r\n"));
  expect_failure(heard, "not_found", permanent, "301");
}

TEST_P(FailedAnswers, TheKeyIsNotRepeated) {
  auto const body = "{\"error\":{\"message\":\"bad key " + std::string(test_key) + "\"}}";
  auto const heard = ask_for(response(401, body));  // check_promises looks for the key
  expect_failure(heard, "auth", permanent, "bad key ***");
}

INSTANTIATE_TEST_SUITE_P(Types, FailedAnswers, every_type(), type_name_of);

}  // namespace
}  // namespace ropewalk::ai

// Goal: the rules that all providers share: the status alone, the server's own word, hints, words
// for people, secrets. Method: tables.
#include "tests/providers/ai/dialects/classify_table.hpp"

namespace ropewalk::ai {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Classify, ByStatusAlone) {
  for (std::string const type : {"openai", "openai-responses", "azure", "gemini", "ollama"}) {
    check({
        {type, 301, "", "not_found", permanent, false},
        {type, 400, "", "invalid_request", permanent, false},
        {type, 401, "", "auth", permanent, false},
        {type, 403, "nope", "auth", permanent, false},
        {type, 404, "<html><title>Not Found</title>", "not_found", permanent, false},
        {type, 405, "", "invalid_request", permanent, false},
        {type, 408, "", "timeout_first_byte", transient, true},
        {type, 409, "", "conflict", transient, true},
        {type, 413, "", "invalid_request", permanent, false},
        {type, 415, "", "invalid_request", permanent, false},
        {type, 422, "", "invalid_request", permanent, false},
        {type, 425, "", "server_error", transient, true},
        {type, 429, "", "rate_limited", resource, true},
        {type, 500, "[]", "server_error", transient, true},
        {type, 502, "<!doctype html>", "server_error", transient, true},
        {type, 503, "7", "overloaded", transient, true},
        {type, 520, "\"text\"", "server_error", transient, true},
        {type, 524, "{}", "server_error", transient, true},
        {type, 529, "{\"error\":[]}", "overloaded", transient, true},
    });
  }
}

TEST(Classify, TheServersWordOnRetrying) {
  check({
      {"openai", 500, "", "server_error", permanent, false, {{"x-should-retry", "false"}}},
      {"openai", 429, "", "rate_limited", resource, false, {{"x-should-retry", "false"}}},
      {"openai", 400, "", "invalid_request", transient, true, {{"x-should-retry", "true"}}},
      {"openai",
       429,
       openai_error("x", "\"insufficient_quota\"", "Q"),
       "quota_exhausted",
       resource,
       true,
       {{"x-should-retry", "true"}}},
  });
}

TEST(Classify, NumbersInWordsSayNothing) {
  check({
      {"openai",
       400,
       R"({"error":{"message":"your prompt: HTTP 429 Too Many, 503, 401"}})",
       "invalid_request",
       permanent,
       false},
      {"openai", 500, R"({"error":{"message":"token 429"}})", "server_error", transient, true},
  });
}

TEST(Classify, RetryHints) {
  auto const ms = [](HttpHeaders headers, std::string message) -> json::value {
    auto const error = classify(
        {"openai", 429, openai_error("x", "null", message), "", resource, true, std::move(headers)}
    );
    auto const* hint = error.detail.as_object().if_contains("retryAfterMs");
    return hint != nullptr ? *hint : json::value();
  };
  EXPECT_EQ(ms({{"retry-after-ms", "250"}, {"retry-after", "9"}}, "x"), 250);
  EXPECT_EQ(ms({{"Retry-After", "1.5"}}, "x"), 1500);
  EXPECT_EQ(
      ms({{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"},
          {"Date", "Sun, 06 Nov 1994 08:49:30 GMT"}},
         "x"),
      7000
  );
  EXPECT_EQ(ms({}, "Please try again in 5.289s. Visit https://x"), 5289);
  EXPECT_EQ(ms({}, "try again in 6m0s"), 360000);
  EXPECT_EQ(ms({}, "x"), nullptr);
}

TEST(Classify, WordsForPeople) {
  auto error =
      classify({"openai", 502, "<html><title>Bad gateway</title></html>", "", transient, true});
  EXPECT_EQ(error.message, "openai (m): 502: an HTML page instead of an answer: Bad gateway");
  error = classify({"openai", 429, openai_error("x", "null", "Slow"), "", resource, true});
  EXPECT_EQ(error.message, "openai (m): 429: Slow");
  EXPECT_THAT(error.hint, HasSubstr("requestsPerMinute"));
  EXPECT_THAT(error.hint, HasSubstr("https://platform.openai.com"));
  error = classify({"openai", 401, "", "", permanent, false});
  EXPECT_THAT(error.hint, HasSubstr("OPENAI_API_KEY"));
  auto keyless = provider_of("openai");
  keyless.api_key.clear();
  keyless.name = "local";
  keyless.base_url = "http://127.0.0.1:1/v1";
  error = find_dialect("openai")->classify(keyless, "m", FailedAnswer{401, {}, ""});
  EXPECT_THAT(error.hint, HasSubstr("no key is configured"));
  error = find_dialect("openai")->classify(keyless, "m", FailedAnswer{429, {}, ""});
  EXPECT_THAT(error.hint, Not(HasSubstr("platform.openai.com")));
}

TEST(Classify, TheKeyIsNowhere) {
  std::string const key = test_key;
  auto provider = provider_of("openai");
  provider.api_key = "abc/def/ghi-secret";
  provider.headers = {{"X-Gateway", "gateway-secret"}};
  auto const error = find_dialect("openai")->classify(
      provider,
      "m",
      FailedAnswer{
          400,
          {{"x-request-id", "abc/def/ghi-secret"}},
          R"({"error":{"message":"key abc\/def\/ghi-secret gateway-secret Bearer other-token-1",)"
          R"("code":"abc/def/ghi-secret"},"url":"https://x/?key=AIzaSy&x=1"})"}
  );
  auto const text = to_text(to_json(error));
  for (std::string const secret : {"ghi-secret", "gateway-secret", "other-token-1", "AIzaSy"})
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  EXPECT_THAT(error.message, HasSubstr("key *** *** Bearer ***"));
}

TEST(Classify, BodiesAreCut) {
  auto const error = classify({"openai", 500, std::string(60000, 'x'), "", transient, true});
  EXPECT_LE(error.detail.at("body").as_string().size(), 2051U);
  EXPECT_LE(error.message.size(), 300U);
}

TEST(Dialects, AreFound) {
  EXPECT_THAT(
      dialect_types(),
      testing::ElementsAre("anthropic", "azure", "gemini", "ollama", "openai", "openai-responses")
  );
  for (auto const type : dialect_types()) EXPECT_EQ(find_dialect(type)->type(), type);
  EXPECT_EQ(find_dialect("sim"), nullptr);
}

/// Of the key or the account: no other model of the provider would do better.
TEST(ClassifyRules, TellsTheAccountFromTheModel) {
  auto const is_account_wide = [](Row const& row) {
    auto const error = classify(row);
    EXPECT_TRUE(error.code == "auth" || error.code == "quota_exhausted") << error.message;
    return error.detail.as_object().contains("accountWide");
  };
  auto const google = [](char const* status, char const* detail) {
    return std::string(R"({"error":{"message":"M","status":")") + status + R"(","details":[)" +
           detail + "]}}";
  };
  std::string const plan = R"({"error":{"message":"this model is not for your plan"}})";
  for (char const* type : {"openai", "anthropic", "gemini", "ollama"}) {
    EXPECT_FALSE(is_account_wide({type, 403, plan, "", permanent, false})) << type;
    EXPECT_TRUE(is_account_wide({type, 401, plan, "", permanent, false})) << type;
    EXPECT_TRUE(is_account_wide({type, 402, plan, "", resource, false})) << type;
  }
  auto const spent = openai_error("insufficient_quota", "\"insufficient_quota\"", "Quota");
  EXPECT_TRUE(is_account_wide({"openai", 429, spent, "", resource, false}));
  auto const forbidden = openai_error("permission_error", "null", "No");
  EXPECT_FALSE(is_account_wide({"openai", 403, forbidden, "", permanent, false}));
  auto const per_day =
      R"({"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]})";
  EXPECT_FALSE(
      is_account_wide({"gemini", 429, google("RESOURCE_EXHAUSTED", per_day), "", resource, false})
  );
  auto const no_key = R"({"reason":"API_KEY_INVALID"})";
  EXPECT_TRUE(
      is_account_wide({"gemini", 400, google("INVALID_ARGUMENT", no_key), "", permanent, false})
  );
}

/// What is repeated of a prompt decides nothing.
TEST(ClassifyRules, AnEchoedPromptIsNoVerdict) {
  auto const said = [](std::string const& words) {
    return R"({"error":{"message":"cannot use: )" + words + R"("}})";
  };
  std::string const input =
      R"({"detail":[{"loc":["body"],"msg":"Field required","input":"the server was overloaded"}]})";
  check({
      {"openai", 422, input, "invalid_request", permanent, false},
      {"openai", 400, said("rate limit exceeded"), "invalid_request", permanent, false},
      {"openai", 422, said("too many requests"), "invalid_request", permanent, false},
      {"ollama", 400, said("overloaded"), "invalid_request", permanent, false},
      {"openai", 400, said("maximum context length is 9"), "context_length", resource, false},
      {"openai", 500, said("rate limit exceeded"), "rate_limited", resource, true},
  });
  auto const error = classify({"openai", 422, input, "", permanent, false});
  EXPECT_THAT(error.message, testing::HasSubstr("422: Field required"));
}

/// A key in a header or an address of the configuration is not shown either, whole or in part.
TEST(ClassifyRules, MasksKeysOfHeadersAndAddresses) {
  auto settings = provider_of("openai");
  settings.base_url = "https://team:pass-word-1@gateway.example/v1";
  settings.headers.push_back({"X-Upstream", "Bearer sk-header-key-1"});
  std::string const body =
      R"({"error":{"message":"no such key sk-header-key-1 of team:pass-word-1, pass-word-1"}})";
  auto const error = find_dialect("openai")->classify(settings, "m", FailedAnswer{401, {}, body});
  auto const shown = to_text(to_json(error));
  EXPECT_THAT(shown, testing::HasSubstr("no such key *** of ***, ***"));
  EXPECT_THAT(shown, testing::Not(testing::HasSubstr("sk-header-key-1")));
  EXPECT_THAT(shown, testing::Not(testing::HasSubstr("pass-word-1")));
}

}  // namespace
}  // namespace ropewalk::ai

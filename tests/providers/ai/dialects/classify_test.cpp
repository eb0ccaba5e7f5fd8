// Goal: each failure of each provider has its code, class and words, and never shows the key.
// Method: a table of answers as the providers write them.
#include "tests/providers/ai/dialects/classify_table.hpp"

namespace ropewalk::ai {
namespace {

TEST(Classify, OpenAi) {
  check({
      {"openai",
       429,
       openai_error("requests", "\"rate_limit_exceeded\"", "Rate limit reached"),
       "rate_limited",
       resource,
       true},
      {"openai",
       429,
       openai_error("insufficient_quota", "\"insufficient_quota\"", "Quota"),
       "quota_exhausted",
       resource,
       false},
      {"openai",
       429,
       openai_error("x", "\"project_spend_limit_exceeded\"", "Spent"),
       "quota_exhausted",
       resource,
       false},
      {"openai",
       429,
       openai_error("tokens", "\"rate_limit_exceeded\"", "Request too large for m"),
       "context_length",
       resource,
       false},
      {"openai",
       400,
       openai_error("invalid_request_error", "\"context_length_exceeded\"", "Long"),
       "context_length",
       resource,
       false},
      {"openai",
       503,
       openai_error("service_unavailable_error", "\"server_is_overloaded\"", "Busy"),
       "overloaded",
       transient,
       true},
      {"openai",
       500,
       openai_error("server_error", "null", "Oops"),
       "server_error",
       transient,
       true},
      {"openai",
       401,
       openai_error("invalid_request_error", "\"invalid_api_key\"", "Bad key"),
       "auth",
       permanent,
       false},
  });
}

TEST(Classify, OpenAiRefusesForGood) {
  check({
      {"openai",
       404,
       openai_error("invalid_request_error", "\"model_not_found\"", "No model"),
       "not_found",
       permanent,
       false},
      {"openai",
       400,
       openai_error("invalid_request_error", "null", "Bad"),
       "invalid_request",
       permanent,
       false},
      {"openai",
       400,
       openai_error("x", "\"content_policy_violation\"", "No"),
       "content_filtered",
       permanent,
       false},
      {"openai", 409, openai_error("x", "null", "Lock timeout"), "conflict", transient, true},
      {"azure",
       400,
       R"({"error":{"message":"filtered","code":"content_filter",)"
       R"("innererror":{"code":"ResponsibleAIPolicyViolation"}}})",
       "content_filtered",
       permanent,
       false},
      {"azure",
       404,
       R"({"error":{"code":"DeploymentNotFound","message":"no"}})",
       "not_found",
       permanent,
       false},
      {"openai-responses",
       429,
       openai_error("x", "\"slow_down\"", "Slow"),
       "rate_limited",
       resource,
       true},
  });
}

TEST(Classify, ServersLikeOpenAi) {
  check({
      {"openai",
       400,
       R"({"error":{"message":"This model's maximum context length is 4096 tokens",)"
       R"("type":"BadRequestError","param":null,"code":400}})",
       "context_length",
       resource,
       false},
      {"openai",
       400,
       R"({"object":"error","message":"bad","type":"BadRequestError","code":400})",
       "invalid_request",
       permanent,
       false},
      {"openai",
       400,
       R"({"error":{"code":400,"message":"too long","type":"exceed_context_size_error"}})",
       "context_length",
       resource,
       false},
      {"openai",
       500,
       R"({"error":{"message":"the request exceeds the available context size"}})",
       "context_length",
       resource,
       false},
      {"openai",
       402,
       R"({"error":{"code":402,"message":"Credits"}})",
       "quota_exhausted",
       resource,
       false},
      {"openai",
       402,
       R"({"error":{"code":402,"message":"Credits"}})",
       "rate_limited",
       resource,
       true,
       {{"Retry-After", "9"}}},
      {"openai",
       403,
       R"({"error":{"code":403,"message":"Flagged","metadata":{"reasons":["x"]}}})",
       "content_filtered",
       permanent,
       false},
      {"openai", 498, R"({"error":{"message":"Capacity"}})", "overloaded", transient, true},
      {"openai",
       422,
       R"({"detail":[{"loc":["body"],"msg":"bad","type":"value_error"}]})",
       "invalid_request",
       permanent,
       false},
      {"openai",
       400,
       R"({"error":{"message":"x","code":"tool_use_failed"}})",
       "invalid_output",
       transient,
       true},
  });
}

TEST(Classify, Anthropic) {
  auto const body =
      [](std::string const& type, std::string const& message, std::string const& more = "") {
        return R"({"type":"error","error":{"type":")" + type + R"(","message":")" + message + "\"" +
               more + R"(},"request_id":"req_1"})";
      };
  HttpHeaders const wait{{"retry-after", "3"}};
  check({
      {"anthropic", 429, body("rate_limit_error", "Slow"), "quota_exhausted", resource, false},
      {"anthropic", 429, body("rate_limit_error", "Slow"), "rate_limited", resource, true, wait},
      {"anthropic",
       429,
       body("rate_limit_error", "x", R"(,"details":{"error_code":"enforced_spend_limit_reached"})"),
       "quota_exhausted",
       resource,
       false,
       wait},
      {"anthropic",
       429,
       body("rate_limit_error", "x", R"(,"details":{"error_code":"ramp_limit_exceeded"})"),
       "rate_limited",
       resource,
       true,
       wait},
      {"anthropic", 402, body("billing_error", "x"), "quota_exhausted", resource, false},
      {"anthropic", 529, body("overloaded_error", "Overloaded"), "overloaded", transient, true},
      {"anthropic", 500, body("api_error", "x"), "server_error", transient, true},
      {"anthropic", 504, body("timeout_error", "x"), "server_error", transient, true},
      {"anthropic",
       400,
       body("invalid_request_error", "prompt is too long: 9 > 8"),
       "context_length",
       resource,
       false},
      {"anthropic", 400, body("invalid_request_error", "x"), "invalid_request", permanent, false},
      {"anthropic",
       401,
       body("authentication_error", "invalid x-api-key"),
       "auth",
       permanent,
       false},
      {"anthropic", 403, body("permission_error", "x"), "auth", permanent, false},
      {"anthropic", 404, body("not_found_error", "model: x"), "not_found", permanent, false},
      {"anthropic", 409, body("conflict_error", "x"), "conflict", transient, true},
      {"anthropic", 413, body("request_too_large", "x"), "invalid_request", permanent, false},
  });
  auto const error = classify({"anthropic", 500, body("api_error", "x"), "", transient, true});
  EXPECT_EQ(error.detail.at("requestId"), "req_1");
  EXPECT_EQ(error.detail.at("providerCode"), "api_error");
}

std::string gemini_error(int code, std::string const& status, std::string const& details) {
  return R"({"error":{"code":)" + std::to_string(code) + R"(,"message":"M","status":")" + status +
         R"(","details":[)" + details + "]}}";
}

TEST(Classify, Gemini) {
  std::string const per_day =
      R"({"@type":"QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProject"}]})";
  std::string const per_minute =
      R"({"@type":"QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinute-Free"}]})";
  auto const delay = [](std::string const& text) {
    return R"({"@type":"RetryInfo","retryDelay":")" + text + "\"}";
  };
  check({
      {"gemini",
       400,
       gemini_error(400, "INVALID_ARGUMENT", R"({"@type":"ErrorInfo","reason":"API_KEY_INVALID"})"),
       "auth",
       permanent,
       false},
      {"gemini",
       429,
       gemini_error(429, "RESOURCE_EXHAUSTED", per_day),
       "quota_exhausted",
       resource,
       false},
      {"gemini",
       429,
       gemini_error(429, "RESOURCE_EXHAUSTED", per_minute + "," + delay("34.07s")),
       "rate_limited",
       resource,
       true},
      {"gemini",
       429,
       gemini_error(429, "RESOURCE_EXHAUSTED", delay("301s")),
       "quota_exhausted",
       resource,
       false},
      {"gemini", 429, gemini_error(429, "RESOURCE_EXHAUSTED", ""), "rate_limited", resource, true},
      {"gemini",
       429,
       "[" + gemini_error(429, "RESOURCE_EXHAUSTED", per_day) + "]",
       "quota_exhausted",
       resource,
       false},
      {"gemini",
       400,
       gemini_error(400, "FAILED_PRECONDITION", ""),
       "invalid_request",
       permanent,
       false},
      {"gemini",
       400,
       gemini_error(400, "INVALID_ARGUMENT", ""),
       "invalid_request",
       permanent,
       false},
      {"gemini", 403, gemini_error(403, "PERMISSION_DENIED", ""), "auth", permanent, false},
      {"gemini", 404, gemini_error(404, "NOT_FOUND", ""), "not_found", permanent, false},
      {"gemini", 500, gemini_error(500, "INTERNAL", ""), "server_error", transient, true},
      {"gemini", 503, gemini_error(503, "UNAVAILABLE", ""), "overloaded", transient, true},
      {"gemini", 504, gemini_error(504, "DEADLINE_EXCEEDED", ""), "server_error", transient, true},
      {"gemini", 499, gemini_error(499, "CANCELLED", ""), "server_error", transient, true},
  });
  auto const hinted = classify(
      {"gemini", 429, gemini_error(429, "RESOURCE_EXHAUSTED", delay("34.07s")), "", resource, true}
  );
  EXPECT_EQ(hinted.detail.at("retryAfterMs"), 34070);
  auto const minute = classify(
      {"gemini", 429, gemini_error(429, "RESOURCE_EXHAUSTED", per_minute), "", resource, true}
  );
  EXPECT_EQ(minute.detail.at("retryAfterMs"), 60000);
}

TEST(Classify, Ollama) {
  check({
      {"ollama",
       404,
       R"({"error":"model \"x\" not found, try pulling it first"})",
       "not_found",
       permanent,
       false},
      {"ollama",
       503,
       R"({"error":"server busy, maximum pending requests exceeded"})",
       "overloaded",
       transient,
       true},
      {"ollama",
       400,
       R"({"error":"the input length exceeds the context length"})",
       "context_length",
       resource,
       false},
      {"ollama",
       500,
       R"({"error":"llama runner process no longer running"})",
       "server_error",
       transient,
       true},
  });
}

}  // namespace
}  // namespace ropewalk::ai

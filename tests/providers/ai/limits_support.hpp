#pragma once
// What the tests of the provider limits share.

#include "providers/ai/provider_limits.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace ropewalk::ai::test {

inline constexpr Instant t0{Duration(std::chrono::hours(24 * 365 * 50))};

using Tickets = std::vector<LimitTicket>;

inline Error failure(ErrorClass error_class, std::string code, std::int64_t retry_after_ms = 0) {
  Error error;
  error.error_class = error_class;
  error.message = "it said " + code;
  error.code = std::move(code);
  if (retry_after_ms > 0) error.detail = boost::json::object{{"retryAfterMs", retry_after_ms}};
  return error;
}
inline Error overloaded() {
  return failure(ErrorClass::transient, "overloaded");
}
inline Error rate_limited(std::int64_t retry_after_ms = 0) {
  return failure(ErrorClass::resource, "rate_limited", retry_after_ms);
}

/// The key may not use this model; account-wide: the key is no key at all.
inline Error refused(std::string code = "auth", bool is_account_wide = false) {
  auto const kind = code == "auth" ? ErrorClass::permanent : ErrorClass::resource;
  Error error = failure(kind, std::move(code));
  error.detail = boost::json::object{{"retryable", false}};
  if (is_account_wide) error.detail.get_object()["accountWide"] = true;
  return error;
}

inline CallReport used(std::int64_t tokens) {
  CallReport report;
  report.tokens_used = tokens;
  return report;
}
inline CallReport failed(Error error) {
  CallReport report;
  report.error = std::move(error);
  return report;
}

inline LimitRequest request(
    std::string model = "m", std::int64_t tokens = 0, Instant since = t0, std::int32_t priority = 50
) {
  return {"p", std::move(model), tokens, priority, since, {}};
}

inline std::map<std::string, ProviderLimitSettings> one_provider(LimitSettings limits) {
  ProviderLimitSettings settings;
  settings.limits = limits;
  return {{"p", settings}};
}

}  // namespace ropewalk::ai::test

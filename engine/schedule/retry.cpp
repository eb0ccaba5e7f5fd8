#include "engine/schedule/retry.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <cmath>

namespace ropewalk {
namespace {

constexpr double stated_delay_max_ms =
    24.0 * 3600 * 1000;  // a server that asks for more is not waited for

std::optional<double> number(Error const& error, std::string_view key) {
  auto const* object = error.detail.if_object();
  auto const* value = object ? object->if_contains(key) : nullptr;
  if (!value || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

bool is_final(Error const& error) {
  auto const* object = error.detail.if_object();
  auto const* value = object ? object->if_contains("retryable") : nullptr;
  return value && value->is_bool() && !value->get_bool();
}

bool is_retryable(RetryConfig const& config, Error const& error) {
  if (is_final(error)) return false;
  auto const exit_code = number(error, "exitCode");
  if (exit_code && !config.on_exit_codes.empty()) {
    return std::any_of(
        config.on_exit_codes.begin(),
        config.on_exit_codes.end(),
        [&](ExitCodeRange range) { return *exit_code >= range.first && *exit_code <= range.last; }
    );
  }
  return (config.on & error_class_bit(error.error_class)) != 0;
}

}  // namespace

Duration backoff_delay(RetryConfig const& config, std::uint32_t tries, double random) {
  double const longest = static_cast<double>(config.max_delay.count());
  double delay = static_cast<double>(config.initial_delay.count()) *
                 std::pow(config.backoff_factor, static_cast<double>(tries) - 1);
  if (!(delay < longest)) delay = longest;  // also when the power overflowed to infinity
  delay *= 1 + config.jitter * (2 * random - 1);
  return Duration(static_cast<std::int64_t>(std::clamp(delay, 0.0, longest)));
}

std::optional<Duration> next_try(
    RetryConfig const& config, Error const& error, std::uint32_t tries, double random
) {
  if (tries >= config.max_attempts || !is_retryable(config, error)) return std::nullopt;
  Duration delay = backoff_delay(config, tries, random);
  if (auto const stated = number(error, "retryAfterMs"); stated && *stated > 0) {
    if (*stated > stated_delay_max_ms) return std::nullopt;
    delay = std::max(delay, Duration(static_cast<std::int64_t>(*stated * 1000)));
  }
  return delay;
}

}  // namespace ropewalk

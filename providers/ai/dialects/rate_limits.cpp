#include "providers/ai/dialects/rate_limits.hpp"

#include <algorithm>
#include <charconv>

namespace ropewalk::ai {
namespace {

/// A count; Azure writes -1 where it does not know.
std::optional<std::int64_t> read_count(HttpHeaders const& headers, std::string const& name) {
  auto const text = find_header(headers, name);
  std::int64_t out = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), out);
  bool const is_count = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (!is_count || out < 0) return std::nullopt;
  return out;
}

std::optional<Duration> read_instant(HttpHeaders const& headers, std::string const& name) {
  auto const at = parse_instant(find_header(headers, name));
  if (!at) return std::nullopt;
  return std::max(*at - server_time(headers), Duration::zero());
}

}  // namespace

std::optional<Duration> retry_after_in_words(std::string_view message) {
  for (std::string_view const words : {"try again in ", "retry in "}) {
    auto const at = message.find(words);
    if (at == std::string_view::npos) continue;
    auto rest = message.substr(at + words.size());
    rest = rest.substr(0, rest.find_first_of(" ,;)"));
    while (rest.ends_with('.')) rest.remove_suffix(1);
    if (auto const duration = parse_reset(rest)) return duration;
  }
  return std::nullopt;
}

RateLimitState openai_rate_limits(HttpHeaders const& headers) {
  RateLimitState out;
  out.requests_limit = read_count(headers, "x-ratelimit-limit-requests");
  out.requests_remaining = read_count(headers, "x-ratelimit-remaining-requests");
  out.requests_reset = parse_reset(find_header(headers, "x-ratelimit-reset-requests"));
  out.tokens_limit = read_count(headers, "x-ratelimit-limit-tokens");
  out.tokens_remaining = read_count(headers, "x-ratelimit-remaining-tokens");
  out.tokens_reset = parse_reset(find_header(headers, "x-ratelimit-reset-tokens"));
  // A limit of nothing is no limit but a server that does not know: then the rest says nothing
  // either.
  if (out.requests_limit == 0) out.requests_limit = out.requests_remaining = std::nullopt;
  if (out.tokens_limit == 0) out.tokens_limit = out.tokens_remaining = std::nullopt;
  return out;
}

RateLimitState anthropic_rate_limits(HttpHeaders const& headers) {
  std::string const prefix = "anthropic-ratelimit-";
  RateLimitState out;
  out.requests_limit = read_count(headers, prefix + "requests-limit");
  out.requests_remaining = read_count(headers, prefix + "requests-remaining");
  out.requests_reset = read_instant(headers, prefix + "requests-reset");
  // "tokens" is the limit that binds most at the moment; where it is missing, what goes in is.
  bool const has_tokens = !find_header(headers, prefix + "tokens-limit").empty();
  std::string const tokens = prefix + (has_tokens ? "tokens" : "input-tokens");
  out.tokens_limit = read_count(headers, tokens + "-limit");
  out.tokens_remaining = read_count(headers, tokens + "-remaining");
  out.tokens_reset = read_instant(headers, tokens + "-reset");
  return out;
}

}  // namespace ropewalk::ai

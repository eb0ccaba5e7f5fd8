#pragma once
// What a provider said when it failed, in whichever form, and what it means.
//
// Pure. The order of the rules: x-should-retry; the code in the body; the status; the words of the
// message, last and never a bare number in them (a prompt that is echoed may hold any number).

#include "engine/base/time.hpp"
#include "providers/ai/dialects/call_context.hpp"

#include <optional>
#include <string>

namespace ropewalk::ai {

struct ProviderFailure {
  unsigned status = 0;    // 0: it came inside a stream
  std::string code{};     // the provider's own, numbers written out
  std::string type{};     // what OpenAI and Anthropic call so; Google's status
  std::string message{};  // the provider's words
  std::string request_id{};
  std::string body{};
  json::object error{};  // the error object, for what only one dialect knows
  std::optional<Duration> retry_after{};
  std::optional<bool> should_retry{};
  std::optional<bool> is_account_wide{};  // auth and quota: all models suffer; absent: by status
};

enum class Verdict : unsigned char {
  rate_limited,
  quota_exhausted,
  context_length,
  overloaded,
  server_error,
  timeout_first_byte,
  conflict,
  stream_truncated,
  malformed_response,
  empty_output,
  invalid_output,
  auth,
  not_found,
  invalid_request,
  content_filtered,
};

/// What a dialect reads out of a body, before the status is looked at; absent: no idea. It may
/// fill in `retry_after` and `is_account_wide`.
using BodyRule = std::optional<Verdict> (*)(ProviderFailure& failure);

/// Reads an answer that is no 2xx: {"error": object | string | array}, [{"error":…}], flat
/// {"object":"error",…}, {"detail":…}, {"message":…}, HTML, or nothing at all.
ProviderFailure read_failure(FailedAnswer const& answer);
/// Whether this chunk of a stream reports an error.
bool is_failure(json::object const& chunk);
ProviderFailure read_failure(json::object const& chunk);

Error classify_failure(CallContext const& context, ProviderFailure failure, BodyRule rule);

/// An error of the given kind that no body explains. `what` follows the provider's name.
Error failure_of(CallContext const& context, Verdict verdict, std::string_view what);
/// The same with the beginning of what came, for answers that are not what was asked for.
Error malformed(CallContext const& context, std::string_view what, std::string_view bytes);
/// Permanent: the dialect cannot say it.
Error unsupported(CallContext const& context, std::string_view what, std::string hint);

/// The provider's own id of an exchange, from any of the headers that hold one.
std::string request_id_of(HttpHeaders const& headers);
/// What is in an HTML page's <title>; empty when `body` is no HTML.
std::string html_title(std::string_view body);

}  // namespace ropewalk::ai

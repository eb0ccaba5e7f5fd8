#pragma once
// What an answer is worth: an output, or an error whose class says whether another try may help.
//
// Any thread: pure functions, but for the wall clock where an answer has no Date (retry_after.hpp).

#include "providers/http/http_client.hpp"
#include "providers/http/task/http_task.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace ropewalk::http {

/// An answer whose body has been read.
struct Answer {
  unsigned status = 0;
  HttpHeaders headers{};
  std::string body{};
  std::string url{};  // where it came from in the end
};

/// How the body of an error is shown.
inline constexpr std::size_t excerpt_bytes_max = 2048;

/// An answer that was not expected. `asked`: "GET https://host/path". The detail has status,
/// retryAfterMs, requestId and the beginning of the body. Codes: rate_limited (resource; 429, and
/// 403 with no requests left), request_timeout, too_early, server_error (transient; 408, 425, 5xx),
/// auth (401, 403, 407), not_found (404, 410), conflict, invalid_request, unexpected_status
/// (permanent). A 409 or 423 that says when to come back is transient.
Error status_error(std::string const& asked, Answer const& answer);

/// {status, url, headers, body}. JSON becomes a value, valid UTF-8 a text, anything else base64
/// with "encoding": "base64"; no body is null. Errors: malformed_response (transient) for what is
/// said to be JSON and is not, unsupported_encoding (permanent) for a compressed body.
Result<json::value> answer_output(
    ResponseForm form, Answer const& answer, std::string const& asked, std::size_t bytes_max
);

/// {name: text}, names in lower case, several values joined by ", "; set-cookie is a list.
json::object headers_json(HttpHeaders const& headers);

}  // namespace ropewalk::http

#include "providers/http/task/answer.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "engine/model/cel/base64.hpp"
#include "providers/http/retry_after.hpp"
#include "providers/http/task/redirect.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/predicate.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <locale>
#include <optional>

namespace ropewalk::http {
namespace {

constexpr std::size_t message_bytes_max = 300;
constexpr std::size_t depth_max = 64;

struct Verdict {
  ErrorClass error_class = ErrorClass::permanent;
  char const* code = "";
  char const* hint = "";
};

constexpr Verdict rate_limited{
    ErrorClass::resource,
    "rate_limited",
    "it waits as long as the server says; call it less often"};

Verdict verdict_of(unsigned status) {
  constexpr auto transient = ErrorClass::transient;
  constexpr auto permanent = ErrorClass::permanent;
  switch (status) {
    case 401:
    case 407:
      return {permanent, "auth", "look at `auth`: what it is, and whether it is still valid"};
    case 403:
      return {permanent, "auth", "the server knows who asks and refuses: look at what it may do"};
    case 404:
    case 410:
      return {permanent, "not_found", "look at the path of `url`"};
    case 408:
      return {transient, "request_timeout", "the server gave up waiting for the request"};
    case 409:
    case 423:
      return {permanent, "conflict", "what is there already is in the way: the body says what"};
    case 425:
      return {transient, "too_early", "it is tried again"};
    case 429:
      return rate_limited;
    default:
      break;
  }
  if (status >= 500) return {transient, "server_error", "the server's side: look at its body"};
  if (status >= 400)
    return {permanent, "invalid_request", "the body says what the server does not take"};
  return {permanent, "unexpected_status", "name what is expected in `expectedStatus`"};
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t out = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
    return std::nullopt;
  return out;
}

std::string_view first_of(HttpHeaders const& headers, std::string_view a, std::string_view b) {
  auto const found = find_header(headers, a);
  return found.empty() ? find_header(headers, b) : found;
}

/// When a limit begins anew: seconds from now, or since 1970 as GitHub and others write it.
std::optional<Duration> until_reset(HttpHeaders const& headers) {
  auto const text = first_of(headers, "ratelimit-reset", "x-ratelimit-reset");
  auto const number = number_of(text);
  constexpr std::int64_t epoch_min = 1'000'000'000;
  if (!number || *number < epoch_min) return parse_reset(text);
  constexpr std::int64_t epoch_max = 100'000'000'000;
  if (*number > epoch_max) return std::nullopt;
  auto const at = Instant(std::chrono::seconds(*number));
  return std::max(at - server_time(headers), Duration::zero());
}

bool has_none_left(HttpHeaders const& headers) {
  return first_of(headers, "ratelimit-remaining", "x-ratelimit-remaining") == "0";
}

bool is_json_type(std::string_view type) {
  auto const plain = boost::algorithm::to_lower_copy(
      std::string(type.substr(0, type.find(';'))), std::locale::classic()
  );
  auto const end = plain.find_last_not_of(" \t");
  auto const name = std::string_view(plain).substr(0, end + 1);
  return name == "application/json" || name == "text/json" || name.ends_with("+json");
}

std::string excerpt(std::string_view body, std::size_t bytes_max) {
  return shorten(repair_utf8(body.substr(0, bytes_max + 4)), bytes_max);
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return text;
}

Result<json::value> parsed_body(
    Answer const& answer, std::string const& asked, std::size_t bytes_max
) {
  JsonLimits limits;
  limits.bytes_max = bytes_max;
  limits.depth_max = depth_max;
  auto body = parse_json(answer.body, limits);
  if (body) return body;
  Error error;
  error.error_class = ErrorClass::transient;
  error.code = "malformed_response";
  error.message = asked + ": the body is not the JSON that it should be: " + body.error().message +
                  ": " + one_line(excerpt(answer.body, message_bytes_max));
  error.hint = "take it as it is with response: text";
  error.detail =
      json::object{{"status", answer.status}, {"body", excerpt(answer.body, excerpt_bytes_max)}};
  return error;
}

}  // namespace

Error status_error(std::string const& asked, Answer const& answer) {
  auto verdict = verdict_of(answer.status);
  auto wait = retry_after(answer.headers);
  bool const is_limit = answer.status == 403 && (has_none_left(answer.headers) || wait.has_value());
  if (is_limit) verdict = rate_limited;
  bool const may_wait = answer.status == 409 || answer.status == 423;
  if (may_wait && wait) verdict.error_class = ErrorClass::transient;
  if (!wait && (is_limit || answer.status == 429)) wait = until_reset(answer.headers);
  Error error;
  error.error_class = verdict.error_class;
  error.code = verdict.code;
  error.hint = verdict.hint;
  auto const words = one_line(excerpt(answer.body, message_bytes_max));
  error.message = asked + ": " + std::to_string(answer.status);
  error.message += words.empty() ? ", without a word" : ": " + words;
  json::object detail{{"status", answer.status}};
  if (wait) detail["retryAfterMs"] = std::chrono::ceil<std::chrono::milliseconds>(*wait).count();
  if (auto const id = first_of(answer.headers, "x-request-id", "request-id"); !id.empty())
    detail["requestId"] = excerpt(id, message_bytes_max);
  if (!answer.body.empty()) detail["body"] = excerpt(answer.body, excerpt_bytes_max);
  error.detail = std::move(detail);
  return error;
}

json::object headers_json(HttpHeaders const& headers) {
  json::object out;
  for (auto const& header : headers) {
    auto const name = boost::algorithm::to_lower_copy(header.name, std::locale::classic());
    auto value = repair_utf8(header.value);
    if (name == "set-cookie") {
      auto& list = out[name];
      if (!list.is_array()) list = json::array();
      list.get_array().emplace_back(value);
    } else if (auto* before = out.if_contains(name)) {
      auto& text = before->get_string();
      text += ", ";
      text += value;
    } else {
      out[name] = value;
    }
  }
  return out;
}

Result<json::value> answer_output(
    ResponseForm form, Answer const& answer, std::string const& asked, std::size_t bytes_max
) {
  auto const encoding = find_header(answer.headers, "Content-Encoding");
  if (!encoding.empty() && !is_same_name(encoding, "identity") && !answer.body.empty())
    return Error{
        ErrorClass::permanent,
        "unsupported_encoding",
        asked + ": the body is compressed (" + shorten(encoding, 40) + "), which was not asked for",
        "remove an Accept-Encoding header, or keep it as it is with saveTo"};
  json::object out{
      {"status", answer.status}, {"url", answer.url}, {"headers", headers_json(answer.headers)}};
  bool const is_json =
      form == ResponseForm::json || (form == ResponseForm::automatic &&
                                     is_json_type(find_header(answer.headers, "Content-Type")));
  if (answer.body.empty() && form != ResponseForm::text) {
    out["body"] = nullptr;
  } else if (is_json) {
    TRY(out["body"], parsed_body(answer, asked, bytes_max));
  } else if (form == ResponseForm::text || is_valid_utf8(answer.body)) {
    out["body"] = repair_utf8(answer.body);
  } else {
    out["body"] = cel::to_base64(answer.body);
    out["encoding"] = "base64";
  }
  json::value value = std::move(out);
  replace_nul(value);
  return value;
}

}  // namespace ropewalk::http

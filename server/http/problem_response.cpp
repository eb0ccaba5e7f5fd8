#include "server/http/problem_response.hpp"

#include "engine/base/json.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace ropewalk::server {
namespace {

struct CodeStatus {
  std::string_view code{};
  unsigned status = 500;
};

// Sorted by status. A code that is not here is the server's own fault.
constexpr std::array code_statuses{
    CodeStatus{"bad_request", 400},
    CodeStatus{"invalid_argument", 400},
    CodeStatus{"invalid_json", 400},
    CodeStatus{"duplicate_key", 400},
    CodeStatus{"invalid_cursor", 400},
    CodeStatus{"invalid_id", 400},
    CodeStatus{"unauthorized", 401},
    CodeStatus{"forbidden_origin", 403},
    CodeStatus{"not_found", 404},
    CodeStatus{"unknown_task", 404},
    CodeStatus{"method_not_allowed", 405},
    CodeStatus{"request_timeout", 408},
    CodeStatus{"already_decided", 409},
    CodeStatus{"already_ended", 409},
    CodeStatus{"already_exists", 409},
    CodeStatus{"already_running", 409},
    CodeStatus{"concurrency_limit", 409},
    CodeStatus{"conflict", 409},
    CodeStatus{"idempotency_in_progress", 409},
    CodeStatus{"nothing_to_retry", 409},
    CodeStatus{"not_ended", 409},
    CodeStatus{"not_here", 409},
    CodeStatus{"not_terminal", 409},
    CodeStatus{"not_waiting", 409},
    CodeStatus{"secret_configured", 409},
    CodeStatus{"secret_key_exposed", 409},
    CodeStatus{"secret_key_invalid", 409},
    CodeStatus{"secret_key_missing", 409},
    CodeStatus{"secret_key_unwritable", 409},
    CodeStatus{"still_running", 409},
    CodeStatus{"too_many_secrets", 409},
    CodeStatus{"output_too_large", 413},
    CodeStatus{"request_too_large", 413},
    CodeStatus{"too_large", 413},
    CodeStatus{"unsupported_media_type", 415},
    CodeStatus{"misdirected_host", 421},
    CodeStatus{"change_rejected", 422},
    CodeStatus{"idempotency_mismatch", 422},
    CodeStatus{"invalid_answer", 422},
    CodeStatus{"invalid_delivery", 422},
    CodeStatus{"invalid_inputs", 422},
    CodeStatus{"invalid_secret", 422},
    CodeStatus{"invalid_signal", 422},
    CodeStatus{"invalid_workflow", 422},
    CodeStatus{"secret_unreadable", 422},
    CodeStatus{"unknown_secret", 422},
    CodeStatus{"unknown_signal", 422},
    CodeStatus{"upgrade_required", 426},
    CodeStatus{"rate_limited", 429},
    CodeStatus{"too_many_signals", 429},
    CodeStatus{"header_too_large", 431},
    CodeStatus{"database_busy", 503},
    CodeStatus{"database_resources", 503},
    CodeStatus{"database_unavailable", 503},
    CodeStatus{"fenced", 503},
    CodeStatus{"hook_unavailable", 503},
    CodeStatus{"overloaded", 503},
    CodeStatus{"shutting_down", 503},
    CodeStatus{"timeout", 503},
};

json::object problem_object(Error const& error, unsigned status) {
  json::object out;
  out["type"] = "urn:ropewalk:problem:" + error.code;
  out["title"] = reason_phrase(status);
  out["status"] = status;
  out["detail"] = status == 500
                      ? std::string("something went wrong in the server; its log has more")
                      : error.message;
  out["code"] = status == 500 ? std::string("internal") : error.code;
  if (status == 500) out["type"] = "urn:ropewalk:problem:internal";
  if (!error.hint.empty() && status != 500) out["hint"] = error.hint;
  return out;
}

/// Whole seconds until it may be asked again.
std::optional<std::int64_t> stated_wait(Error const& error) {
  auto const* detail = error.detail.if_object();
  auto const* wait = detail == nullptr ? nullptr : detail->if_contains("retryAfterMs");
  if (wait == nullptr || !wait->is_int64()) return std::nullopt;
  return std::max<std::int64_t>((wait->get_int64() + 999) / 1000, 1);
}

Response response_of(json::object const& body, unsigned status) {
  Response out;
  out.status = status;
  out.content_type = "application/problem+json";
  out.body = to_text(body);
  if (status == 503) out.headers.push_back(Header{"Retry-After", "1"});
  return out;
}

}  // namespace

unsigned status_of(Error const& error) {
  auto const found = std::find_if(code_statuses.begin(), code_statuses.end(), [&](auto const& row) {
    return row.code == error.code;
  });
  return found == code_statuses.end() ? 500 : found->status;
}

Response problem_response(Error const& error) {
  return problem_response(error, status_of(error));
}

Response problem_response(Error const& error, unsigned status) {
  auto body = problem_object(error, status);
  if (status != 500 && !error.detail.is_null()) body["errors"] = error.detail;
  auto out = response_of(body, status);
  if (auto const wait = stated_wait(error); wait && status == 429)
    out.headers.push_back(Header{"Retry-After", std::to_string(*wait)});
  if (status == 500) out.fault = error.code + ": " + error.message;
  return out;
}

json::array to_json(std::vector<Problem> const& problems) {
  json::array out;
  for (auto const& problem : problems) out.push_back(ropewalk::to_json(problem));
  return out;
}

Response problems_response(std::vector<Problem> const& problems) {
  Error error;
  error.code = "invalid_workflow";
  error.message = "the workflow has " + std::to_string(problems.size()) +
                  (problems.size() == 1 ? " problem" : " problems");
  error.hint = "each entry of errors says where it stands and how to mend it";
  auto body = problem_object(error, 422);
  body["errors"] = to_json(problems);
  return response_of(body, 422);
}

Response json_response(json::value const& body, unsigned status) {
  Response out;
  out.status = status;
  out.body = to_text(body);
  return out;
}

}  // namespace ropewalk::server

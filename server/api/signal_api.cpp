// What people and other programs tell an execution: signals, and answers to tasks that ask.
#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "engine/model/workflow.hpp"
#include "server/api/api.hpp"
#include "server/api/start_request.hpp"
#include "server/http/problem_response.hpp"
#include "sql/sha256.hpp"

namespace ropewalk::server {
namespace {

constexpr std::size_t comment_bytes_max = 16 * 1024;
constexpr std::size_t name_bytes_max = 256;
constexpr std::uint32_t page_size = 50;
constexpr std::uint32_t page_size_max = 500;

Result<SignalCall> read_signal(Request const& request, std::size_t bytes_max) {
  SignalCall out;
  out.name = request.param("name");
  if (!is_workflow_name(out.name))
    return invalid_argument(
        "\"" + shorten(out.name, 64) + "\" cannot be the name of a signal",
        "letters, digits, '_', '.' and '-', at most 128"
    );
  TRY(out.key, read_idempotency_key(request));
  if (request.body.size() > bytes_max) {
    Error error;
    error.code = "too_large";
    error.message = "the payload is longer than " + std::to_string(bytes_max) + " bytes";
    error.hint = "send where the data is, or raise limits.outputBytes";
    return error;
  }
  if (!request.body.empty()) {
    TRY(out.payload, read_json_body(request));
  }
  if (!out.key.empty())
    out.request_hash = sql::sha256_hex(out.name + "\n" + to_canonical_text(out.payload));
  return out;
}

/// Absent or null: empty.
Result<std::string> read_text(json::object const& fields, std::string_view name, std::size_t most) {
  auto const* value = fields.if_contains(name);
  if (value == nullptr || value->is_null()) return std::string();
  auto const* text = value->if_string();
  bool const fits = text != nullptr && text->size() <= most && text->find('\0') == text->npos;
  if (fits) return std::string(*text);
  return invalid_argument(
      std::string(name) + " is a text of at most " + std::to_string(most) + " bytes"
  );
}

Result<Decision> read_decision(Request const& request) {
  TRY(auto const fields,
      read_json_object(request, std::vector<std::string_view>{"answer", "comment", "by"}));
  Decision out;
  TRY(out.answer, read_text(fields, "answer", name_bytes_max));
  TRY(out.comment, read_text(fields, "comment", comment_bytes_max));
  TRY(out.by, read_text(fields, "by", name_bytes_max));
  if (out.answer.empty())
    return invalid_argument("the answer is missing", "write {\"answer\": \"approve\"}");
  return out;
}

}  // namespace

Async<Response> ExecutionApi::signal(Request request) {
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto call = read_signal(request, limits_.output_bytes);
  if (!call) co_return problem_response(call.error());
  auto sending = backend_.signal(*id, std::move(*call));
  auto const fate = co_await std::move(sending);
  if (!fate) co_return problem_response(fate.error());
  if (*fate == SignalFate::kept) {
    boost::json::object out;
    out["id"] = id->to_string();
    out["kept"] = true;
    co_return json_response(out, 202);
  }
  Response out;
  out.status = 204;
  co_return out;
}

Async<Response> ExecutionApi::approve(Request request) {
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto decision = read_decision(request);
  if (!decision) co_return problem_response(decision.error());
  boost::json::object out;
  out["id"] = id->to_string();
  out["task"] = request.param("task");
  out["answer"] = decision->answer;
  auto deciding = backend_.decide(*id, request.param("task"), std::move(*decision));
  auto const done = co_await std::move(deciding);
  if (!done) co_return problem_response(done.error());
  co_return json_response(out);
}

Async<Response> ExecutionApi::approvals(Request request) {
  auto const known = check_query(request, std::vector<std::string_view>{"after", "limit"});
  if (!known) co_return problem_response(known.error());
  auto const limit = read_number(request, "limit", page_size, page_size_max);
  if (!limit) co_return problem_response(limit.error());
  std::string after(request.query_value("after").value_or(""));
  auto listing = backend_.approvals(std::move(after), static_cast<std::uint32_t>(*limit));
  auto page = co_await std::move(listing);
  if (!page) co_return problem_response(page.error());
  co_return page_response(request, std::move(*page));
}

}  // namespace ropewalk::server

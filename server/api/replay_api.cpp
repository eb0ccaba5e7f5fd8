// Executions that go on from the results of others, and how two executions differ.
#include "engine/base/json.hpp"
#include "server/api/api.hpp"
#include "server/api/start_request.hpp"
#include "server/http/problem_response.hpp"
#include "sql/sha256.hpp"

namespace ropewalk::server {
namespace {

constexpr std::size_t from_max = 1000;

Result<std::vector<std::string>> read_from(json::value const& value) {
  std::vector<std::string> out;
  if (auto const* one = value.if_string()) out.emplace_back(*one);
  auto const* list = value.if_array();
  if (list != nullptr && list->size() <= from_max)
    for (auto const& entry : *list)
      if (auto const* task = entry.if_string()) out.emplace_back(*task);
  bool const is_whole = list == nullptr ? value.is_string() : out.size() == list->size();
  if (is_whole && !out.empty()) return out;
  return invalid_argument(
      "from is the id of a task, or a list of 1 to " + std::to_string(from_max) + " of them",
      "without it the tasks that failed run again"
  );
}

Result<> read_object(
    json::object& fields, std::string_view name, std::optional<json::object>& out
) {
  auto* value = fields.if_contains(name);
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_object()) return invalid_argument(std::string(name) + " is an object");
  out = std::move(value->get_object());
  return {};
}

Result<> read_workflow(json::object const& fields, ReplayRequest& out) {
  auto const* value = fields.if_contains("workflow");
  if (value == nullptr || value->is_null()) return {};
  auto const* name = value->if_string();
  if (value->is_object()) {
    out.definition.text = to_text(*value);
    out.definition.hash = sql::sha256_hex(to_canonical_text(*value));
  } else if (name != nullptr && !name->empty() && name->find('\0') == name->npos) {
    out.workflow = std::string(*name);
  } else {
    return invalid_argument("workflow is a name, name@version, or a definition");
  }
  return {};
}

}  // namespace

Result<ReplayRequest> read_replay_request(Request const& request, std::string idempotency_key) {
  ReplayRequest out;
  out.idempotency_key = std::move(idempotency_key);
  json::object fields;
  if (!request.body.empty()) {
    TRY(fields,
        read_json_object(
            request, std::vector<std::string_view>{"from", "inputs", "variables", "workflow"}
        ));
  }
  // Another execution's replay is another request.
  if (!out.idempotency_key.empty())
    out.body_hash = sql::sha256_hex(request.param("id") + "\nreplay\n" + to_canonical_text(fields));
  if (auto const* from = fields.if_contains("from"); from != nullptr && !from->is_null()) {
    TRY(out.from, read_from(*from));
  }
  if (auto const read = read_workflow(fields, out); !read) return read.error();
  if (auto const read = read_object(fields, "inputs", out.inputs); !read) return read.error();
  if (auto const read = read_object(fields, "variables", out.variables); !read) return read.error();
  return out;
}

Async<Response> ExecutionApi::replay(Request request) {
  auto const id = read_execution_id(request);
  if (!id) co_return problem_response(id.error());
  auto key = read_idempotency_key(request);
  if (!key) co_return problem_response(key.error());
  Result<ReplayRequest> wanted = Error{};
  std::function<void()> const read = [&] {
    wanted = read_replay_request(request, std::move(*key));
  };
  auto reading = backend_.run_aside(request.body.size(), read);
  co_await std::move(reading);
  if (!wanted) co_return problem_response(wanted.error());
  auto starting = backend_.replay(*id, std::move(*wanted));
  auto const begun = co_await std::move(starting);
  if (!begun) co_return problem_response(begun.error());
  auto answering = started(std::move(request), *begun);
  co_return co_await std::move(answering);
}

Async<Response> ExecutionApi::diff(Request request) {
  auto const first = read_execution_id(request);
  if (!first) co_return problem_response(first.error());
  auto const second = read_execution_id(request, "other");
  if (!second) co_return problem_response(second.error());
  auto const found = co_await backend_.diff(*first, *second);
  if (!found) co_return problem_response(found.error());
  co_return json_response(*found);
}

}  // namespace ropewalk::server

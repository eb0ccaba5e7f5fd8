// What people tell an execution: approve, signal; and what asks for it: approvals.
#include "engine/base/json.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/cli/execution_text.hpp"
#include "server/cli/find_server.hpp"
#include "server/cli/remote.hpp"
#include "server/cli/run_view.hpp"

namespace ropewalk::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Result<json::value> read_payload(std::string const& text) {
  if (text.empty()) return json::value();
  auto value = parse_json(text, JsonLimits{text.size() + 1});
  if (value) return value;
  Error error = value.error();
  error.code = "invalid_input";
  error.message = "the payload is not JSON: " + error.message;
  error.hint = "a text has quotes of its own: --payload '\"text\"'";
  return error;
}

std::string date_at(json::object const& object, std::string_view key) {
  auto const at = instant_at(object, key);
  return at ? date_text(*at) : std::string();
}

}  // namespace

int approve_command(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const id = find_id(*client, arguments.execution);
  if (!id) return report(id.error());
  json::object body{{"answer", arguments.answer}};
  if (!arguments.comment.empty()) body["comment"] = arguments.comment;
  if (!arguments.by.empty()) body["by"] = arguments.by;
  auto const target = "/v1/executions/" + *id + "/approvals/" + encode_component(arguments.task);
  auto const answer = client->post(target, body);
  if (!answer) return report(answer.error());
  Console out(stdout);
  out.line(arguments.json ? to_text(*answer) : arguments.task + ": " + arguments.answer);
  return 0;
}

int signal_command(Arguments const& arguments) {
  auto const payload = read_payload(arguments.payload);
  if (!payload) return report(payload.error());
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const id = find_id(*client, arguments.execution);
  if (!id) return report(id.error());
  auto const target = "/v1/executions/" + *id + "/signals/" + encode_component(arguments.signal);
  auto const reply = client->request("POST", target, &*payload, arguments.key);
  if (!reply) return report(reply.error());
  if (reply->status >= 300) return report(error_from_reply(*reply));
  bool const is_kept = reply->status == 202;
  Console out(stdout);
  if (arguments.json)
    out.line(to_text(json::object{{"id", *id}, {"kept", is_kept}}));
  else
    out.line(
        arguments.signal + ": " + (is_kept ? "kept until a task waits for it" : "taken") + ": " +
        *id
    );
  return 0;
}

int approvals_command(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const page = client->get("/v1/approvals?limit=" + std::to_string(arguments.limit));
  if (!page) return report(page.error());
  Console out(stdout);
  Rows rows{{"EXECUTION", "TASK", "WORKFLOW", "SINCE", "UNTIL", "ASKS"}};
  for (auto const& entry : items_of(*page)) {
    auto const* approval = entry.if_object();
    if (approval == nullptr) continue;
    if (arguments.json) {
      out.line(to_text(entry));
      continue;
    }
    rows.push_back(
        {std::string(text_at(*approval, "execution")),
         std::string(text_at(*approval, "task")),
         std::string(text_at(*approval, "workflow")),
         date_at(*approval, "since"),
         date_at(*approval, "until"),
         wait_text(*approval)}
    );
  }
  if (arguments.json) return 0;
  if (rows.size() == 1)
    out.line("nothing asks for an answer");
  else
    out.lines(table(rows, out.table_width(), out.style()));
  return 0;
}

}  // namespace ropewalk::cli

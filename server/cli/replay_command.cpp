// Executions that go on from the results of others: replay; and how two of them differ: diff.
#include "engine/base/json.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/cli/definition.hpp"
#include "server/cli/diff_text.hpp"
#include "server/cli/find_server.hpp"
#include "server/cli/inputs.hpp"
#include "server/cli/remote.hpp"
#include "server/cli/run_view.hpp"

#include <filesystem>
#include <system_error>

namespace ropewalk::cli {
namespace {

/// A file, or the name of a stored workflow.
Result<json::value> read_workflow(std::string const& text) {
  std::error_code ec;
  if (!std::filesystem::exists(text, ec)) return json::value(json::string(text));
  TRY(auto const loaded, load_definition(text));
  if (loaded.workflow) return json::value(loaded.workflow->document);
  Error error;
  error.code = "invalid_workflow";
  error.message = to_line(loaded.problems.front(), text);
  error.hint = "ropewalk validate " + text + " lists all its problems";
  return error;
}

Result<json::object> replay_request(Arguments const& arguments) {
  json::object out;
  if (!arguments.from.empty())
    out["from"] = json::array(arguments.from.begin(), arguments.from.end());
  if (!arguments.inputs.empty()) {
    TRY(out["inputs"], read_inputs(arguments.inputs, nullptr, nullptr));
  }
  if (!arguments.variables.empty()) {
    TRY(out["variables"], read_inputs(arguments.variables, nullptr, nullptr));
  }
  if (!arguments.workflow.empty()) {
    TRY(out["workflow"], read_workflow(arguments.workflow));
  }
  return out;
}

}  // namespace

int replay_command(Arguments const& arguments) {
  auto const body = replay_request(arguments);
  if (!body) return report(body.error());
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const id = find_id(*client, arguments.execution);
  if (!id) return report(id.error());
  auto const answer = client->post("/v1/executions/" + *id + "/replay", *body);
  if (!answer) return report(answer.error());
  Console out(stdout);
  auto const* begun = answer->if_object();
  if (arguments.json || begun == nullptr)
    out.line(to_text(*answer));
  else
    out.line("replay: " + std::string(text_at(*begun, "id")) + " (of " + *id + ")");
  return 0;
}

int diff_command(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const first = find_id(*client, arguments.execution);
  if (!first) return report(first.error());
  auto const second = find_id(*client, arguments.other);
  if (!second) return report(second.error());
  auto const answer = client->get("/v1/executions/" + *first + "/diff/" + *second);
  if (!answer) return report(answer.error());
  Console out(stdout);
  auto const* found = answer->if_object();
  if (arguments.json || found == nullptr)
    out.line(to_text(*answer));
  else
    out.lines(diff_lines(*found, out.table_width(), out.style()));
  auto const* equal = found == nullptr ? nullptr : found->if_contains("equal");
  return equal != nullptr && *equal == json::value(true) ? 0 : 1;
}

}  // namespace ropewalk::cli

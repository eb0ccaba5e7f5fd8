// Schedules: set, list, show, pause, resume, trigger, rm.
#include "engine/base/json.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/cli/find_server.hpp"
#include "server/cli/inputs.hpp"
#include "server/cli/remote.hpp"
#include "server/cli/run_view.hpp"
#include "server/cli/schedule_text.hpp"
#include "server/cli/settings.hpp"

namespace ropewalk::cli {
namespace {

std::string target_of(Arguments const& arguments) {
  return "/v1/schedules/" + encode_component(arguments.trigger);
}

Result<json::value> inputs_of(Arguments const& arguments) {
  json::value file;
  if (!arguments.inputs_file.empty()) {
    TRY(auto const text, read_file(arguments.inputs_file));
    TRY(file, parse_json(text));
  }
  TRY(auto inputs, read_inputs(arguments.inputs, file, json::value()));
  return json::value(std::move(inputs));
}

Result<json::object> definition_of(Arguments const& arguments) {
  json::object out;
  out["workflow"] = arguments.workflow;
  for (auto const& [name, value] : arguments.fields) out[name] = value;
  TRY(auto inputs, inputs_of(arguments));
  if (!inputs.get_object().empty()) out["inputs"] = std::move(inputs);
  TRY(auto labels, read_labels(arguments.labels));
  if (!labels.empty()) out["labels"] = std::move(labels);
  if (arguments.priority) out["priority"] = *arguments.priority;
  if (arguments.is_paused) out["paused"] = true;
  return out;
}

int show(Arguments const& arguments, Result<json::value> const& answer) {
  if (!answer) return report(answer.error());
  Console out(stdout);
  auto const* schedule = answer->if_object();
  if (arguments.json || schedule == nullptr)
    out.line(to_text(*answer));
  else
    out.lines(schedule_lines(*schedule, out.table_width(), out.style()));
  return 0;
}

int set(Arguments const& arguments, HttpClient const& client) {
  auto const definition = definition_of(arguments);
  if (!definition) return report(definition.error());
  return show(arguments, client.put(target_of(arguments), *definition));
}

int list(Arguments const& arguments, HttpClient const& client) {
  auto const schedules = list_all(client, "/v1/schedules");
  if (!schedules) return report(schedules.error());
  Console out(stdout);
  if (arguments.json)
    for (auto const& schedule : *schedules) out.line(to_text(schedule));
  else
    out.lines(schedules_table(*schedules, out.table_width(), out.style()));
  return 0;
}

int trigger(Arguments const& arguments, HttpClient const& client) {
  auto const answer = client.post(target_of(arguments) + "/trigger", json::object());
  if (!answer) return report(answer.error());
  Console out(stdout);
  auto const* started = answer->if_object();
  if (arguments.json || started == nullptr)
    out.line(to_text(*answer));
  else
    out.line("started: " + std::string(text_at(*started, "execution")));
  return 0;
}

int remove(Arguments const& arguments, HttpClient const& client) {
  auto const answer = client.remove(target_of(arguments));
  if (!answer) return report(answer.error());
  if (!arguments.json) Console(stdout).line("removed: " + arguments.trigger);
  return 0;
}

}  // namespace

int schedule_command(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  if (arguments.subcommand == "set") return set(arguments, *client);
  if (arguments.subcommand == "list") return list(arguments, *client);
  if (arguments.subcommand == "show") return show(arguments, client->get(target_of(arguments)));
  if (arguments.subcommand == "trigger") return trigger(arguments, *client);
  if (arguments.subcommand == "rm") return remove(arguments, *client);
  auto const target = target_of(arguments) + "/" + arguments.subcommand;  // pause, resume
  return show(arguments, client->post(target, json::object()));
}

}  // namespace ropewalk::cli

// Orders to a server: cancel, pause, resume, retry, prune.
#include "engine/base/json.hpp"
#include "engine/base/time.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/cli/find_server.hpp"
#include "server/cli/remote.hpp"
#include "server/cli/run_view.hpp"
#include "server/http/target.hpp"

namespace ropewalk::cli {
namespace {

std::string_view name_of(Verb verb) {
  switch (verb) {
    case Verb::pause:
      return "pause";
    case Verb::resume:
      return "resume";
    case Verb::retry:
      return "retry";
    default:
      return "cancel";
  }
}

}  // namespace

int control_command(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const id = find_id(*client, arguments.execution);
  if (!id) return report(id.error());
  auto const verb = name_of(arguments.verb);
  auto const answer =
      client->post("/v1/executions/" + *id + "/" + std::string(verb), json::object());
  if (!answer) return report(answer.error());
  Console out(stdout);
  if (arguments.json) {
    out.line(to_text(*answer));
  } else {
    out.line(std::string(verb) + ": " + *id);
  }
  return 0;
}

int resolve_command(Arguments const& arguments) {
  json::object request{{"action", arguments.action}};
  if (!arguments.output.empty()) {
    auto output = parse_json(arguments.output);
    if (!output) return report(output.error());
    request["output"] = std::move(*output);
  }
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const id = find_id(*client, arguments.execution);
  if (!id) return report(id.error());
  auto const place =
      "/v1/executions/" + *id + "/tasks/" + server::percent_encode(arguments.task) + "/resolve";
  auto const answer = client->post(place, request);
  if (!answer) return report(answer.error());
  Console out(stdout);
  out.line(
      arguments.json ? to_text(*answer) : arguments.action + ": " + *id + " " + arguments.task
  );
  return 0;
}

int prune_command(Arguments const& arguments) {
  for (auto const& text : {arguments.older_than, arguments.costs_older_than}) {
    if (text.empty()) continue;
    if (auto const age = parse_duration(text); !age) return report(age.error());
  }
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  json::object request;
  request["olderThan"] = arguments.older_than;
  if (!arguments.costs_older_than.empty()) request["costsOlderThan"] = arguments.costs_older_than;
  auto const answer = client->post("/v1/prune", request);
  if (!answer) {
    auto error = answer.error();
    if (error.code == "not_found") {
      error.message = "this server deletes nothing on request";
      error.hint = "set `retention: " + arguments.older_than + "` in its configuration";
    }
    return report(error);
  }
  Console out(stdout);
  auto const* counts = answer->if_object();
  if (arguments.json || counts == nullptr) {
    out.line(to_text(*answer));
  } else {
    out.line("deleted executions: " + std::to_string(number_at(*counts, "executions")));
    if (auto const count = number_at(*counts, "packages"); count > 0)
      out.line("deleted libraries of scripts: " + std::to_string(count));
    if (counts->contains("costs"))
      out.line("forgotten records of costs: " + std::to_string(number_at(*counts, "costs")));
  }
  return 0;
}

}  // namespace ropewalk::cli

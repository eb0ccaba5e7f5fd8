// Questions to a server: ps, show, logs, why.
#include "engine/base/json.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/cli/execution_text.hpp"
#include "server/cli/find_server.hpp"
#include "server/cli/follower.hpp"
#include "server/cli/interrupts.hpp"
#include "server/cli/remote.hpp"
#include "server/cli/run_view.hpp"
#include "server/cli/task_text.hpp"
#include "server/cli/watch.hpp"
#include "server/http/target.hpp"

namespace ropewalk::cli {
namespace {

constexpr Milliseconds look_every = std::chrono::milliseconds(200);

std::string page_target(std::string const& target, std::string const& next) {
  if (next.empty()) return target;
  bool const has_query = target.find('?') != std::string::npos;
  return target + (has_query ? "&" : "?") + "after=" + server::percent_encode(next);
}

/// The cursor of the next page, as text; empty after the last.
std::string next_of(json::value const& page) {
  auto const* object = page.if_object();
  auto const* next = object == nullptr ? nullptr : object->if_contains("next");
  if (next == nullptr || next->is_null()) return {};
  return next->is_string() ? std::string(next->get_string()) : to_text(*next);
}

/// Live ones only, unless all or a status was asked for.
std::string ps_target(Arguments const& arguments) {
  std::string out = "/v1/executions?limit=" + std::to_string(arguments.limit);
  if (!arguments.status.empty()) {
    out += "&status=" + server::percent_encode(arguments.status);
  } else if (!arguments.all) {
    out += "&status=PENDING&status=RUNNING&status=RETRYING";
  }
  if (!arguments.workflow.empty()) out += "&workflow=" + server::percent_encode(arguments.workflow);
  for (auto const& label : arguments.labels) out += "&label=" + server::percent_encode(label);
  return out;
}

int follow_logs(Arguments const& arguments, HttpClient const& client, std::string const& id) {
  Console out(stdout);
  Follower follower(client.address(), id, {"status", "log"});
  Interrupts const interrupts;
  RunView view;
  while (!is_terminal(view.status()) && interrupts.count() == 0) {
    auto const event = follower.next(look_every);
    if (!event) return report(event.error());
    if (!*event) continue;
    view.apply(**event);
    bool const is_wanted = text_at(**event, "kind") == "task.log" &&
                           (arguments.task.empty() || text_at(**event, "task") == arguments.task);
    if (is_wanted) out.line(arguments.json ? to_text(**event) : log_text(**event));
  }
  return 0;
}

}  // namespace

int ps_command(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const page = client->get(ps_target(arguments));
  if (!page) return report(page.error());
  auto const executions = items_of(*page);
  Console out(stdout);
  if (arguments.json) {
    for (auto const& execution : executions) out.line(to_text(execution));
  } else {
    out.lines(executions_table(executions, wall_now(), out.table_width(), out.style()));
  }
  return 0;
}

int show_command(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const id = find_id(*client, arguments.execution);
  if (!id) return report(id.error());
  auto target = "/v1/executions/" + *id;
  if (!arguments.task.empty()) target += "/tasks/" + encode_component(arguments.task);
  auto const found = client->get(target);
  if (!found) return report(found.error());
  Console out(stdout);
  auto const* shown = found->if_object();
  if (arguments.json || shown == nullptr) {
    out.line(to_text(*found));
    return 0;
  }
  auto const make_lines = arguments.task.empty() ? execution_lines : task_lines;
  out.lines(make_lines(*shown, wall_now(), out.table_width(), out.style()));
  return 0;
}

int logs_command(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const id = find_id(*client, arguments.execution);
  if (!id) return report(id.error());
  if (arguments.follow) return follow_logs(arguments, *client, *id);
  Console out(stdout);
  auto target = "/v1/executions/" + *id + "/logs";
  if (!arguments.task.empty()) target += "?task=" + server::percent_encode(arguments.task);
  std::string next;
  do {
    auto const page = client->get(page_target(target, next));
    if (!page) return report(page.error());
    for (auto const& item : items_of(*page))
      if (auto const* line = item.if_object())
        out.line(arguments.json ? to_text(item) : log_text(*line));
    next = next_of(*page);
  } while (!next.empty());
  return 0;
}

int why_command(Arguments const& arguments) {
  auto const client = client_for(arguments);
  if (!client) return report(client.error());
  auto const id = find_id(*client, arguments.execution);
  if (!id) return report(id.error());
  auto target = "/v1/executions/" + *id + "/why";
  if (!arguments.task.empty()) target += "?task=" + server::percent_encode(arguments.task);
  auto const answers = client->get(target);
  if (!answers) return report(answers.error());
  Console out(stdout);
  if (arguments.json) {
    out.line(to_text(*answers));
  } else {
    out.lines(why_lines(items_of(*answers), out.table_width(), out.style()));
  }
  return 0;
}

}  // namespace ropewalk::cli

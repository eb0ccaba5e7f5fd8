// `ropewalk run`: checks the file, hands it to a server or to an engine of its own, and follows it.
#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "server/cli/bundle.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/definition.hpp"
#include "server/cli/follower.hpp"
#include "server/cli/inputs.hpp"
#include "server/cli/interrupts.hpp"
#include "server/cli/plain_lines.hpp"
#include "server/cli/run_target.hpp"
#include "server/cli/settings.hpp"
#include "server/cli/watch.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace ropewalk::cli {
namespace {

constexpr int usage_status = 2;
constexpr int cancelled_status = 3;
constexpr int infrastructure_status = 4;
constexpr Milliseconds look_every = std::chrono::milliseconds(100);

struct Prepared {
  std::shared_ptr<Workflow const> workflow{};
  json::object request{};
};

int fail(Error const& error) {
  Console console(stderr);
  console.line(error_line(error));
  if (auto const* details = error.detail.if_array())
    for (auto const& detail : *details)
      if (auto const* object = detail.if_object())
        console.line(
            "  " + strip_control(text_at(*object, "path")) + ": " +
            strip_control(text_at(*object, "message"))
        );
  return exit_status_of(error);
}

Result<json::value> inputs_file(std::string const& path) {
  if (path.empty()) return json::value();
  TRY(auto const text, read_file(path));
  return parse_json(text, JsonLimits{.bytes_max = 64 * 1024 * 1024});
}

Result<json::object> request_for(Arguments const& arguments, Workflow const& workflow) {
  TRY(auto const file, inputs_file(arguments.inputs_file));
  auto const* schema = workflow.document.if_contains("inputs");
  json::object out;
  TRY(out["inputs"],
      read_inputs(arguments.inputs, file, schema == nullptr ? json::value() : *schema));
  TRY(auto labels, read_labels(arguments.labels));
  if (!labels.empty()) out["labels"] = std::move(labels);
  if (arguments.priority) out["priority"] = *arguments.priority;
  out["workflow"] = workflow.document;
  out["directory"] = folder_of(arguments.files.front());
  return out;
}

/// So that a request whose answer was lost can be sent again.
std::string random_key() {
  std::random_device device;
  std::array<unsigned char, 16> bytes{};
  for (auto& byte : bytes) byte = static_cast<unsigned char>(device());
  return "cli-" + to_hex(bytes);
}

Result<std::string> start(HttpClient const& client, json::object const& request) {
  auto const key = random_key();
  auto reply = client.post("/v1/executions", request, key);
  bool const is_lost = !reply && (reply.error().code == "server_timeout" ||
                                  reply.error().code == "server_unreachable");
  if (is_lost) reply = client.post("/v1/executions", request, key);
  if (!reply) return reply.error();
  auto const* object = reply->if_object();
  std::string id(object == nullptr ? std::string_view() : text_at(*object, "id"));
  if (!id.empty()) return id;
  Error error;
  error.code = "bad_reply";
  error.message = "the server accepted the workflow and gave no id";
  return error;
}

/// Ctrl-C asks to cancel; the second time it leaves.
class Cancellation {
 public:
  enum class Wish : unsigned char { go_on, leave };

  Wish look(
      Interrupts const& interrupts, HttpClient const& client, std::string const& id, Watch& watch
  ) {
    if (interrupts.count() > 1) return Wish::leave;
    if (interrupts.count() == 1 && !has_asked_) {
      has_asked_ = true;
      watch.say("cancelling (once more to leave)");
      auto const answer = client.post("/v1/executions/" + id + "/cancel", json::object());
      if (!answer && answer.error().code != "already_ended") watch.say(error_line(answer.error()));
    }
    return Wish::go_on;
  }

 private:
  bool has_asked_ = false;
};

/// One execution that is being followed, on whatever server it is at the moment.
struct Following {
  std::unique_ptr<RunTarget>& target;
  std::string const& id;
  Watch& watch;
  Interrupts interrupts{};
  Cancellation cancellation{};
};

/// Events until the end; false when the user has left before it.
Result<bool> follow_here(Following& following) {
  auto& watch = following.watch;
  HttpClient const client(following.target->address());
  std::vector<std::string> kinds{"status", "log"};
  if (watch.wants_tokens()) kinds.emplace_back("token");
  Follower follower(client.address(), following.id, std::move(kinds), watch.view().last_seq());
  while (!watch.has_ended()) {
    auto const wish =
        following.cancellation.look(following.interrupts, client, following.id, watch);
    if (wish == Cancellation::Wish::leave) return false;
    TRY(auto const event, follower.next(look_every));
    if (event) watch.add(*event);
    watch.tick();
  }
  return true;
}

/// A server that starts holds the data directory before it can be found, and one that ended may
/// hold it for a moment longer.
Result<std::unique_ptr<RunTarget>> open_target(Arguments const& arguments) {
  constexpr int tries_max = 60;
  auto target = RunTarget::open(arguments);
  for (int i = 1; i < tries_max && !target; ++i) {
    if (target.error().code != "data_directory_in_use") break;
    wait_for(std::chrono::milliseconds(500));
    target = RunTarget::open(arguments);
  }
  return target;
}

/// The same, going on with another server, or one of our own, when the one that was found is gone
/// (it may have been the engine of another `run` that has ended).
Result<bool> follow(Arguments const& arguments, Following& following) {
  for (;;) {
    auto followed = follow_here(following);
    bool const is_gone = !followed && followed.error().code == "server_unreachable";
    if (!is_gone || following.target->is_own() || !arguments.server.empty()) return followed;
    following.watch.say("the server is gone; going on without it");
    TRY(following.target, open_target(arguments));
  }
}

WatchedTasks watched_tasks(Workflow const& workflow) {
  WatchedTasks out;
  out.ids.reserve(workflow.tasks.size());
  for (auto const& task : workflow.tasks) {
    out.ids.push_back(task.id);
    if (task.type->name == "ai") out.writers.insert(task.id);
  }
  return out;
}

/// What --output and --json print once it has ended.
void print_result(Arguments const& arguments, HttpClient const& client, std::string const& id) {
  if (!arguments.json && arguments.output.empty()) return;
  auto const execution = client.get("/v1/executions/" + id);
  if (!execution || !execution->is_object()) {
    if (!execution) Console(stderr).line(error_line(execution.error()));
    return;
  }
  Console out(stdout);
  if (arguments.json) return out.line(to_text(*execution));
  auto const value = output_at(execution->get_object(), arguments.output);
  if (value.is_null()) {
    Console(stderr).line("ropewalk: there is no output " + arguments.output);
  } else if (auto const* text = value.if_string()) {
    out.write(std::string(*text) + (text->ends_with('\n') ? "" : "\n"));
  } else {
    out.line(to_text(value));
  }
}

WatchStyle watch_style(Arguments const& arguments, Console const& console) {
  if (arguments.json) return WatchStyle::json;
  bool const is_live = arguments.watch || (console.is_terminal() && !arguments.tokens);
  return is_live ? WatchStyle::live : WatchStyle::plain;
}

int run_on(
    std::unique_ptr<RunTarget> target, Arguments const& arguments, Prepared const& prepared
) {
  auto const id = start(HttpClient(target->address()), prepared.request);
  if (!id) return fail(id.error());
  // Progress goes beside the result, not into it.
  Console console(arguments.output.empty() || arguments.json ? stdout : stderr);
  auto const style = watch_style(arguments, console);
  Watch watch(console, style, arguments.tokens, watched_tasks(*prepared.workflow));
  Following following{target, *id, watch};
  auto const ended = follow(arguments, following);
  watch.finish();
  if (!ended) {
    fail(ended.error());
    return infrastructure_status;
  }
  if (!*ended) {
    if (target->is_own()) target->stop_now();
    console.line(
        target->is_own() ? "stopped; the next server on this data directory goes on"
                         : "left; it goes on: ropewalk logs -f " + *id
    );
    return cancelled_status;
  }
  if (!arguments.json)
    console.lines(
        summary_lines(watch.view(), prepared.workflow->name, *id, wall_now(), console.style())
    );
  print_result(arguments, HttpClient(target->address()), *id);
  return exit_status_of(watch.view().status());
}

}  // namespace

int run_command(Arguments const& arguments) {
  auto const& file = arguments.files.front();
  auto const loaded = load_definition(file);
  if (!loaded) return fail(loaded.error());
  Console complaints(stderr);
  for (auto const& problem : loaded->problems)
    complaints.line(strip_control(to_line(problem, file)));
  if (loaded->workflow == nullptr) return usage_status;
  auto request = request_for(arguments, *loaded->workflow);
  if (!request) return fail(request.error());
  auto target = open_target(arguments);
  if (!target) return fail(target.error());
  if (is_elsewhere((*target)->address())) {
    auto& workflow = request->at("workflow").as_object();
    if (auto const sent = put_files_in(workflow, folder_of(file)); !sent) return fail(sent.error());
    request->erase("directory");
  }
  Prepared const prepared{loaded->workflow, std::move(*request)};
  return run_on(std::move(*target), arguments, prepared);
}

}  // namespace ropewalk::cli

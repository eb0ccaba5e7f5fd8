#include "server/cli/arguments.hpp"

#include "server/config.hpp"

#include <CLI/CLI.hpp>
#include <sstream>

namespace ropewalk::cli {
namespace {

constexpr int usage_status = 2;

using Commands = std::vector<std::pair<CLI::App*, Verb>>;

/// Every field of the configuration is a flag of the commands that may start a server.
void add_config_flags(CLI::App& app, Arguments& out) {
  for (auto const& field : server::config_fields()) {
    if (field.flag.empty() || field.name == "data") continue;
    std::string const name(field.name);
    std::string flags(field.flag);
    if (!field.flag_alias.empty()) flags += "," + std::string(field.flag_alias);
    app.add_option_function<std::string>(
           flags,
           [&out, name](std::string const& value) { out.config_flags[name] = value; },
           std::string(field.help)
    )
        ->group("Configuration");
  }
}

void add_everywhere(CLI::App& app, Arguments& out) {
  app.add_option("--server", out.server, "the server to talk to: http://HOST:PORT or unix:PATH")
      ->envname("ROPEWALK_SERVER");
  app.add_option("--data", out.data, "the data directory (default: .ropewalk)")
      ->envname("ROPEWALK_DATA");
  app.add_option("--config", out.config_file, "the configuration (default: ./ropewalk.yaml)")
      ->envname("ROPEWALK_CONFIG");
  app.add_flag("--json", out.json, "print JSON, for programs to read");
}

void add_run(CLI::App& app, Arguments& out, Commands& commands) {
  auto* run = app.add_subcommand("run", "Run a workflow file and show its progress");
  run->add_option("FILE", out.files, "the workflow")->required()->expected(1);
  run->add_option("-i,--input", out.inputs, "an input as NAME=VALUE; may be given many times")
      ->allow_extra_args(false);
  run->add_option("--inputs", out.inputs_file, "a JSON file with the inputs");
  run->add_option("--label", out.labels, "a label as NAME=VALUE; may be given many times")
      ->allow_extra_args(false);
  run->add_option("--priority", out.priority, "0 to 100, higher first")->check(CLI::Range(0, 100));
  run->add_option(
      "-o,--output", out.output, "print the output of TASK, or TASK.PATH in it, at the end"
  );
  run->add_flag("--watch", out.watch, "draw live progress even where the output is no terminal");
  run->add_flag("--tokens", out.tokens, "print the texts of AI tasks as they come");
  add_config_flags(*run, out);
  commands.emplace_back(run, Verb::run);
}

void add_local(CLI::App& app, Arguments& out, Commands& commands) {
  auto* validate = app.add_subcommand("validate", "List all the problems of workflow files");
  validate->add_option("FILE", out.files, "workflow files")->required();
  commands.emplace_back(validate, Verb::validate);

  auto* graph = app.add_subcommand("graph", "Print the graph of a workflow");
  graph->add_option("FILE", out.files, "the workflow")->required()->expected(1);
  graph->add_option("--format", out.format, "mermaid, dot or json")
      ->check(CLI::IsMember({"mermaid", "dot", "json"}))
      ->capture_default_str();
  commands.emplace_back(graph, Verb::graph);

  auto* eval = app.add_subcommand("eval", "Evaluate a CEL expression, print its value as JSON");
  eval->add_option("EXPRESSION", out.expression, "the expression")->required();
  eval->add_option("--with", out.with_file, "a JSON file whose fields are the variables");
  commands.emplace_back(eval, Verb::eval);

  auto* config =
      app.add_subcommand("config", "Show the configuration and where each value is from");
  add_config_flags(*config, out);
  commands.emplace_back(config, Verb::config);
  commands.emplace_back(app.add_subcommand("version", "Print the version"), Verb::version);
}

/// What is told to an execution.
void add_telling(CLI::App& app, Arguments& out, Commands& commands) {
  auto const of_execution = [&](char const* name, char const* help, Verb verb) {
    auto* command = app.add_subcommand(name, help);
    command->add_option("ID", out.execution, "the execution, or the beginning of its id")
        ->required();
    commands.emplace_back(command, verb);
    return command;
  };
  auto* approve = of_execution("approve", "Answer a task that asks", Verb::approve);
  approve->add_option("TASK", out.task, "the task; 'review[3]' of a list")->required();
  approve->add_option("--answer", out.answer, "one of the answers that it takes")
      ->capture_default_str();
  approve->add_option("--comment", out.comment, "why");
  approve->add_option("--by", out.by, "who says so")->envname("USER");

  auto* signal = of_execution("signal", "Send a signal to an execution", Verb::signal);
  signal->add_option("NAME", out.signal, "the signal")->required();
  signal->add_option("--payload", out.payload, "what comes with it, as JSON");
  signal->add_option("--key", out.key, "the same key counts once");

  auto* approvals = app.add_subcommand("approvals", "List the tasks that ask for an answer");
  approvals->add_option("--limit", out.limit, "at most so many")->capture_default_str();
  commands.emplace_back(approvals, Verb::approvals);

  auto* replay = of_execution(
      "replay", "Run an execution again, as a new one that takes over results", Verb::replay
  );
  replay->add_option("--from", out.from, "run this task and what follows; may be given many times")
      ->allow_extra_args(false);
  replay->add_option("-i,--input", out.inputs, "another input, NAME=VALUE")
      ->allow_extra_args(false);
  replay->add_option("--variable", out.variables, "another variable, NAME=VALUE")
      ->allow_extra_args(false);
  replay->add_option("--workflow", out.workflow, "another definition: a file, or NAME[@VERSION]");

  auto* diff = of_execution("diff", "Show where two executions differ", Verb::diff);
  diff->add_option("OTHER", out.other, "the other execution")->required();
}

void add_remote(CLI::App& app, Arguments& out, Commands& commands) {
  auto* ps = app.add_subcommand("ps", "List executions");
  ps->add_flag("-a,--all", out.all, "those that have ended too");
  ps->add_option("--status", out.status, "PENDING, RUNNING, COMPLETED, FAILED or CANCELLED");
  ps->add_option("--workflow", out.workflow, "only of this workflow");
  ps->add_option("--label", out.labels, "only with this label, NAME=VALUE")
      ->allow_extra_args(false);
  ps->add_option("--limit", out.limit, "at most so many")->capture_default_str();
  commands.emplace_back(ps, Verb::ps);

  auto const of_execution = [&](char const* name, char const* help, Verb verb) {
    auto* command = app.add_subcommand(name, help);
    command->add_option("ID", out.execution, "the execution, or the beginning of its id")
        ->required();
    commands.emplace_back(command, verb);
    return command;
  };
  auto* show = of_execution("show", "Show an execution and its tasks", Verb::show);
  show->add_option("TASK", out.task, "this task, with all that is known of its attempts");
  auto* logs = of_execution("logs", "Print what the tasks have said", Verb::logs);
  logs->add_flag("-f,--follow", out.follow, "go on until the execution has ended");
  logs->add_option("--task", out.task, "only of this task");
  auto* why = of_execution("why", "Say why tasks are waiting", Verb::why);
  why->add_option("TASK", out.task, "only this task");
  of_execution("cancel", "Cancel an execution", Verb::cancel);
  of_execution("pause", "Start no more tasks of an execution", Verb::pause);
  of_execution("resume", "Go on with a paused execution", Verb::resume);
  auto* resolve = of_execution(
      "resolve", "Say what becomes of a task that has failed and waits for you", Verb::resolve
  );
  resolve->add_option("TASK", out.task, "the task")->required();
  resolve->add_option("ACTION", out.action, "retry, skip, fail or complete")
      ->required()
      ->check(CLI::IsMember({"retry", "skip", "fail", "complete"}));
  resolve->add_option("--output", out.output, "its output, as JSON, where it is declared complete");
  of_execution("retry", "Run an ended execution on from its failed tasks", Verb::retry);

  auto* prune =
      app.add_subcommand("prune", "Delete ended executions with their events, logs and artifacts");
  prune->add_option("--older-than", out.older_than, "how long ago they ended, such as 30d")
      ->required();
  prune->add_option(
      "--costs-older-than",
      out.costs_older_than,
      "also forget what was spent longer ago than that, such as 365d"
  );
  add_config_flags(*prune, out);
  commands.emplace_back(prune, Verb::prune);
}

void add_providers(CLI::App& app, Arguments& out, Commands& commands) {
  auto* providers = app.add_subcommand("providers", "List the providers of models");
  providers->add_flag("--live", out.is_live, "ask the server how things stand with them");
  add_config_flags(*providers, out);
  commands.emplace_back(providers, Verb::providers);
  auto* check = providers->add_subcommand("check", "Call a provider once and say what is wrong");
  check->add_option("NAME", out.provider, "the provider")->required();
  check->add_option("--model", out.model, "which of its models (default: a cheap one)");
}

void add_secret(CLI::App& app, Arguments& out, Commands& commands) {
  auto* secret = app.add_subcommand("secret", "Secrets that the server keeps encrypted");
  secret->require_subcommand(1);
  auto const add = [&](char const* name, char const* help, Verb verb, bool takes_name) {
    auto* command = secret->add_subcommand(name, help);
    if (takes_name) command->add_option("NAME", out.secret, "the secret")->required();
    commands.emplace_back(command, verb);
  };
  add("set", "Set one; its value is read from standard input, or asked for", Verb::secret_set, true
  );
  add("list", "List their names, never their values", Verb::secret_list, false);
  add("rm", "Remove one", Verb::secret_remove, true);
  add("rotate", "Make a new key and encrypt all of them with it", Verb::secret_rotate, false);
}

void add_sim(CLI::App& app, Arguments& out, Commands& commands) {
  auto* sim = app.add_subcommand(
      "sim", "Serve the built-in simulation of a model as an OpenAI-compatible endpoint"
  );
  sim->add_option("--listen", out.listen, "[HOST:]PORT or unix:PATH; port 0: one that is free")
      ->capture_default_str();
  sim->add_option("--tokens-per-second", out.tokens_per_second, "0: all at once (default: 200)");
  sim->add_option("--first-token-delay", out.first_token_delay, "such as 250ms (default: none)");
  sim->add_option("--fault", out.fault, "how every call fails: cut, 429, stall, fail-first-2, …");
  sim->add_option("--seed", out.seed, "of requests that name none");
  sim->add_option("--allowed-hosts", out.allowed_hosts, "further names in the Host header")
      ->delimiter(',')
      ->allow_extra_args(false);
  commands.emplace_back(sim, Verb::sim);
}

/// The subcommands of `parent`, each with what it is called by.
CLI::App* add_action(CLI::App& parent, Arguments& out, std::string const& name, char const* help) {
  auto* action = parent.add_subcommand(name, help);
  action->callback([&out, name] { out.subcommand = name; });
  return action;
}

void add_schedule_set(CLI::App& schedule, Arguments& out) {
  auto* set = add_action(schedule, out, "set", "Make a schedule, or change it");
  set->add_option("NAME", out.trigger, "the schedule")->required();
  set->add_option("--workflow", out.workflow, "what it starts: NAME or NAME@VERSION")->required();
  auto const field = [&](char const* flag, char const* name, char const* help) {
    std::string const key(name);
    set->add_option_function<std::string>(
        flag, [&out, key](std::string const& value) { out.fields[key] = value; }, help
    );
  };
  field("--cron", "cron", "when: five fields, such as '30 6 * * mon-fri', or @hourly, @daily, …");
  field("--timezone", "timezone", "of --cron: a name such as Europe/Berlin (default: UTC)");
  field("--every", "every", "when: an interval, such as 5m");
  field("--start", "start", "of --every: a time that it is counted from");
  field("--at", "at", "when: once, such as 2026-12-01T09:00:00Z");
  field("--overlap", "overlap", "while the one before runs: skip, queue, cancelOldest or allow");
  field("--catch-up", "catchUp", "what was missed: none, latest or all");
  field("--catch-up-within", "catchUpWithin", "how long ago it may have been (default: 1h)");
  field("--jitter", "jitter", "spreads starts over so long, such as 30s");
  set->add_option("-i,--input", out.inputs, "an input as NAME=VALUE; may be given many times")
      ->allow_extra_args(false);
  set->add_option("--inputs", out.inputs_file, "a JSON file with the inputs");
  set->add_option("--label", out.labels, "a label as NAME=VALUE; may be given many times")
      ->allow_extra_args(false);
  set->add_option("--priority", out.priority, "0 to 100, higher first")->check(CLI::Range(0, 100));
  set->add_flag("--paused", out.is_paused, "it starts nothing until it is resumed");
}

void add_schedule(CLI::App& app, Arguments& out, Commands& commands) {
  auto* schedule = app.add_subcommand("schedule", "Start workflows by the clock");
  schedule->require_subcommand(1);
  add_schedule_set(*schedule, out);
  add_action(*schedule, out, "list", "List schedules");
  auto const of_one = [&](char const* name, char const* help) {
    add_action(*schedule, out, name, help)
        ->add_option("NAME", out.trigger, "the schedule")
        ->required();
  };
  of_one("show", "Show a schedule, its next runs and its last starts");
  of_one("pause", "Let a schedule start nothing");
  of_one("resume", "Go on with a paused schedule");
  of_one("trigger", "Start it now");
  of_one("rm", "Remove a schedule; what it started goes on");
  commands.emplace_back(schedule, Verb::schedule);
}

void add_hook(CLI::App& app, Arguments& out, Commands& commands) {
  auto* hook = app.add_subcommand("hook", "Start workflows when others call");
  hook->require_subcommand(1);
  auto const of_one = [&](char const* name, char const* help) {
    auto* action = add_action(*hook, out, name, help);
    action->add_option("NAME", out.trigger, "the hook")->required();
    return action;
  };
  of_one("set", "Make a hook, or change it")
      ->add_option("--file", out.files, "its definition, YAML or JSON")
      ->required()
      ->expected(1);
  add_action(*hook, out, "list", "List hooks");
  of_one("show", "Show a hook and its last deliveries");
  of_one("deliveries", "List what came, and what came of it");
  of_one("rm", "Remove a hook");
  commands.emplace_back(hook, Verb::hook);
}

/// One line, with the help only on request.
std::string mistake_text(std::string message) {
  auto const end = message.find('\n');
  if (end != std::string::npos) message.resize(end);
  return "ropewalk: " + message + " (mend: ropewalk --help, or ropewalk COMMAND --help)\n";
}

}  // namespace

ParsedArguments parse_arguments(int argc, char const* const* argv) {
  Arguments out;
  Commands commands;
  CLI::App app("Ropewalk runs workflows: graphs of AI and ordinary tasks.", "ropewalk");
  app.require_subcommand(1);
  app.fallthrough();
  add_everywhere(app, out);
  auto* serve = app.add_subcommand("serve", "Run the server until it is told to stop");
  add_config_flags(*serve, out);
  commands.emplace_back(serve, Verb::serve);
  add_run(app, out, commands);
  add_local(app, out, commands);
  add_remote(app, out, commands);
  add_telling(app, out, commands);
  add_providers(app, out, commands);
  add_secret(app, out, commands);
  add_sim(app, out, commands);
  add_schedule(app, out, commands);
  add_hook(app, out, commands);
  bool version_flag = false;
  app.add_flag("--version", version_flag, "print the version");
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--version") return {Arguments{}, 0, {}};
    if (!std::string_view(argv[i]).starts_with('-')) break;
  }
  try {
    app.parse(argc, argv);
  } catch (CLI::Success const& help) {
    std::ostringstream text;
    app.exit(help, text, text);
    return {std::nullopt, 0, text.str()};
  } catch (CLI::ParseError const& error) {
    return {std::nullopt, usage_status, mistake_text(error.what())};
  }
  for (auto const& [command, verb] : commands)
    if (command->parsed()) out.verb = verb;
  return {std::move(out), 0, {}};
}

}  // namespace ropewalk::cli

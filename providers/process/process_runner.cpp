#include "providers/process/process_runner.hpp"

#include "providers/process/attempt.hpp"
#include "providers/process/silent_sink.hpp"
#include "providers/process/work_directory.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <utility>

namespace ropewalk {
namespace {

namespace json = boost::json;

constexpr std::uint64_t collecting_time_max_us = 10ULL * 60 * 1'000'000;

/// What an interpreter reads when it starts comes too late for one that waits, and so do limits of
/// the system and walls.
bool fits_warm(CommandPlan const& plan, json::object const& config) {
  auto const& limits = plan.limits;
  if (plan.is_sandboxed || limits.cpu_us != 0 || limits.cores_thousandth != 0 ||
      limits.memory_bytes != 0 || limits.processes != 0 || limits.file_bytes != 0 ||
      limits.open_files != 0)
    return false;
  auto const* env = config.if_contains("env");
  if (env == nullptr || !env->is_object()) return true;
  constexpr std::array<std::string_view, 7> early{
      "PYTHON", "NODE_", "LD_", "LANG", "LC_", "TZ", "MALLOC_"};
  for (auto const& variable : env->get_object())
    for (auto const prefix : early)
      if (std::string_view(variable.key()).starts_with(prefix)) return false;
  return true;
}

CommandPlan collector_plan(
    ProcessOptions const& options,
    AttemptRequest const& request,
    std::vector<std::string> patterns,
    std::string folder
) {
  ArtifactOrder order;
  order.from = std::move(folder);
  order.to = artifact_folder(options.artifact_root, request.execution.to_string(), request.task);
  order.patterns = std::move(patterns);
  order.except = {std::string(context_file_name), std::string(output_file_name)};
  order.limits = options.artifacts_max;
  CommandPlan plan;
  plan.program = "/proc/self/exe";
  plan.shown = "the collector of artifacts";
  plan.argv = {collector_name};
  plan.directory = "/";
  plan.stdin_text = to_text(order);
  plan.limits.wall_us = collecting_time_max_us;
  return plan;
}

json::value const* member(json::value const& value, std::string_view name) {
  return value.is_object() ? value.get_object().if_contains(name) : nullptr;
}

/// What was kept is shown with the attempt; where nothing could be, a success is none.
void add_collected(
    Result<json::value> const& collected, std::string const& task, AttemptOutcome& outcome
) {
  std::optional<Error> error;
  if (!collected) {
    error = collected.error();
  } else if (auto const* failure = member(*collected, "error")) {
    error = name_task(error_from_json(*failure), task);
  } else if (auto const* kept = member(*collected, "artifacts")) {
    json::object detail;
    detail["artifacts"] = *kept;
    outcome.detail = std::move(detail);
  }
  if (error && outcome.output) outcome.output = std::move(*error);
}

}  // namespace

ProcessRunner::ProcessRunner(Launcher& launcher, ProcessOptions options)
    : launcher_(launcher),
      options_(std::move(options)),
      inherited_(inherited_environment(options_.pass_env)),
      packages_(launcher, options_, inherited_),
      warm_(launcher, inherited_, options_.warm_idle_max) {}

Async<AttemptOutcome> ProcessRunner::run(AttemptRequest request, AttemptSink& sink) {
  std::string const context = request.context ? request.context() : "{}";
  bool const throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);  // a child must be stopped, not dropped
  AttemptOutcome outcome;
  std::exception_ptr fault;
  try {
    outcome = co_await run_uninterrupted(request, context, sink);
  } catch (...) {
    fault = std::current_exception();
  }
  co_await asio::this_coro::throw_if_cancelled(throws);  // the flag belongs to the whole co_spawn
  if (fault) std::rethrow_exception(fault);
  co_return outcome;
}

Async<AttemptOutcome> ProcessRunner::run_uninterrupted(
    AttemptRequest const& request, std::string const& context, AttemptSink& sink
) {
  auto const executor = co_await asio::this_coro::executor;
  auto const fields = read_process_fields(request.config);
  if (!fields) co_return AttemptOutcome{name_task(fields.error(), request.task), nullptr};
  PackagePlace packages;
  if (fields->packages.is_any()) {
    auto provided = co_await packages_.provide(request, fields->packages, sink);
    if (!provided) co_return AttemptOutcome{name_task(provided.error(), request.task), nullptr};
    packages = std::move(*provided);
  }
  auto work = WorkDirectory::create(
      launcher_, options_.work_root, request.execution.to_string(), request.task, request.attempt
  );
  if (!work) co_return AttemptOutcome{name_task(work.error(), request.task), nullptr};
  auto plan = make_command_plan(request, context, inherited_, options_, *fields, packages, *work);
  if (!plan) co_return AttemptOutcome{name_task(plan.error(), request.task), nullptr};
  std::string output_path = work->file(output_file_name);
  std::string folder = plan->runs_in;
  auto const used = std::min(request.log_bytes_used, options_.log_bytes_max);
  auto const left = options_.log_bytes_max - used;
  auto warm = take_warm(*fields, request.config, *plan);
  Attempt attempt(
      executor,
      launcher_,
      options_,
      request.task,
      std::move(*plan),
      left,
      sink,
      std::move(warm),
      request.mask
  );
  auto outcome = co_await attempt.run(std::move(output_path));
  auto const state = co_await asio::this_coro::cancellation_state;
  if (!fields->artifacts.empty() && state.cancelled() == asio::cancellation_type::none) {
    auto keeping = keep_artifacts(request, fields->artifacts, std::move(folder), outcome);
    co_await std::move(keeping);
  }
  co_return outcome;
}

std::optional<WarmProcess> ProcessRunner::take_warm(
    ProcessFields const& fields, json::object const& config, CommandPlan const& plan
) {
  if (!fields.warm || !fits_warm(plan, config)) return std::nullopt;
  WarmOrder order;
  order.script = plan.script;
  order.directory = plan.directory;
  order.arguments.assign(plan.argv.begin() + 2, plan.argv.end());  // behind program and script
  order.environment = plan.environment;
  order.stdin_text = plan.stdin_text.value_or("");
  bool const is_python = plan.error_style == ErrorStyle::python;
  return warm_.take(Interpreter{plan.program, is_python}, order);
}

Async<> ProcessRunner::keep_artifacts(
    AttemptRequest const& request,
    std::vector<std::string> patterns,
    std::string folder,
    AttemptOutcome& outcome
) {
  auto const executor = co_await asio::this_coro::executor;
  auto plan = collector_plan(options_, request, std::move(patterns), std::move(folder));
  ProcessOptions options = options_;
  options.output_bytes_max = manifest_bytes_max;
  SilentSink silence;
  Attempt collector(executor, launcher_, options, request.task, std::move(plan), 0, silence);
  auto const collected = co_await collector.run(std::string());
  add_collected(collected.output, request.task, outcome);
}

}  // namespace ropewalk

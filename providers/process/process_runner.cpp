#include "providers/process/process_runner.hpp"

#include "providers/process/attempt.hpp"
#include "providers/process/work_directory.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace ropewalk {

ProcessRunner::ProcessRunner(Launcher& launcher, ProcessOptions options)
    : launcher_(launcher),
      options_(std::move(options)),
      inherited_(inherited_environment(options_.pass_env)) {}

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
  auto work = WorkDirectory::create(
      launcher_, options_.work_root, request.execution.to_string(), request.task, request.attempt
  );
  if (!work) co_return AttemptOutcome{name_task(work.error(), request.task), nullptr};
  auto plan = make_command_plan(request, context, inherited_, options_, *work);
  if (!plan) co_return AttemptOutcome{name_task(plan.error(), request.task), nullptr};
  std::string output_path = work->file(output_file_name);
  auto const used = std::min(request.log_bytes_used, options_.log_bytes_max);
  auto const left = options_.log_bytes_max - used;
  Attempt attempt(executor, launcher_, options_, request.task, std::move(*plan), left, sink);
  co_return co_await attempt.run(std::move(output_path));
}

}  // namespace ropewalk

#include "providers/process/attempt.hpp"

#include "providers/process/classify_limits.hpp"
#include "providers/process/result.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;

constexpr auto sweep_after_end =
    100ms;                           // who still holds a pipe then has left the group: look for it
constexpr auto drop_after_end = 1s;  // and then it is not waited for
constexpr std::size_t stdout_tail_bytes_max = 64 * 1024;
constexpr std::size_t stderr_tail_bytes_max = 16 * 1024;
constexpr std::size_t stderr_lines_max = 20;

struct Pipe {
  FileDescriptor read_end{};
  FileDescriptor write_end{};
};

Pipe make_pipe() {
  std::array<int, 2> ends{-1, -1};
  Pipe pipe;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return pipe;
  pipe.read_end.reset(ends[0]);
  pipe.write_end.reset(ends[1]);
  ::fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

}  // namespace

Error name_task(Error error, std::string const& task) {
  auto const name = "task \"" + task + "\": ";
  if (!error.message.starts_with(name)) error.message = name + error.message;
  return error;
}

Attempt::Attempt(
    Executor executor,
    Launcher& launcher,
    ProcessOptions const& options,
    std::string task,
    CommandPlan plan,
    std::uint64_t log_bytes_left,
    AttemptSink& sink,
    std::optional<WarmProcess> warm,
    std::shared_ptr<SecretMask const> mask
)
    : executor_(executor),
      launcher_(launcher),
      options_(options),
      task_(std::move(task)),
      plan_(std::move(plan)),
      sink_(sink),
      mask_(std::move(mask)),
      budget_{log_bytes_left, 0},
      warm_(std::move(warm)),
      readers_(executor) {}

void Attempt::read_from(FileDescriptor out, FileDescriptor err) {
  OutputReader::Limits limits;
  auto const stream_bytes = plan_.limits.file_bytes;
  limits.bytes_max = stream_bytes == 0 ? options_.stream_bytes_max
                                       : std::min(stream_bytes, options_.stream_bytes_max);
  limits.tail_bytes_max = stdout_tail_bytes_max;
  limits.last_line_bytes_max = options_.output_bytes_max;
  limits.mask = mask_;
  stdout_ = std::make_unique<OutputReader>(
      executor_, std::move(out), LogLevel::info, sink_, budget_, limits
  );
  limits.tail_bytes_max = stderr_tail_bytes_max;
  limits.last_line_bytes_max = 0;
  stderr_ = std::make_unique<OutputReader>(
      executor_, std::move(err), LogLevel::warn, sink_, budget_, limits
  );
}

Result<> Attempt::start() {
  if (warm_) {
    read_from(std::move(warm_->out), std::move(warm_->err));
    child_ = warm_->child;
    return {};
  }
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  FileDescriptor in;
  if (plan_.stdin_text) {
    in = make_memfd(*plan_.stdin_text);
    if (in.is_open()) ::lseek(in.get(), 0, SEEK_SET);
  }
  if (!out.read_end.is_open() || !err.read_end.is_open() || in.is_open() != !!plan_.stdin_text)
    return classify_spawn_error(errno, SpawnStage::fork, facts());
  read_from(std::move(out.read_end), std::move(err.read_end));
  SpawnRequest request;
  request.program = plan_.program;
  request.directory = plan_.directory;
  request.argv = std::move(plan_.argv);
  request.env = to_env_strings(plan_.environment);
  request.stdout_pipe = std::move(out.write_end);
  request.stderr_pipe = std::move(err.write_end);
  request.stdin_file = std::move(in);
  request.limits = plan_.limits;
  request.group_base = plan_.group_base;
  request.is_sandboxed = plan_.is_sandboxed;
  child_ = launcher_.spawn(std::move(request));
  return {};
}

Async<> Attempt::read(OutputReader& reader) {
  try {
    co_await reader.run();
  } catch (...) {  // recorded: run() ends the child first, then rethrows
    if (!fault_) fault_ = std::current_exception();
  }
  --readers_running_;
  child_->wake.cancel();
}

/// Politely first; by force after the grace time.
void Attempt::stop(Stop reason, Times& times) {
  stop_ = reason;
  launcher_.signal(*child_, SIGTERM);
  if (!child_->end) times.kill = Steady::now() + options_.grace;
}

/// Does what is due now. Synchronous: the state cannot change under it.
void Attempt::act(Times& times) {
  auto const now = Steady::now();
  if (child_->end && !times.has_seen_end) {
    times = Times{};
    times.sweep = now + sweep_after_end;
    times.drop = now + drop_after_end;
    times.has_seen_end = true;
  }
  if (stop_ == Stop::none && !child_->end) {
    if (stdout_->is_flooded() || stderr_->is_flooded()) stop(Stop::flood, times);
    if (now >= times.wall) stop(Stop::wall, times);
  }
  if (now >= times.wall) times.wall = Steady::time_point::max();
  if (now >= times.kill) {
    launcher_.kill(*child_);
    times.kill = Steady::time_point::max();
  }
  if (now >= times.sweep) {
    std::vector<std::string> pipes;
    for (auto const* reader : {stdout_.get(), stderr_.get()})
      if (!reader->is_done()) pipes.push_back(reader->pipe_name());
    launcher_.sweep(*child_, std::move(pipes));
    times.sweep = Steady::time_point::max();
  }
  if (now >= times.drop) {
    stdout_->stop_at_empty();
    stderr_->stop_at_empty();
    if (stop_ != Stop::none) readers_.cancel();  // the sink may not take anything any more
    times.drop = stop_ != Stop::none ? Steady::time_point::max() : now + drop_after_end;
  }
}

/// Until the child has ended and its pipes are read.
Async<> Attempt::supervise() {
  Times times;
  if (plan_.limits.wall_us != 0)
    times.wall = Steady::now() + std::chrono::microseconds(plan_.limits.wall_us);
  while (!child_->end || readers_running_ > 0) {
    auto state = co_await asio::this_coro::cancellation_state;
    bool const must_stop = state.cancelled() != asio::cancellation_type::none || fault_ != nullptr;
    if (must_stop && stop_ == Stop::none) stop(Stop::cancelled, times);
    act(times);
    child_->wake.expires_at(std::min({times.kill, times.sweep, times.drop, times.wall}));
    co_await child_->wake.async_wait(use_tuple);
  }
}

Async<> Attempt::log_cut() {
  LogLine line;
  line.level = LogLevel::warn;
  line.text =
      "… output cut: " + std::to_string(budget_.dropped_bytes) + " more bytes were not kept";
  co_await sink_.log(std::move(line));
}

Async<AttemptOutcome> Attempt::run(std::string output_path) {
  auto const started = start();
  if (!started) co_return AttemptOutcome{started.error(), nullptr};
  readers_running_ = 2;
  auto from_stdout = read(*stdout_);
  auto from_stderr = read(*stderr_);
  readers_.spawn(std::move(from_stdout));
  readers_.spawn(std::move(from_stderr));
  co_await supervise();
  co_await readers_.join();
  bool const is_own_cancel = stop_ != Stop::none && child_->end;
  if (fault_ && !is_own_cancel) std::rethrow_exception(fault_);
  if (budget_.dropped_bytes > 0 && stop_ != Stop::cancelled) co_await log_cut();
  co_return make_outcome(output_path);
}

AttemptFacts Attempt::facts() const {
  AttemptFacts out;
  out.task = task_;
  out.program = plan_.shown;
  out.script = plan_.script;
  out.directory = plan_.directory;
  out.error_style = plan_.error_style;
  out.limits = plan_.limits;
  out.is_sandboxed = plan_.is_sandboxed;
  if (stderr_) out.stderr_lines = stderr_->tail().last_lines(stderr_lines_max);
  return out;
}

Error Attempt::failure(ChildEnd const& end) const {
  bool const is_flooded = stdout_->is_flooded() || stderr_->is_flooded();
  if (stop_ == Stop::wall) return wall_time_exceeded(facts());
  if (is_flooded && stop_ != Stop::cancelled) {
    auto const own = plan_.limits.file_bytes;
    auto const bytes_max =
        own == 0 ? options_.stream_bytes_max : std::min(own, options_.stream_bytes_max);
    return stream_too_large(facts(), bytes_max);
  }
  Error error = classify(end, facts());
  if (stop_ == Stop::cancelled) {
    error.error_class = ErrorClass::permanent;
    error.code = "cancelled";
    error.message = "task \"" + task_ + "\": " + plan_.shown + " was stopped";
    error.hint.clear();
  }
  return error;
}

AttemptOutcome Attempt::make_outcome(std::string const& output_path) const {
  auto end = *child_->end;
  using std::chrono::duration_cast;
  if (warm_)  // it waited before that
    end.wall_us = static_cast<std::uint64_t>(
        duration_cast<std::chrono::microseconds>(Steady::now() - began_).count()
    );
  bool const is_flooded = stdout_->is_flooded() || stderr_->is_flooded();
  AttemptOutcome outcome;
  outcome.usage = usage_of(end);
  if (!has_succeeded(end) || stop_ == Stop::wall || is_flooded) {
    outcome.output = failure(end);
    return outcome;
  }
  auto written = read_output_file(output_path, options_.output_bytes_max);
  if (!written)
    outcome.output = name_task(written.error(), task_);
  else if (*written)
    outcome.output = std::move(**written);
  else
    outcome.output = output_from_stdout(stdout_->tail(), stdout_->last_line());
  return outcome;
}

}  // namespace ropewalk

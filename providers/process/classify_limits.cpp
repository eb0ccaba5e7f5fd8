#include "providers/process/classify_limits.hpp"

#include "engine/base/text.hpp"
#include "engine/base/time.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace ropewalk {
namespace {

namespace json = boost::json;

constexpr std::size_t quote_bytes_max = 300;

struct Code {
  ErrorClass error_class = ErrorClass::resource;
  std::string_view code{};
  std::string_view hint{};
};

constexpr Code out_of_memory{
    ErrorClass::resource,
    "out_of_memory",
    "raise `limits.memory` if it has one, or make it use less; `resources.memory` keeps others "
    "from running beside it"};
constexpr Code cpu_time_exceeded{
    ErrorClass::resource, "cpu_time_exceeded", "raise `limits.cpu`, or make it do less"};
constexpr Code file_size_exceeded{
    ErrorClass::resource, "file_size_exceeded", "raise `limits.fileSize`, or write less"};
constexpr Code processes_exceeded{
    ErrorClass::resource,
    "process_limit_exceeded",
    "raise `limits.processes` (threads count too), or start fewer at once"};
constexpr Code disk_full{
    ErrorClass::resource,
    "disk_full",
    "free space where it writes; its own folder is in the "
    "server's data directory"};
constexpr Code out_of_files{
    ErrorClass::resource,
    "out_of_files",
    "raise `limits.openFiles` if it has one, else the limit of the server (ulimit -n)"};
constexpr Code out_of_processes{
    ErrorClass::resource,
    "out_of_processes",
    "the system's limit of processes is reached: raise it (ulimit -u, pids.max) or lower the "
    "pools"};
constexpr Code sandbox_failed{
    ErrorClass::permanent,
    "sandbox_failed",
    "look at what `sandbox` names; GET /v1/nodes shows what the server can do"};

/// What programs say when something ran out.
struct Words {
  std::string_view text;
  Code const& code;
  bool needs_file_limit = false;
};

constexpr std::array known_words{
    Words{"MemoryError", out_of_memory},
    Words{"OutOfMemoryError", out_of_memory},
    Words{"std::bad_alloc", out_of_memory},
    Words{"Array buffer allocation failed", out_of_memory},
    Words{"annot allocate memory", out_of_memory},
    Words{"ut of memory", out_of_memory},
    Words{"memory exhausted", out_of_memory},
    Words{"Allowed memory size of", out_of_memory},
    Words{"No space left on device", disk_full},
    Words{"ENOSPC", disk_full},
    Words{"Disk quota exceeded", disk_full},
    Words{"File too large", file_size_exceeded, true},
    Words{"EFBIG", file_size_exceeded, true},
    Words{"Too many open files", out_of_files},
    Words{"EMFILE", out_of_files},
    Words{"fork: Resource temporarily unavailable", out_of_processes},
    Words{"Cannot fork", out_of_processes},
};

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::uint64_t mebibyte = 1024 * 1024;
  if (bytes < mebibyte) return std::to_string(bytes) + " bytes";
  return std::to_string(bytes / mebibyte) + " MiB";
}

std::string time_text(std::uint64_t us) {
  auto const ms = std::max<std::uint64_t>(us / 1000, 1);
  return format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(ms)));
}

Error make(Code const& code, AttemptFacts const& facts, std::string const& what) {
  Error out;
  out.error_class = code.error_class;
  out.code = code.code;
  out.message = "task \"" + facts.task + "\": " + facts.program + " " + what;
  out.hint = code.hint;
  json::object detail;
  if (!facts.stderr_lines.empty()) {
    json::array lines;
    for (auto const& line : facts.stderr_lines) lines.emplace_back(line);
    detail["stderr"] = std::move(lines);
  }
  if (!detail.empty()) out.detail = std::move(detail);
  return out;
}

void add_numbers(Error& error, std::uint64_t limit, std::uint64_t seen, std::string_view unit) {
  json::object detail;
  if (error.detail.is_object()) detail = std::move(error.detail.get_object());
  detail["limit" + std::string(unit)] = limit;
  detail["seen" + std::string(unit)] = seen;
  error.detail = std::move(detail);
}

std::optional<Error> classify_breach(ChildEnd const& end, AttemptFacts const& facts) {
  auto const& limits = facts.limits;
  switch (end.breach) {
    case Breach::none:
      return std::nullopt;
    case Breach::memory: {
      auto out = make(
          out_of_memory,
          facts,
          "was ended: it used " + bytes_text(end.breach_seen) + " of memory, and the limit is " +
              bytes_text(limits.memory_bytes)
      );
      add_numbers(out, limits.memory_bytes, end.breach_seen, "Bytes");
      return out;
    }
    case Breach::cpu: {
      auto out = make(
          cpu_time_exceeded,
          facts,
          "was ended: it used " + time_text(end.breach_seen) +
              " of processor time, and the limit is " + time_text(limits.cpu_us)
      );
      add_numbers(out, limits.cpu_us / 1000, end.breach_seen / 1000, "Ms");
      return out;
    }
    case Breach::processes: {
      auto out = make(
          processes_exceeded,
          facts,
          "was ended: it had " + std::to_string(end.breach_seen) +
              " processes and threads, and the limit is " + std::to_string(limits.processes)
      );
      add_numbers(out, limits.processes, end.breach_seen, "");
      return out;
    }
  }
  return std::nullopt;
}

/// The signal that ended it, or one that a shell or a sandbox says ended what it ran.
int ending_signal(int status) {
  if (WIFSIGNALED(status)) return WTERMSIG(status);
  int const code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  return code > 128 && code < 128 + NSIG ? code - 128 : 0;
}

std::optional<Error> classify_signal(ChildEnd const& end, AttemptFacts const& facts) {
  auto const& limits = facts.limits;
  auto const cpu_us = end.user_cpu_us + end.system_cpu_us;
  int const signo = ending_signal(end.wait_status);
  bool const is_cpu_kill = signo == SIGKILL && limits.cpu_us != 0 && cpu_us > limits.cpu_us;
  if (signo == SIGXCPU || is_cpu_kill)
    return make(
        cpu_time_exceeded,
        facts,
        "was ended for its processor time (" + time_text(cpu_us) + ")" +
            (limits.cpu_us != 0 ? ", and the limit is " + time_text(limits.cpu_us) : "")
    );
  if (signo == SIGXFSZ)
    return make(
        file_size_exceeded,
        facts,
        "was ended by SIGXFSZ: a file that it wrote grew beyond " +
            (limits.file_bytes != 0 ? bytes_text(limits.file_bytes) : "what the system allows")
    );
  if (signo == SIGKILL && end.memory_ran_out)
    return make(
        out_of_memory,
        facts,
        "was ended by SIGKILL while the machine's memory ran out and the kernel ended processes"
    );
  return std::nullopt;
}

bool has_own_meaning(int exit_code) {
  constexpr std::array codes{75, 126, 127};
  return std::ranges::find(codes, exit_code) != codes.end();
}

std::optional<Error> classify_words(ChildEnd const& end, AttemptFacts const& facts) {
  bool const is_exit = WIFEXITED(end.wait_status);
  if (!is_exit && WTERMSIG(end.wait_status) != SIGABRT) return std::nullopt;
  if (is_exit && has_own_meaning(WEXITSTATUS(end.wait_status))) return std::nullopt;
  for (auto line = facts.stderr_lines.rbegin(); line != facts.stderr_lines.rend(); ++line) {
    for (auto const& known : known_words) {
      if (line->find(known.text) == std::string::npos) continue;
      if (known.needs_file_limit && facts.limits.file_bytes == 0) continue;
      std::string const how = is_exit
                                  ? "exited with " + std::to_string(WEXITSTATUS(end.wait_status))
                                  : std::string("was ended by SIGABRT");
      auto out = make(known.code, facts, how + ": " + shorten(*line, quote_bytes_max));
      if (is_exit) out.detail.get_object()["exitCode"] = WEXITSTATUS(end.wait_status);
      return out;
    }
  }
  return std::nullopt;
}

/// bwrap says so itself when it cannot build its walls; the program never ran then.
std::optional<Error> classify_sandbox(ChildEnd const& end, AttemptFacts const& facts) {
  if (!facts.is_sandboxed || !WIFEXITED(end.wait_status) || WEXITSTATUS(end.wait_status) != 1 ||
      facts.stderr_lines.empty() || !facts.stderr_lines.back().starts_with("bwrap: "))
    return std::nullopt;
  return make(
      sandbox_failed, facts, "could not be put into its sandbox: " + facts.stderr_lines.back()
  );
}

}  // namespace

std::optional<Error> classify_limits(ChildEnd const& end, AttemptFacts const& facts) {
  if (auto out = classify_breach(end, facts)) return out;
  if (auto out = classify_signal(end, facts)) return out;
  if (auto out = classify_sandbox(end, facts)) return out;
  return classify_words(end, facts);
}

Error wall_time_exceeded(AttemptFacts const& facts) {
  Error out = make(
      {ErrorClass::transient, "wall_time_exceeded", "raise `limits.wall`, or make it do less"},
      facts,
      "was ended: it ran longer than " + time_text(facts.limits.wall_us)
  );
  return out;
}

Error stream_too_large(AttemptFacts const& facts, std::uint64_t bytes_max) {
  return make(
      {ErrorClass::permanent,
       "output_too_large",
       "write big data to a file and give its name as the output; raise `limits.fileSize` or the "
       "server's limits.taskOutputBytes where so much is meant"},
      facts,
      "was ended: it printed more than " + bytes_text(bytes_max)
  );
}

}  // namespace ropewalk

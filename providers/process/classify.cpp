#include "providers/process/classify.hpp"

#include "providers/process/classify_limits.hpp"
#include "providers/process/script_errors.hpp"

#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace ropewalk {
namespace {

namespace json = boost::json;

struct SpawnRule {
  int error;
  ErrorClass error_class;
  std::string_view code;
  std::string_view hint;
};

constexpr std::array spawn_rules{
    SpawnRule{
        ENOENT,
        ErrorClass::permanent,
        "program_not_found",
        "if the program is a script, the interpreter in its first line (#!) is missing"},
    SpawnRule{ENOTDIR, ErrorClass::permanent, "program_not_found", "check the path"},
    SpawnRule{
        EACCES,
        ErrorClass::permanent,
        "not_executable",
        "chmod +x it, and check that its file system allows execution"},
    SpawnRule{
        EPERM,
        ErrorClass::permanent,
        "not_executable",
        "the system does not allow this program to run here"},
    SpawnRule{
        ENOEXEC,
        ErrorClass::permanent,
        "not_executable",
        "give a script a first line such as #!/bin/sh"},
    SpawnRule{
        E2BIG,
        ErrorClass::permanent,
        "arguments_too_long",
        "arguments and environment are too big for the system: read the data from the file "
        "named in $ROPEWALK_CONTEXT instead"},
    SpawnRule{ENAMETOOLONG, ErrorClass::permanent, "program_not_found", "check the path"},
    SpawnRule{
        EAGAIN,
        ErrorClass::resource,
        "out_of_processes",
        "the limit of processes is reached: raise it (ulimit -u, pids.max) or lower the pools"},
    SpawnRule{
        ENOMEM,
        ErrorClass::resource,
        "out_of_memory",
        "lower the pools, or give the tasks a memory resource"},
    SpawnRule{ENOBUFS, ErrorClass::resource, "out_of_memory", "lower the pools"},
    SpawnRule{ENOSPC, ErrorClass::resource, "disk_full", "free space on the server's disk"},
    SpawnRule{EDQUOT, ErrorClass::resource, "disk_full", "raise the quota of the server's user"},
    SpawnRule{
        EMFILE,
        ErrorClass::resource,
        "out_of_files",
        "raise the limit of open files (ulimit -n), or lower the pools"},
    SpawnRule{
        ENFILE, ErrorClass::resource, "out_of_files", "raise the system's limit of open files"},
    SpawnRule{
        ETOOMANYREFS,
        ErrorClass::resource,
        "out_of_files",
        "raise the limit of open files (ulimit -n), or lower the pools"},
};

struct ExitRule {
  int exit_code;
  ErrorClass error_class;
  std::string_view code;
  std::string_view hint;
};

constexpr std::string_view killed_hint =
    "probably out of memory: `dmesg | grep -i oom` tells; give the task a `resources.memory`, or "
    "make it use less";

constexpr std::array exit_rules{
    ExitRule{
        75,
        ErrorClass::transient,
        "exit_code",
        "75 (EX_TEMPFAIL) says that another try may succeed: set `retry.maxAttempts`"},
    ExitRule{
        126,
        ErrorClass::permanent,
        "not_executable",
        "126: a program was found but could not be run; check its permissions"},
    ExitRule{
        127,
        ErrorClass::permanent,
        "program_not_found",
        "127: a program was not found; check its name and the PATH of the task"},
    ExitRule{128 + SIGKILL, ErrorClass::resource, "killed", killed_hint},
};

constexpr std::string_view exit_hint =
    "the last lines of its stderr are in the detail, all of them in the log; set "
    "`retry.maxAttempts` if another try may help";

std::string begin_message(AttemptFacts const& facts) {
  return "task \"" + facts.task + "\": " + facts.program;
}

void add_stderr(json::object& detail, AttemptFacts const& facts) {
  if (facts.stderr_lines.empty()) return;
  json::array lines;
  for (auto const& line : facts.stderr_lines) lines.emplace_back(line);
  detail["stderr"] = std::move(lines);
}

std::string signal_name(int signo) {
  char const* name = ::sigabbrev_np(signo);
  return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signo);
}

Error classify_signal(int signo, AttemptFacts const& facts) {
  Error error;
  bool const is_kill = signo == SIGKILL;
  error.error_class = is_kill ? ErrorClass::resource : ErrorClass::transient;
  error.code = is_kill ? "killed" : "signal";
  error.message = begin_message(facts) + " was ended by " + signal_name(signo);
  bool const is_crash = signo == SIGSEGV || signo == SIGABRT || signo == SIGBUS || signo == SIGILL;
  if (is_kill)
    error.hint = killed_hint;
  else
    error.hint = is_crash ? "the program crashed: its last output is in the log"
                          : "somebody outside the server ended it";
  json::object detail{{"signal", signal_name(signo)}};
  add_stderr(detail, facts);
  error.detail = std::move(detail);
  return error;
}

Error classify_exit(int exit_code, AttemptFacts const& facts) {
  Error error{ErrorClass::transient, "exit_code", "", std::string(exit_hint), nullptr};
  for (auto const& rule : exit_rules) {
    if (rule.exit_code != exit_code) continue;
    error.error_class = rule.error_class;
    error.code = rule.code;
    error.hint = rule.hint;
  }
  auto const found = find_script_error(facts.error_style, facts.stderr_lines, facts.script);
  if (!found.code.empty() && error.code == "exit_code" && exit_code != 75) {
    error.error_class = ErrorClass::permanent;
    error.code = found.code;
    error.hint = found.code == "module_not_found"
                     ? "install the module for the interpreter that the server finds on its PATH"
                     : "the script itself is at fault: mend it and run it again";
  }
  std::string const why = to_text(found);
  error.message = begin_message(facts) + " exited with " + std::to_string(exit_code);
  if (!why.empty()) error.message += ": " + why;
  json::object detail{{"exitCode", exit_code}};
  if (!found.type.empty()) detail["exception"] = found.type;
  if (found.line != 0) detail["line"] = found.line;
  add_stderr(detail, facts);
  error.detail = std::move(detail);
  return error;
}

Error launcher_lost(AttemptFacts const& facts) {
  Error error;
  error.error_class = ErrorClass::transient;
  error.code = "launcher_lost";
  error.message =
      begin_message(facts) + " was ended because the server's launcher process, its parent, died";
  error.hint = "was it killed from outside? A new one has been started; try the task again";
  return error;
}

}  // namespace

bool has_succeeded(ChildEnd const& end) {
  return end.spawn_error == 0 && !end.is_launcher_lost && WIFEXITED(end.wait_status) &&
         WEXITSTATUS(end.wait_status) == 0;
}

Error classify(ChildEnd const& end, AttemptFacts const& facts) {
  if (end.is_launcher_lost) return launcher_lost(facts);
  if (end.spawn_error != 0) return classify_spawn_error(end.spawn_error, end.spawn_stage, facts);
  if (auto ran_out = classify_limits(end, facts)) return std::move(*ran_out);
  if (WIFSIGNALED(end.wait_status)) return classify_signal(WTERMSIG(end.wait_status), facts);
  return classify_exit(WEXITSTATUS(end.wait_status), facts);
}

Error classify_spawn_error(int error_number, SpawnStage stage, AttemptFacts const& facts) {
  std::string const why = std::strerror(error_number);
  Error error;
  error.error_class = ErrorClass::transient;
  error.code = "spawn_failed";
  error.detail = json::object{{"errno", error_number}};
  error.message = begin_message(facts) + " could not be started: " + why;
  for (auto const& rule : spawn_rules) {
    if (rule.error != error_number) continue;
    error.error_class = rule.error_class;
    error.code = rule.code;
    error.hint = rule.hint;
  }
  if (stage == SpawnStage::group || stage == SpawnStage::limits)
    error.message += stage == SpawnStage::group ? " (its control group)" : " (its limits)";
  if (stage == SpawnStage::directory && error.error_class == ErrorClass::permanent) {
    error.code = "working_directory_not_found";
    error.message = "task \"" + facts.task + "\": the working directory " + facts.directory +
                    " cannot be entered: " + why;
    error.hint = "a relative `workingDirectory` is taken from the folder of the workflow file";
  }
  return error;
}

json::value usage_of(ChildEnd const& end) {
  if (end.spawn_error != 0 || end.is_launcher_lost) return nullptr;
  return json::object{
      {"wallMs", end.wall_us / 1000},
      {"userCpuMs", end.user_cpu_us / 1000},
      {"systemCpuMs", end.system_cpu_us / 1000},
      {"maxRssBytes", end.max_rss_bytes},
      {"blocksRead", end.blocks_read},
      {"blocksWritten", end.blocks_written}};
}

}  // namespace ropewalk

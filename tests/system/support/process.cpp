#include "tests/system/support/process.hpp"

#include "tests/system/support/temp_directory.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace ropewalk::system_test {
namespace {

namespace fs = std::filesystem;

void redirect(int file, std::string const& path) {
  int const opened = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (opened < 0 || ::dup2(opened, file) < 0) ::_exit(126);
}

[[noreturn]] void become(
    std::vector<char*> const& arguments,
    std::vector<char*> const& environment,
    ProgramOptions const& options
) {
  int const nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  redirect(STDOUT_FILENO, options.out_file);
  redirect(STDERR_FILENO, options.error_file);
  if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(126);
  ::execvpe(arguments[0], arguments.data(), environment.data());
  ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// The fields of /proc/<pid>/stat after the name, which may itself hold blanks.
std::vector<std::string> stat_fields(pid_t pid) {
  auto const text = read_text("/proc/" + std::to_string(pid) + "/stat");
  auto const end = text.rfind(')');
  if (end == text.npos) return {};
  std::istringstream rest(text.substr(end + 1));
  std::vector<std::string> out;
  for (std::string field; rest >> field;) out.push_back(field);
  return out;
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> out;
  for (auto const& entry : fs::directory_iterator("/proc")) {
    auto const pid = std::atoi(entry.path().filename().c_str());
    if (pid > 0) out.push_back(pid);
  }
  return out;
}

std::size_t status_bytes(pid_t pid, std::string const& name) {
  std::istringstream lines(read_text("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(name + ":")) return std::stoul(line.substr(name.size() + 1)) * 1024;
  return 0;
}

}  // namespace

Program::Program(std::vector<std::string> const& arguments, ProgramOptions const& options) {
  auto texts = arguments;
  std::vector<std::string> environment;
  auto variables = options.environment;
  variables.try_emplace("PATH", std::getenv("PATH"));
  for (auto const& [name, value] : variables) environment.push_back(name + "=" + value);
  auto const argv = pointers(texts);
  auto const envp = pointers(environment);
  pid_ = ::fork();
  if (pid_ == 0) become(argv, envp, options);
  if (pid_ < 0) throw std::runtime_error("fork failed");
}

Program::~Program() {
  if (!poll_status()) {
    ::kill(pid_, SIGKILL);
    wait(seconds(10));
  }
}

void Program::signal(int number) const {
  if (!status_) ::kill(pid_, number);
}

std::optional<int> Program::poll_status() {
  int raw = 0;
  if (!status_ && ::waitpid(pid_, &raw, WNOHANG) == pid_)
    status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
  return status_;
}

std::optional<int> Program::wait(milliseconds limit) {
  eventually([&] { return poll_status().has_value(); }, limit);
  return status_;
}

Finished run_program(
    std::vector<std::string> const& arguments, ProgramOptions options, milliseconds limit
) {
  TempDirectory const outputs;
  options.out_file = outputs.path("out");
  options.error_file = outputs.path("error");
  Program program(arguments, options);
  auto const status = program.wait(limit);
  Finished out;
  out.out = read_text(options.out_file);
  out.error = read_text(options.error_file);
  if (!status)
    throw std::runtime_error(
        arguments[0] + " " + arguments.at(1) + " did not end:\n" + out.out + out.error
    );
  out.status = *status;
  return out;
}

std::string ropewalk_binary() {
  char const* const given = std::getenv("ROPEWALK_BINARY");
  return given != nullptr ? given : ROPEWALK_BINARY;
}

std::vector<pid_t> processes_with(std::string_view marker) {
  std::vector<pid_t> out;
  for (auto const pid : all_processes()) {
    if (pid == ::getpid()) continue;
    auto const environment = read_text("/proc/" + std::to_string(pid) + "/environ");
    if (environment.find(marker) != environment.npos && is_alive(pid)) out.push_back(pid);
  }
  return out;
}

bool is_alive(pid_t pid) {
  auto const fields = stat_fields(pid);
  return !fields.empty() && fields[0] != "Z" && fields[0] != "X";
}

bool is_stopped(pid_t pid) {
  auto const fields = stat_fields(pid);
  return !fields.empty() && fields[0] == "T";
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> out;
  for (auto const other : all_processes()) {
    auto const fields = stat_fields(other);
    if (fields.size() > 1 && fields[1] == std::to_string(pid)) out.push_back(other);
  }
  return out;
}

std::size_t resident_bytes(pid_t pid) {
  return status_bytes(pid, "VmRSS");
}
std::size_t resident_bytes_peak(pid_t pid) {
  return status_bytes(pid, "VmHWM");
}

}  // namespace ropewalk::system_test

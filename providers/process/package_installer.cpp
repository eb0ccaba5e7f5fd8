#include "providers/process/package_installer.hpp"

#include "engine/base/json.hpp"
#include "providers/process/attempt.hpp"
#include "providers/process/silent_sink.hpp"

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <utility>

namespace ropewalk {
namespace {

namespace json = boost::json;

constexpr std::size_t list_bytes_max = 1024 * 1024;
constexpr std::uint64_t version_time_max_us = 30'000'000;
constexpr std::uint64_t install_log_bytes_max = 1024 * 1024;

/// Keeps the last lines, which say why it failed, and hands all of them on.
class TailSink final : public AttemptSink {
 public:
  explicit TailSink(AttemptSink& sink) : sink_(sink) {}
  Async<> log(LogLine line) override {
    constexpr std::size_t lines_max = 20;
    if (lines.size() >= lines_max) lines.erase(lines.begin());
    lines.push_back(line.text);
    line.level = LogLevel::info;  // pip and npm say everything there
    auto handing = sink_.log(std::move(line));
    co_await std::move(handing);
  }

  std::vector<std::string> lines{};

 private:
  AttemptSink& sink_;
};

Error no_list(std::string const& path) {
  Error out;
  out.code = "script_not_found";
  out.message = "`requirements`: there is no readable file " + path;
  out.hint = "a relative path is taken from the folder of the workflow file; lists can stand in it";
  return out;
}

Result<std::string> read_list(std::string const& path) {
  FileDescriptor const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::string out(list_bytes_max, '\0');
  auto const n = fd.is_open() ? ::read(fd.get(), out.data(), out.size()) : -1;
  if (n < 0 || static_cast<std::size_t>(n) == out.size()) return no_list(path);
  out.resize(static_cast<std::size_t>(n));
  return out;
}

CommandPlan version_plan(std::string const& interpreter, bool is_python, Environment environment) {
  CommandPlan plan;
  plan.program = interpreter;
  plan.shown = interpreter;
  plan.directory = "/";
  plan.argv = {interpreter};
  if (is_python)
    plan.argv.insert(
        plan.argv.end(), {"-I", "-c", "import sys; print(sys.version.split(chr(10)))"}
    );
  else
    plan.argv.emplace_back("--version");
  plan.environment = std::move(environment);
  plan.limits.wall_us = version_time_max_us;
  return plan;
}

CommandPlan install_plan(
    PackageSet const& set, Environment const& inherited, std::uint64_t wall_us
) {
  CommandPlan plan;
  plan.program = "/proc/self/exe";
  plan.shown = set.kind == PackageKind::python ? "pip" : "npm";
  plan.argv = {installer_name};
  plan.directory = "/";
  plan.environment = installer_environment(inherited);
  plan.stdin_text = to_text(set);
  plan.limits.wall_us = wall_us;
  return plan;
}

Error took_too_long(Error error) {
  error.code = "install_failed";
  error.hint = "raise the server's limits.installTime, or ask for less";
  return error;
}

Result<PackageSet> make_set(
    AttemptRequest const& request, PackageFields const& fields, std::string interpreter
) {
  PackageSet set;
  set.kind = fields.is_python ? PackageKind::python : PackageKind::node;
  set.interpreter = std::move(interpreter);
  set.wanted = fields.wanted;
  if (fields.file.empty()) return set;
  bool const is_absolute = fields.file.starts_with('/');
  if (!is_absolute && request.directory.empty()) return no_list(fields.file);
  auto const path = is_absolute ? fields.file : request.directory + "/" + fields.file;
  TRY(set.list, read_list(path));
  set.list_folder = path.substr(0, path.rfind('/'));
  return set;
}

}  // namespace

Async<Result<std::string>> PackageInstaller::version_of(
    std::string interpreter, std::string task, bool is_python
) {
  auto const known = versions_.find(interpreter);
  if (known != versions_.end()) co_return known->second;
  auto const executor = co_await asio::this_coro::executor;
  SilentSink silence;
  auto plan = version_plan(interpreter, is_python, inherited_);
  Attempt asking(executor, launcher_, options_, std::move(task), std::move(plan), 0, silence);
  auto const answer = co_await asking.run(std::string());
  if (!answer.output) co_return answer.output.error();
  auto version = to_text(*answer.output);
  versions_[interpreter] = version;
  co_return version;
}

Async<Result<>> PackageInstaller::install(
    PackageSet const& set, std::string task, AttemptSink& sink
) {
  using std::chrono::microseconds;
  auto const executor = co_await asio::this_coro::executor;
  auto const wall = std::chrono::duration_cast<microseconds>(options_.install_time_max).count();
  auto plan = install_plan(set, inherited_, static_cast<std::uint64_t>(wall));
  TailSink tail(sink);
  Attempt installing(
      executor, launcher_, options_, task, std::move(plan), install_log_bytes_max, tail
  );
  auto const done = co_await installing.run(std::string());
  if (done.output) co_return Result<>{};
  Error error = done.output.error();
  if (error.code == "wall_time_exceeded") co_return took_too_long(std::move(error));
  if (error.code != "exit_code") co_return error;
  co_return classify_install(set.kind, tail.lines);
}

Async<Result<PackagePlace>> PackageInstaller::provide(
    AttemptRequest const& request, PackageFields const& fields, AttemptSink& sink
) {
  PackagePlace place;
  place.is_python = fields.is_python;
  CO_TRY(auto interpreter, find_script_interpreter(request, inherited_));
  CO_TRY(auto set, make_set(request, fields, interpreter));
  CO_TRY(auto const version, co_await version_of(interpreter, request.task, fields.is_python));
  set.folder = package_folder(options_.package_root, set, version);
  place.folder = set.folder;
  if (use_packages(set.folder)) co_return place;
  auto const installed = co_await install(set, request.task, sink);
  if (!installed) co_return installed.error();
  co_return place;
}

}  // namespace ropewalk

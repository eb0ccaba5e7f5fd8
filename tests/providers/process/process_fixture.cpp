#include "tests/providers/process/process_fixture.hpp"

#include "engine/base/json.hpp"
#include "providers/process/process_tree.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ropewalk {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

Async<> RecordingSink::log(LogLine line) {
  lines.push_back(std::move(line));
  if (on_line) on_line(lines.back());
  co_return;
}

std::vector<std::string> RecordingSink::texts(LogLevel level) const {
  std::vector<std::string> out;
  for (auto const& line : lines)
    if (line.level == level) out.push_back(line.text);
  return out;
}

void ProcessFixture::SetUp() {
  std::string pattern = (fs::temp_directory_path() / "ropewalk-test-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
  options_.work_root = (folder_ / "work").string();
  use(options_);
}

void ProcessFixture::use(ProcessOptions options) {
  close();
  options_ = std::move(options);
  launcher_ = std::make_unique<Launcher>(io_.get_executor());
  runner_ = std::make_unique<ProcessRunner>(*launcher_, options_);
}

void ProcessFixture::close() {
  if (!launcher_) return;
  bool is_closed = false;
  auto const close_both = [](ProcessRunner& runner, Launcher& launcher) -> Async<> {
    co_await runner.close();
    co_await launcher.close();
  };
  asio::co_spawn(io_, close_both(*runner_, *launcher_), [&](std::exception_ptr fault) {
    EXPECT_FALSE(fault);
    is_closed = true;
  });
  wait_until([&] { return is_closed; });
  runner_.reset();
  launcher_.reset();
}

void ProcessFixture::TearDown() {
  close();
  EXPECT_TRUE(is_work_root_empty()) << "a folder of an attempt was left behind";
  fs::remove_all(folder_);
}

bool ProcessFixture::is_work_root_empty() const {
  return !fs::exists(options_.work_root) || fs::is_empty(options_.work_root);
}

AttemptRequest ProcessFixture::make_request(std::string const& type, std::string_view config_json)
    const {
  AttemptRequest request;
  request.execution = ExecutionId::make(Instant{}, {1, 2}, 0, 1);
  request.task = "x";
  request.type = type;
  request.idempotency_key = "key/x/1";
  request.config = json_of(config_json).as_object();
  request.directory = folder_.string();
  request.context = [] { return std::string(R"({"variables":{"team":"support"}})"); };
  return request;
}

std::unique_ptr<StartedAttempt> ProcessFixture::start(AttemptRequest request) {
  auto run = std::make_unique<StartedAttempt>();
  auto* const raw = run.get();
  auto done = [raw](std::exception_ptr const& fault, AttemptOutcome outcome) {
    raw->fault = fault;
    raw->outcome = std::move(outcome);
  };
  asio::co_spawn(
      io_,
      runner_->run(std::move(request), run->sink),
      asio::bind_cancellation_slot(run->cancel.slot(), done)
  );
  return run;
}

void ProcessFixture::wait_until(
    std::function<bool()> const& condition, std::chrono::seconds limit
) {
  auto const give_up_at = Steady::now() + limit;
  while (!condition()) {
    ASSERT_LT(Steady::now(), give_up_at) << "what was waited for did not happen";
    io_.restart();
    io_.run_one_for(5ms);
  }
}

AttemptOutcome ProcessFixture::wait(StartedAttempt& run) {
  wait_until([&] { return run.outcome.has_value(); });
  if (run.fault) std::rethrow_exception(run.fault);
  return run.outcome.value_or(AttemptOutcome{});
}

void ProcessFixture::cancel(StartedAttempt& run) {
  bool is_done = false;
  asio::post(io_, [&] {
    if (!run.outcome) run.cancel.emit(asio::cancellation_type::terminal);
    is_done = true;
  });
  wait_until([&] { return is_done; });
}

AttemptOutcome ProcessFixture::run(std::string const& type, std::string_view config_json) {
  last_ = start(make_request(type, config_json));
  return wait(*last_);
}

AttemptOutcome ProcessFixture::command(std::vector<std::string> const& argv) {
  json::array list;
  for (auto const& argument : argv) list.emplace_back(argument);
  return run("command", to_text(json::object{{"command", std::move(list)}}));
}

std::vector<pid_t> find_processes(std::string_view variable) {
  std::vector<pid_t> out;
  for (auto const& process : list_processes()) {
    if (process.is_zombie) continue;
    std::ifstream file("/proc/" + std::to_string(process.pid) + "/environ");
    std::stringstream text;
    text << file.rdbuf();
    if (text.str().find(variable) != std::string::npos) out.push_back(process.pid);
  }
  return out;
}

bool is_alive(pid_t pid) {
  auto const process = read_process(pid);
  return process.pid != 0 && !process.is_zombie;
}

std::size_t open_files_count() {
  fs::directory_iterator const files("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

json::value json_of(std::string_view text) {
  return parse_json(text).value();
}

json::value output_of(AttemptOutcome const& outcome) {
  if (outcome.output) return *outcome.output;
  ADD_FAILURE() << to_text(to_json(outcome.output.error()));
  return nullptr;
}

Error error_of(AttemptOutcome const& outcome) {
  if (!outcome.output) return outcome.output.error();
  ADD_FAILURE() << "succeeded with " << to_text(*outcome.output);
  return {};
}

}  // namespace ropewalk

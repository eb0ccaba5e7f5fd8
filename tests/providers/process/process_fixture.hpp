#pragma once
// A shard with a launcher and a runner, and what tests ask of them. Every wait is for a condition
// and has a deadline.

#include "engine/async/async.hpp"
#include "providers/process/process_runner.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk {

/// Keeps the lines of an attempt.
class RecordingSink final : public AttemptSink {
 public:
  Async<> log(LogLine line) override;

  std::vector<LogLine> lines{};
  std::function<void(LogLine const&)> on_line{};

  /// The texts of the lines of `level`.
  std::vector<std::string> texts(LogLevel level) const;
};

/// One attempt that a test has started.
struct StartedAttempt {
  RecordingSink sink{};
  asio::cancellation_signal cancel{};
  std::optional<AttemptOutcome> outcome{};
  std::exception_ptr fault{};
};

class ProcessFixture : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Starts anew with other options.
  void use(ProcessOptions options);

  AttemptRequest make_request(std::string const& type, std::string_view config_json) const;
  std::unique_ptr<StartedAttempt> start(AttemptRequest request);
  /// Lets the shard work until `condition` holds; a test failure after `limit`.
  void wait_until(
      std::function<bool()> const& condition, std::chrono::seconds limit = std::chrono::seconds(20)
  );
  AttemptOutcome wait(StartedAttempt& run);
  /// Emits on the shard, as its owner would: from outside the emission is posted, and outlives the
  /// signal.
  void cancel(StartedAttempt& run);
  AttemptOutcome run(std::string const& type, std::string_view config_json);
  AttemptOutcome command(std::vector<std::string> const& argv);
  AttemptOutcome shell(std::string const& line) { return command({"sh", "-c", line}); }

  std::string const& root() const { return options_.work_root; }
  /// True when no attempt's folder is left.
  bool is_work_root_empty() const;

  asio::io_context io_{1};
  std::filesystem::path folder_{};
  ProcessOptions options_{};
  std::unique_ptr<Launcher> launcher_{};
  std::unique_ptr<ProcessRunner> runner_{};
  std::unique_ptr<StartedAttempt> last_{};  // of run(), command() and shell()

 private:
  void close();
};

/// Processes whose environment holds NAME=value, zombies left out.
std::vector<pid_t> find_processes(std::string_view variable);
bool is_alive(pid_t pid);
std::size_t open_files_count();
boost::json::value json_of(std::string_view text);
/// The output, or a test failure that shows the error.
boost::json::value output_of(AttemptOutcome const& outcome);
/// The error, or a test failure that shows the output.
Error error_of(AttemptOutcome const& outcome);

}  // namespace ropewalk

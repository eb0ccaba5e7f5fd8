#pragma once
// An HttpRunner with files, secrets and a network that a test made up, and the loopback interface
// allowed.

#include "providers/http/task/http_runner.hpp"
#include "tests/engine/async/run_coro.hpp"
#include "tests/providers/support/scripted_server.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ropewalk::http {

namespace json = boost::json;

using test::RepliesInTurn;
using test::ScriptedConnection;
using test::ScriptedServer;

class MemoryFolder final : public WorkflowFolder {
 public:
  Async<Result<std::string>> read(std::string, std::string path, std::size_t bytes_max) override;
  Async<Result<std::unique_ptr<FileWriter>>> write(std::string, std::string path) override;

  std::map<std::string, std::string> files{};
  std::size_t begun_count = 0;    // files
  std::size_t dropped_count = 0;  // that were not finished
  std::size_t largest_write = 0;  // bytes
};

class MemorySecrets final : public SecretSource {
 public:
  Async<Result<std::string>> secret(std::string name) override;
  std::shared_ptr<SecretMask const> mask() override { return nullptr; }
  std::map<std::string, std::string> values{};
};

class QuietSink final : public AttemptSink {
 public:
  Async<> log(LogLine line) override {
    lines.push_back(line.text);
    co_return;
  }
  void waiting(std::string reason) override { waits.push_back(std::move(reason)); }

  std::vector<std::string> lines{};
  std::vector<std::string> waits{};
};

/// What surrounds the attempts of a test.
struct World {
  std::string type = "http";
  std::vector<std::string> allow{"127.0.0.0/8"};
  HttpClientOptions client{};
  MemoryFolder folder{};
  MemorySecrets secrets{};
  QuietSink sink{};
  std::string context = "{}";
  std::vector<SecretText> texts{};  // whose secrets were put in already
  std::shared_ptr<SecretMask const> mask{};
  std::size_t output_bytes_max = 1024 * 1024;
  Duration cancel_after{};  // zero: never

  /// Runs attempts of tasks with these fields, as they stand in a file, on one runner, one after
  /// the other.
  std::vector<AttemptOutcome> run_all(std::vector<json::value> const& tasks);
  AttemptOutcome run(json::value const& task);
  /// Of an attempt that must succeed.
  json::value output(json::value const& task);
  /// Of an attempt that must fail.
  Error error(json::value const& task);
};

/// The problems of a task as it stands in a file: "field: code".
std::vector<std::string> problems_of(json::value const& task);

/// JSON with ' for ".
json::value js(std::string text);

/// A whole answer.
std::string reply(
    unsigned status,
    std::string_view body,
    std::string_view type = "application/json",
    std::string_view extra_headers = {}
);

}  // namespace ropewalk::http

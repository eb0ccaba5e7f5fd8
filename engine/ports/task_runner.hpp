#pragma once
// Port: who carries out one attempt of one task.
//
// Implementations live in providers/ and never see an execution, only what an attempt needs. All calls happen on the
// execution's home shard; a runner that works elsewhere hops and comes back.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk {

enum class LogLevel : unsigned char { debug, info, warn, error };
std::string_view to_string(LogLevel level);
std::optional<LogLevel> parse_log_level(std::string_view text);

struct LogLine {
  LogLevel level = LogLevel::info;
  std::string text{};        // valid UTF-8, no line end, no NUL
  bool is_continued = false; // the line was longer than the limit: this part does not end it
};

/// What one attempt works on. Everything is rendered: no `${{ }}` is left.
struct AttemptRequest {
  ExecutionId execution{};
  std::string task{};
  std::uint32_t attempt = 1;
  std::string type{};
  std::string idempotency_key{};     // "<execution>/<task>/<attempt group>": the same for every retry of the same run of the task
  boost::json::object config{};      // the task's own fields; `env` is an object of strings
  std::string directory{};           // where the workflow file stands, absolute; empty when it came over the wire
  /// ExecutionContext as JSON text (DESIGN §5); may be called at most once, before the runner first suspends.
  std::function<std::string()> context{};
};

struct AttemptOutcome {
  Result<boost::json::value> output{boost::json::value{}};
  boost::json::value usage{};        // {"userCpuMs",…}: what the attempt cost; null when there is nothing to tell
};

/// Takes what an attempt says while it runs.
class AttemptSink {
 public:
  virtual ~AttemptSink() = default;
  /// Returns when there is room for more: awaiting it is what slows a child's pipe down (DESIGN §6). Keeps order.
  virtual Async<> log(LogLine line) = 0;
};

class TaskRunner {
 public:
  virtual ~TaskRunner() = default;
  /// Runs one attempt to its end. On terminal cancellation it stops what it started (politely first, then by force, within
  /// its own grace time), waits for that, and still returns: the engine knows why it cancelled and ignores the outcome.
  /// Never throws for what the task did. `sink` outlives the call.
  virtual Async<AttemptOutcome> run(AttemptRequest request, AttemptSink& sink) = 0;
};

}  // namespace ropewalk

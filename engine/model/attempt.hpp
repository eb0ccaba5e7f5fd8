#pragma once
// One try at one task: what it is given, and how it ended.

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace ropewalk {

/// What one attempt works on. Everything is rendered: no `${{ }}` is left.
struct AttemptRequest {
  ExecutionId execution{};
  std::string task{};
  std::uint32_t attempt = 1;
  std::string type{};
  std::string idempotency_key{};  // "<execution>/<task>/<attempt group>": the same for every retry
                                  // of the same run of the task
  boost::json::object config{};   // the task's own fields; `env` is an object of strings
  std::string
      directory{};  // where the workflow file stands, absolute; empty when it came over the wire
  std::uint64_t log_bytes_used = 0;  // what earlier attempts of the task took of its log's limit
  /// ExecutionContext as JSON text (DESIGN §5); may be called at most once, before the runner first
  /// suspends.
  std::function<std::string()> context{};
};

struct AttemptOutcome {
  Result<boost::json::value> output{boost::json::value{}};
  boost::json::value
      usage{};  // {"userCpuMs",…}: what the attempt cost; null when there is nothing to tell
};

}  // namespace ropewalk

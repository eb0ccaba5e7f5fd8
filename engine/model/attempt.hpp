#pragma once
// One try at one task: what it is given, and how it ended.

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/secret_mask.hpp"
#include "engine/model/secret_text.hpp"
#include "engine/model/spend.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk {

/// What one attempt works on. Everything is rendered: no `${{ }}` is left.
struct AttemptRequest {
  ExecutionId execution{};
  std::string task{};
  std::uint32_t attempt = 1;
  std::uint32_t tries = 1;  // without those that an end of the server cut short
  std::uint32_t depth = 0;  // of the execution, in executions that started others
  std::string type{};
  std::string idempotency_key{};  // "<execution>/<task>/<attempt group>": the same for every retry
                                  // of the same run of the task
  boost::json::object config{};   // the task's own fields; `env` is an object of strings
  /// Texts in `config` whose secrets are still to be put in: until then signs stand there.
  std::vector<SecretText> secrets{};
  /// What must not be in anything that the attempt tells; null: nothing. The engine sets neither:
  /// see SecretRunner.
  std::shared_ptr<SecretMask const> mask{};
  std::string
      directory{};  // where the workflow file stands, absolute; empty when it came over the wire
  std::string workflow{};                       // its name
  std::map<std::string, std::string> labels{};  // of the execution
  WorkflowBudget budget{};                      // what is shared with other attempts
  std::int32_t priority = 50;                   // the task's, or what it falls back to
  bool approved = false;  // a person let the task go on after it was held (AttemptOutcome::hold)
  /// Where its result may be found, and is to be kept; empty: it is not cached.
  std::string cache_key{};
  std::chrono::microseconds cache_ttl{};
  bool cache_is_written_only = false;  // what is there was not good enough the last time
  std::uint64_t log_bytes_used = 0;    // what earlier attempts of the task took of its log's limit
  /// ExecutionContext as JSON text (DESIGN §5); may be called at most once, before the runner first
  /// suspends.
  std::function<std::string()> context{};
};

/// An attempt asks for another task of its workflow to be run as its tool.
struct TaskCall {
  std::string task{};              // one that its own task names (TaskType::called_tasks)
  boost::json::value arguments{};  // what the called task's expressions see as `args`
};

/// What a person makes of a task that has failed and waits for one (onFailure: pause).
enum class Resolve : unsigned char { retry, skip, fail, complete };

struct AttemptOutcome {
  Result<boost::json::value> output{boost::json::value{}};
  boost::json::value
      usage{};  // {"userCpuMs",…}: what the attempt cost; null when there is nothing to tell
  boost::json::value detail{};  // what people look at afterwards; null when there is nothing
  std::vector<Spend> spend{};   // paid for, however the attempt ended
  /// The server ends, and the runner has let go for that: what it waited for is waited for again.
  bool is_interrupted = false;
  /// Set: the task must not go on without a person (a budget is used up, …). It waits again, the
  /// execution is paused for this reason, and `output` counts for nothing.
  std::optional<Error> hold{};
};

}  // namespace ropewalk

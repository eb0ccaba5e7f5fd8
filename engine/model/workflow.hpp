#pragma once
// A workflow as the engine runs it: checked, its expressions compiled, its graph laid out in flat
// arrays.
//
// Immutable once loaded and shared by every execution of its version on every shard. Tasks are
// numbered in the order of the file; a task's number (TaskIndex) means something only inside one
// Workflow object, its id is what is stored and shown.

#include "engine/base/time.hpp"
#include "engine/model/cel/expression.hpp"
#include "engine/model/cel/json_template.hpp"
#include "engine/model/cel/template.hpp"
#include "engine/model/graph.hpp"
#include "engine/model/spend.hpp"
#include "engine/model/task_type.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ropewalk {

/// Which error classes are tried again: one bit a class.
using ErrorClassSet = std::uint8_t;
constexpr ErrorClassSet error_class_bit(ErrorClass c) {
  return static_cast<ErrorClassSet>(1U << static_cast<unsigned>(c));
}

struct ExitCodeRange {
  int first = 0;
  int last = 0;  // inclusive
};

/// DESIGN §5. The delay before try n+1 is min(max_delay, initial_delay · backoff_factor^(n-1)),
/// jittered.
struct RetryConfig {
  std::uint32_t max_attempts = 1;
  double backoff_factor = 2;
  Duration initial_delay = std::chrono::seconds(1);
  Duration max_delay = std::chrono::minutes(1);
  double jitter = 0.2;  // share of the delay that is drawn at random, 0..1
  ErrorClassSet on = error_class_bit(ErrorClass::transient) | error_class_bit(ErrorClass::resource);
  std::vector<ExitCodeRange>
      on_exit_codes{};  // not empty: an exit code is tried again if and only if it is in here
};

/// What one attempt holds while it runs: `amount` units of the pool `pool` ("default", "gpu",
/// "cpu", "memory", …). cpu is counted in thousandths of a core, memory in bytes, every other pool
/// in slots.
struct PoolNeed {
  std::string pool{};
  std::uint64_t amount = 1;
  bool operator==(PoolNeed const&) const = default;
};

/// The fields that most tasks leave alone; tasks with equal options share one object.
struct TaskOptions {
  std::string description{};
  std::optional<std::int32_t> priority{};   // 0..100; absent: the execution's
  std::optional<Duration> timeout{};        // one attempt
  std::optional<Duration> deadline{};       // the task, with its retries and waits between them
  std::optional<Duration> queue_timeout{};  // the wait for a slot
  RetryConfig retry{};
  /// Sorted by pool. Those of a task that calls others
  /// cover what its calls need, so that one of them can always run (docs/workflow.md).
  std::vector<PoolNeed> needs{};
  std::optional<cel::Expression> when{};
  std::optional<cel::Expression> fail_when{};
  bool allow_failure = false;
  bool pause_on_failure = false;  // onFailure: pause, of this task alone
};

/// What an item that has failed means for the others.
enum class OnItemFailure : unsigned char {
  stop,    // no more of them begin, the task fails when those under way have ended
  finish,  // all of them run, then the task fails
  ignore,  // all of them run, its place in the results is null
};

/// `forEach`: the task runs once an item of a list, each run an instance of its own ("resize[0]").
struct ForEach {
  cel::JsonTemplate items{};
  std::uint32_t parallel_max = 100;
  OnItemFailure on_failure = OnItemFailure::stop;
};

/// One way on from a `switch` task.
struct SwitchCase {
  std::string name{};  // what the task's output calls it
  cel::Expression when;
};

/// `cache: {key, ttl}`: a result is used again by whoever comes to the same key in time.
struct ResultCaching {
  cel::Expression key;
  Duration ttl{};
  std::string scope{};  // the workflow, the task and its definition: what the key holds within
};

struct TaskDef {
  std::string id{};
  TaskType const* type = nullptr;
  std::shared_ptr<TaskOptions const> options{};
  std::shared_ptr<ForEach const> for_each{};               // null: it runs once
  std::shared_ptr<std::vector<SwitchCase> const> cases{};  // of a `switch` only
  std::shared_ptr<ResultCaching const> caching{};          // null: it runs anew each time
  cel::JsonTemplate config{};  // the type's own fields and `env`, as an object
  bool is_template = false;    // run by calls of other tasks only, an instance a call
  bool is_final = false;       // of `finally`: runs when all others have ended, however they did
};

enum class OnLimit : unsigned char { queue, reject, cancel_oldest };
enum class OnFailure : unsigned char { finish, cancel, pause };

/// How many executions of this workflow (with the same key) may run at once.
struct ConcurrencyLimit {
  std::uint32_t limit = 1;
  std::optional<cel::Template> key{};
  OnLimit on_limit = OnLimit::queue;
};

/// How many executions (with the same key) may begin within a time.
struct StartRate {
  std::uint32_t limit = 1;
  Duration per{};
  std::optional<cel::Template> key{};
  bool queues = false;  // one too many begins later; else it is refused
};

/// Of calls that follow each other closely (with the same key) only the last one runs.
struct StartDebounce {
  Duration delay{};
  Duration longest{};  // after the first of them one runs at the latest
  std::optional<cel::Template> key{};
};

/// While one (with the same key) runs, no other begins.
struct StartSingleton {
  std::optional<cel::Template> key{};
  bool gives_running = false;  // the caller gets the one that runs; else an error
};

class JsonSchema;  // engine/model/json_schema.hpp

struct Workflow {
  std::string name{};
  std::string description{};
  boost::json::object document{};  // the definition as it was given, as JSON
  boost::json::object variables{};
  std::shared_ptr<JsonSchema const> inputs{};  // null: any inputs
  boost::json::object input_defaults{};        // `default` of the schema's top-level properties
  std::optional<ConcurrencyLimit> concurrency{};
  std::optional<StartRate> rate_limit{};
  std::optional<StartDebounce> debounce{};
  std::optional<StartSingleton> singleton{};
  WorkflowBudget budget{};
  std::map<std::string, std::string>
      labels{};  // of its executions, beneath those given when they start
  std::int32_t priority = 50;
  OnFailure on_failure = OnFailure::finish;
  std::vector<TaskDef> tasks{};
  Graph graph{};
  std::vector<cel::Expression> edge_conditions{};  // what Edge::condition points into

  std::optional<TaskIndex> find(std::string_view task_id) const;
  std::unordered_map<std::string_view, TaskIndex> index_by_id{};  // views of tasks[i].id
};

/// Letters, digits, '_', '.' and '-', at most 128.
bool is_workflow_name(std::string_view text);

/// What a version's hash is taken over: the definition with sorted keys.
std::string canonical_text(Workflow const& workflow);

struct WorkflowLimits {
  std::size_t bytes_max = 256 * 1024 * 1024;  // of the text; the server's limits.workflowBytes
  std::size_t nodes_max = 20'000'000;  // values and keys of the document: what bounds its memory
  std::size_t tasks_max = 1'000'000;
  std::size_t edges_max = 10'000'000;
  std::size_t depth_max = 32;
};

struct LoadedWorkflow {
  std::shared_ptr<Workflow const> workflow{};  // null when one of them is more than a warning
  std::vector<Problem>
      problems{};  // sorted by place; at most 1,000, the last one says how many more
};

enum class TextFormat : unsigned char {
  detect,
  yaml,
  json
};  // detect: JSON when the first sign is '{'

/// Reads, checks and compiles a definition. All problems at once. `types` must outlive the
/// workflow.
LoadedWorkflow load_workflow(
    std::string_view text,
    TaskTypes const& types,
    WorkflowLimits const& limits = {},
    TextFormat format = TextFormat::detect
);
/// Text, not a JSON string: without this one a literal could be either.
inline LoadedWorkflow load_workflow(
    char const* text,
    TaskTypes const& types,
    WorkflowLimits const& limits = {},
    TextFormat format = TextFormat::detect
) {
  return load_workflow(std::string_view(text), types, limits, format);
}
/// The same from JSON that was already read (an inline definition in a request): problems carry
/// paths, no lines.
LoadedWorkflow load_workflow(
    boost::json::value const& document, TaskTypes const& types, WorkflowLimits const& limits = {}
);

/// Fills in defaults and checks `inputs` against the workflow's schema. Errors: invalid_inputs,
/// with every violation in detail.
Result<boost::json::object> accept_inputs(Workflow const& workflow, boost::json::object inputs);

}  // namespace ropewalk

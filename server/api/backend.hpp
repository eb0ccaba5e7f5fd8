#pragma once
// What the API needs from below, seen from one shard: handlers and WebSocket sessions are written
// against this, the node implements it, tests fake it.
//
// Shard: every call on the shard that the backend belongs to.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/model/signals.hpp"
#include "engine/model/status.hpp"
#include "engine/model/workflow.hpp"
#include "engine/runtime/engine.hpp"
#include "server/stream/stored_text.hpp"
#include "sql/store_types.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ropewalk::server {

/// A definition that came with its request.
struct InlineDefinition {
  std::string text{};  // JSON, in the order of its author
  std::string hash{};  // of its canonical form, which has no order
};

struct StartRequest {
  std::string workflow{};  // "name" or "name@version"; empty: `definition` holds it
  InlineDefinition definition{};
  boost::json::object inputs{};
  std::optional<std::int32_t> priority{};
  std::map<std::string, std::string> labels{};
  std::string directory{};
  std::optional<ParentTask> parent{};
  std::string idempotency_key{};
  std::string
      body_hash{};  // of the request, to tell a repeat from another request with the same key
};

/// An execution that goes on from the results of another one. What is absent is as it was there.
struct ReplayRequest {
  std::vector<std::string> from{};                 // tasks that run again; empty: those that failed
  std::optional<boost::json::object> inputs{};     // over those of the other one
  std::optional<boost::json::object> variables{};  // over those of the workflow
  std::string workflow{};                          // "name" or "name@version"
  InlineDefinition definition{};                   // or this one
  std::string idempotency_key{};
  std::string body_hash{};  // as in StartRequest
};

struct Started {
  ExecutionId id{};
  bool is_repeat =
      false;  // the idempotency key had been used: this is the first answer's execution
};

struct Page {
  boost::json::array items{};
  std::string next{};  // cursor; empty: that was all
};

struct ExecutionFilter {
  std::vector<Status> statuses{};  // any of them; empty: all
  std::string workflow{};
  std::vector<std::pair<std::string, std::string>> labels{};
};

/// Events as lines of JSON objects. `last_seq` is 0 when there are none.
struct EventPage {
  std::string frames{};
  std::uint64_t last_seq = 0;
  bool has_more = false;
};

struct LivePlace {
  std::uint64_t last_seq = 0;
  Status status = Status::pending;
  bool has_ended_tasks = false;  // it is possible: texts() may know some
};

class Backend {
 public:
  virtual ~Backend() = default;

  /// Runs `work`, which takes longer the more `bytes` it goes through, where it holds nobody up; at
  /// once when they are few. `work` belongs to the caller and must not touch what belongs to a
  /// shard.
  virtual Async<> run_aside(std::size_t bytes, std::function<void()> const& work) = 0;

  // Workflows. Their views: {"name","version","hash","description","createdAt","definition"?}
  virtual Async<LoadedWorkflow> load(std::string text, TextFormat format) = 0;
  struct Stored {
    boost::json::object view{};
    bool is_new = false;  // false: the same definition is the latest version already
  };
  virtual Async<Result<Stored>> put_workflow(std::shared_ptr<Workflow const> workflow) = 0;
  /// version 0: the latest. Errors: not_found.
  virtual Async<Result<boost::json::object>> get_workflow(
      std::string name, std::int32_t version
  ) = 0;
  virtual Async<Result<Page>> list_workflows(std::string after, std::uint32_t limit) = 0;
  virtual Async<Result<Page>> list_versions(
      std::string name, std::string after, std::uint32_t limit
  ) = 0;

  // Executions.
  /// Errors: not_found (workflow), invalid_workflow (its problems in detail), invalid_inputs,
  /// idempotency_mismatch, concurrency_limit, too_large, overloaded, shutting_down,
  /// database_unavailable.
  virtual Async<Result<Started>> start(StartRequest request) = 0;
  /// The execution with all its tasks, attempts and outputs. Errors: not_found.
  virtual Async<Result<boost::json::object>> get_execution(ExecutionId id) = 0;
  /// One task, or one call of a task ("lookup[1]"), with what its attempts left behind. Errors:
  /// not_found.
  virtual Async<Result<boost::json::object>> get_task(ExecutionId id, std::string task) = 0;
  virtual Async<Result<Page>> list_executions(
      ExecutionFilter filter, std::string after, std::uint32_t limit
  ) = 0;
  /// Errors: not_found, already_ended, not_here.
  virtual Async<Result<>> command(ExecutionId id, Command command) = 0;
  /// What becomes of a task that has failed and waits for a person. Errors: not_found,
  /// already_ended, not_here, unknown_task, not_waiting, output_too_large.
  virtual Async<Result<>> resolve(ExecutionId id, TaskResolution resolution) = 0;
  /// Errors: not_found, still_running, nothing_to_retry.
  virtual Async<Result<>> retry(ExecutionId id) = 0;
  /// Errors: not_found, unknown_task, invalid_argument, those of start().
  virtual Async<Result<Started>> replay(ExecutionId id, ReplayRequest request) = 0;
  /// Where two executions differ (execution_diff.hpp). Errors: not_found.
  virtual Async<Result<boost::json::object>> diff(ExecutionId first, ExecutionId second) = 0;
  /// Errors: not_found, already_ended, not_here, those of Execution::signal.
  virtual Async<Result<SignalFate>> signal(ExecutionId id, SignalCall call) = 0;
  /// Errors: not_found (execution or task), already_ended, not_here, those of Execution::decide.
  virtual Async<Result<>> decide(ExecutionId id, std::string task, Decision decision) = 0;
  /// Tasks that ask a person, those of the newest executions first: {"execution", "task",
  /// "workflow"} and what wait_view() says.
  virtual Async<Result<Page>> approvals(std::string after, std::uint32_t limit) = 0;
  /// Waits for the end; false when `limit` passed first. Errors: not_found.
  virtual Async<Result<bool>> wait_for_end(ExecutionId id, Duration limit) = 0;
  virtual Async<Result<LivePlace>> place(ExecutionId id) = 0;
  /// From the first event after `after` on, about `bytes_max` bytes.
  virtual Async<Result<EventPage>> events(
      ExecutionId id, std::uint64_t after, std::size_t bytes_max
  ) = 0;
  /// The same, log lines only; `task` empty: of all tasks.
  virtual Async<Result<EventPage>> logs(
      ExecutionId id, std::string task, std::uint64_t after, std::size_t bytes_max
  ) = 0;
  /// The texts that ended tasks streamed, a few at a time: of `task`, or (empty) of all tasks whose
  /// ids come after `after`, in their order. Nothing: that was all.
  virtual Async<Result<std::vector<StoredText>>> texts(
      ExecutionId id, std::string task, std::string after
  ) = 0;
  virtual Async<Result<boost::json::value>> why(ExecutionId id, std::string task) = 0;
  /// Its definition, for the graph, and the status of each task by id.
  struct GraphSource {
    std::shared_ptr<Workflow const> workflow{};
    std::map<std::string, Status, std::less<>> statuses{};
    std::vector<std::pair<std::string, std::string>> calls{};  // ids of instances and their callers
  };
  virtual Async<Result<GraphSource>> graph(ExecutionId id) = 0;

  // The node.
  virtual Async<Result<boost::json::value>> pools() = 0;
  virtual Async<Result<>> set_capacity(std::string pool, std::uint64_t capacity) = 0;
  virtual Async<Result<boost::json::array>> nodes() = 0;
  /// The providers of models: settings without secrets, limits and how far they are used on this
  /// node.
  virtual Async<boost::json::array> providers() = 0;
  /// Deletes executions that ended longer ago than `age`, and what was spent longer ago than
  /// `costs_age` if that is given; how much of what.
  virtual Async<Result<boost::json::object>> prune(
      Duration age, std::optional<Duration> costs_age
  ) = 0;
  /// What calls to paid services cost, by day, workflow or model.
  struct CostQuery {
    sql::SpendGroup by = sql::SpendGroup::day;
    Instant from{};
    Instant to{};
    std::uint32_t limit = 1000;
  };
  virtual Async<Result<boost::json::array>> costs(CostQuery query) = 0;
  /// Errors: database_unavailable, shutting_down.
  virtual Async<Result<>> ready() = 0;
  virtual Async<std::string> metrics() = 0;
};

}  // namespace ropewalk::server

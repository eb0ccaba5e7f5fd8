#pragma once
// The Backend of one shard of a real node: the store for what is written down, the engines for what
// is live.

#include "server/api/backend.hpp"

#include <string>
#include <vector>

namespace ropewalk {
class AdmissionService;
namespace sql {
class Store;
}
}  // namespace ropewalk

namespace ropewalk::server {

struct NodeCommon;
class NodeShard;

class NodeBackend : public Backend {
 public:
  /// `all` is filled by the time of the first call; the admission service is set by then.
  NodeBackend(
      NodeCommon& common,
      NodeShard& shard,
      std::vector<NodeShard*> const& all,
      AdmissionService*& admission
  )
      : common_(common), shard_(shard), all_(all), admission_(admission) {}

  Async<> run_aside(std::size_t bytes, std::function<void()> const& work) override;
  Async<LoadedWorkflow> load(std::string text, TextFormat format) override;
  Async<Result<Stored>> put_workflow(std::shared_ptr<Workflow const> workflow) override;
  Async<Result<boost::json::object>> get_workflow(std::string name, std::int32_t version) override;
  Async<Result<Page>> list_workflows(std::string after, std::uint32_t limit) override;
  Async<Result<Page>> list_versions(std::string name, std::string after, std::uint32_t limit)
      override;

  Async<Result<Started>> start(StartRequest request) override;
  Async<Result<boost::json::object>> get_execution(ExecutionId id) override;
  Async<Result<boost::json::object>> get_task(ExecutionId id, std::string task) override;
  Async<Result<Page>> list_executions(
      ExecutionFilter filter, std::string after, std::uint32_t limit
  ) override;
  Async<Result<>> command(ExecutionId id, Command command) override;
  Async<Result<>> resolve(ExecutionId id, TaskResolution resolution) override;
  Async<Result<>> retry(ExecutionId id) override;
  Async<Result<Started>> replay(ExecutionId id, ReplayRequest request) override;
  Async<Result<boost::json::object>> diff(ExecutionId first, ExecutionId second) override;
  Async<Result<SignalFate>> signal(ExecutionId id, SignalCall call) override;
  Async<Result<>> decide(ExecutionId id, std::string task, Decision decision) override;
  Async<Result<Page>> approvals(std::string after, std::uint32_t limit) override;
  Async<Result<bool>> wait_for_end(ExecutionId id, Duration limit) override;
  Async<Result<LivePlace>> place(ExecutionId id) override;
  Async<Result<EventPage>> events(ExecutionId id, std::uint64_t after, std::size_t bytes_max)
      override;
  Async<Result<EventPage>> logs(
      ExecutionId id, std::string task, std::uint64_t after, std::size_t bytes_max
  ) override;
  Async<Result<std::vector<StoredText>>> texts(ExecutionId id, std::string task, std::string after)
      override;
  Async<Result<boost::json::value>> why(ExecutionId id, std::string task) override;
  Async<Result<GraphSource>> graph(ExecutionId id) override;

  Async<Result<boost::json::value>> pools() override;
  Async<Result<>> set_capacity(std::string pool, std::uint64_t capacity) override;
  Async<Result<boost::json::array>> nodes() override;
  Async<boost::json::array> providers() override;
  Async<Result<boost::json::object>> prune(Duration age, std::optional<Duration> costs_age)
      override;
  Async<Result<boost::json::array>> costs(CostQuery query) override;
  Async<Result<>> ready() override;
  Async<std::string> metrics() override;

 private:
  /// What an execution is to run.
  struct Definition {
    std::shared_ptr<Workflow const> workflow{};
    std::string hash{};
    std::int32_t version = 0;
  };
  Async<Result<Definition>> find_definition(
      std::string const& workflow, InlineDefinition definition
  );
  Async<Result<Definition>> find_stored(std::string const& reference);
  Async<Result<Definition>> take_inline(InlineDefinition definition);
  // node_starts.cpp
  /// What the workflow's rateLimit, debounce and singleton say about an execution that is to be.
  struct StartPlan {
    std::optional<Started> instead{};  // the caller gets this one
    std::optional<StartHold> hold{};
    std::optional<ExecutionId> supersedes{};
    std::string singleton{};  // the group whose place it has
  };
  /// Errors: rate_limited, already_running, invalid_inputs (a key cannot be evaluated), those of
  /// the database.
  Async<Result<StartPlan>> plan_start(
      std::shared_ptr<Workflow const> workflow, boost::json::object const& inputs, ExecutionId id
  );
  Async<Result<StartPlan>> take_singleton(
      StartPlan plan, StartSingleton rule, std::string group, ExecutionId id
  );
  Async<Result<StartPlan>> take_rate(
      StartPlan plan, StartRate rule, std::string group, ExecutionId id
  );
  Async<Result<StartPlan>> take_debounce(
      StartPlan plan, StartDebounce rule, std::string group, ExecutionId id
  );
  /// After the execution was accepted, or not.
  Async<> finish_start(StartPlan plan, ExecutionId id, bool is_accepted);

  /// Where it goes on from; neither is set for one that begins by itself.
  struct Origin {
    std::optional<ExecutionId> replay_of{};
    std::vector<ReusedTask> reused{};
  };
  /// What an Idempotency-Key has started; nullopt: nothing yet, or there is none.
  Async<Result<std::optional<Started>>> first_start(std::string key, std::string body_hash);
  /// Checks the inputs, and starts it.
  Async<Result<Started>> accept(StartRequest request, Definition definition, Origin origin);
  Async<Result<Started>> submit(
      StartRequest request, Definition definition, Origin origin, ExecutionId id, bool is_repeat
  );
  Async<Result<Definition>> find_replayed(
      NewExecution const& source, std::shared_ptr<Workflow const> before, ReplayRequest& request
  );
  Async<Error> not_under_way(ExecutionId id);
  /// Errors: not_found (the execution, or the task in it).
  Async<Result<>> expect_task(ExecutionId id, std::string task);
  Async<bool> is_stored(ExecutionId id);
  /// Why an order to one that is not live here was not carried out.
  Async<Result<>> not_live(ExecutionId id);
  ExecutionId new_id();
  NodeShard& home_of(ExecutionId id) const;

  NodeCommon& common_;
  NodeShard& shard_;
  std::vector<NodeShard*> const& all_;
  AdmissionService*& admission_;
};

}  // namespace ropewalk::server

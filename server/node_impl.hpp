#pragma once
// The parts of a node and how they hang together. Only node*.cpp see this.
//
//   Node::Impl ── database, lease, supervisor (on shard 0)
//     └─ NodeShard, one a core ── pool, store, hub, API, front    (as long as the node)
//          └─ ShardWork ── journal, launcher, runner, engine          as long as one epoch of the
//          lease
//
// When the lease is lost, all work is dropped and a new epoch begins with new ShardWork;
// connections stay.

#include "engine/async/async_scope.hpp"
#include "engine/async/shard.hpp"
#include "engine/async/signal.hpp"
#include "engine/async/turns.hpp"
#include "engine/model/task_type.hpp"
#include "engine/runtime/admission_service.hpp"
#include "engine/runtime/cached_runner.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/secret_runner.hpp"
#include "engine/runtime/system_clock.hpp"
#include "providers/process/launcher.hpp"
#include "providers/process/process_runner.hpp"
#include "server/ai/shard_ai.hpp"
#include "server/api/api.hpp"
#include "server/api/secret_api.hpp"
#include "server/artifacts/artifact_api.hpp"
#include "server/blocking.hpp"
#include "server/child_runner.hpp"
#include "server/http/front.hpp"
#include "server/hub.hpp"
#include "server/node.hpp"
#include "server/node_backend.hpp"
#include "server/observe/metrics.hpp"
#include "server/secrets/shard_secrets.hpp"
#include "server/shard_http.hpp"
#include "server/stream/stream_server.hpp"
#include "server/triggers/hook_api.hpp"
#include "server/triggers/node_schedules.hpp"
#include "server/triggers/schedule_api.hpp"
#include "server/triggers/schedule_runner.hpp"
#include "server/workflow_cache.hpp"
#include "sql/data_lock.hpp"
#include "sql/hooks.hpp"
#include "sql/journal.hpp"
#include "sql/node_lease.hpp"
#include "sql/private_cluster.hpp"
#include "sql/response_cache.hpp"
#include "sql/schedules.hpp"
#include "sql/start_limits.hpp"
#include "sql/store.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk::server {

/// What the shards share. Immutable after start, or safe for any thread.
struct NodeCommon {
  explicit NodeCommon(Config wanted);

  Config config;
  std::unique_ptr<NodeAi> ai;            // made before anything runs, as is this:
  std::unique_ptr<NodeSecrets> secrets;  // destroyed after what logs
  TaskTypes types;
  SystemClock clock;
  Metrics metrics;
  WorkflowCache workflows;
  BlockingPool blocking;
  OriginCheck origin;
  ConnectionCounter connections;
  sql::ConnectOptions database;
  std::string data;  // absolute
  /// Where what tasks keep is kept.
  std::string artifact_root() const { return data + "/artifacts"; }
  /// Where libraries of scripts are installed.
  std::string package_root() const { return data + "/packages"; }
  Isolation isolation;  // what tasks can be given here; found out before anything runs
  std::atomic<std::int64_t> epoch{0};
  std::atomic<std::uint32_t> next_home{0};
  std::atomic<bool> stopping{false};
  /// What an epoch began with is adopted: before that, new work could take its places.
  std::atomic<bool> is_settled{false};
};

class NodeShard;

/// One epoch's work on a shard. Shared with calls that are under way when it ends.
struct ShardWork {
  ShardWork(NodeCommon& common, NodeShard& shard, AdmissionService& admission, std::int64_t owner);

  std::int64_t epoch;  // what its writes are fenced by
  sql::PostgresJournal journal;
  Launcher launcher;
  ProcessRunner runner;
  ShardAi ai;
  ShardHttp http;
  // Between the engine and each of the runners.
  SecretRunner guarded_process;
  SecretRunner guarded_ai;
  SecretRunner guarded_http;
  ChildRunner children;
  sql::PostgresResponseCache results;  // of tasks with `cache`
  CachedRunner cached_processes;
  CachedRunner cached_http;
  CachedRunner cached_children;
  Engine engine;
};

class NodeShard {
 public:
  NodeShard(
      NodeCommon& common,
      std::uint32_t index,
      std::vector<NodeShard*> const& all,
      AdmissionService*& admission
  );

  std::uint32_t index() { return shard.index(); }

  Shard shard;  // first: everything below lives on it
  sql::ConnectionPool pool;
  sql::Store store;
  ShardSecrets secrets;
  sql::StartLimits start_limits;
  Hub hub;
  std::shared_ptr<ShardWork> work;  // null between two epochs, and before and after them
  Turns<ExecutionId> turns;         // to bring an execution of this shard to life
  NodeBackend backend;
  sql::ScheduleStore schedule_store;
  ScheduleRunner schedule_runner;  // of the node: only the one of shard 0 runs
  NodeSchedules schedules;
  sql::HookStore hook_store;
  WorkflowApi workflow_api;
  ExecutionApi execution_api;
  HistoryApi history_api;
  StreamApi stream_api;
  NodeApi node_api;
  ArtifactApi artifact_api;
  SecretApi secret_api;
  ScheduleApi schedule_api;
  HookApi hook_api;
  Router router;
  StreamServer streams;
  Front front;
  AsyncScope scope;       // the front's run()
  AsyncScope work_scope;  // the engine's run()
};

class Node::Impl {
 public:
  explicit Impl(Config config) : common_(std::move(config)) {}
  ~Impl();

  // node_start.cpp: on the caller's thread, in this order.
  Result<> prepare_database();
  Result<> listen();
  Result<> launch();

  std::string const& url() const { return url_; }
  void request_stop();
  int wait();

 private:
  // node.cpp: on shard 0.
  Async<> supervise();
  /// One epoch: from registration until the lease is lost or a stop was asked for. True: begin
  /// another.
  Async<bool> run_epoch(sql::NodeLease& lease);
  Async<> start_work(std::int64_t epoch);
  Async<> end_work(Duration grace);
  Async<> open_doors();
  Async<> close_doors();
  Async<> run_lease(sql::NodeLease& lease);
  Async<> run_retention();
  void work_ended(Result<> how);
  void write_server_file() const;

  // node_recovery.cpp
  Async<Result<>> adopt_left(std::int64_t epoch);
  Async<Result<>> adopt_page(std::int64_t epoch, std::vector<LeftBehind> page);
  Async<> watch_adoption(sql::NodeLease& lease);

  NodeCommon common_;
  std::optional<sql::DataLock> lock_;
  std::unique_ptr<sql::PrivateCluster> cluster_;
  std::string node_id_;
  std::string url_;
  std::vector<std::unique_ptr<NodeShard>> shards_;
  std::vector<NodeShard*> shard_list_;
  std::optional<AdmissionService> admission_;
  AdmissionService* admission_place_ = nullptr;
  std::optional<Signal> wake_;    // shard 0: something of the below changed
  std::size_t work_running_ = 0;  // engines whose run() has not returned
  bool fenced_ = false;
  std::vector<LeftBehind> left_;  // became ours, to be adopted
  bool look_for_left_ = false;    // there may be more, whose names we do not know
  int stops_asked_ = 0;
  bool doors_open_ = false;
  std::promise<Result<>> ready_;
  bool ready_told_ = false;
  bool launched_ = false;
  bool waited_ = false;
  std::promise<int> ended_;
};

/// Of an execution that is adopted before it began (node_starts.cpp).
std::optional<StartHold> hold_of(NodeCommon const& common, sql::StartLimits::Wait const& wait);
/// REQUIRES: wait.superseded_by.
Error superseded_error(sql::StartLimits::Wait const& wait);

/// Loads a stored definition, from the cache if it is there. Errors: not_found, invalid_workflow,
/// those of the store.
Async<Result<std::shared_ptr<Workflow const>>> load_definition(
    NodeCommon& common, sql::Store& store, std::string hash
);

}  // namespace ropewalk::server

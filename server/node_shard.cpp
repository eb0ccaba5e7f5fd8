// Putting a shard together.
#include "providers/ai/ai_types.hpp"
#include "providers/http/task/http_types.hpp"
#include "providers/process/process_types.hpp"
#include "server/node_impl.hpp"
#include "server/observe/log.hpp"

#include <boost/asio/post.hpp>

#include <random>

namespace ropewalk::server {
namespace {

constexpr std::size_t cached_tasks_max = 4'000'000;

std::string listen_host(std::string const& listen) {
  if (listen.starts_with("unix:")) return "localhost";
  return std::string(host_without_port(listen));
}

sql::PostgresJournal::Options journal_options(
    NodeCommon& common, std::uint32_t shard, std::int64_t epoch
) {
  sql::PostgresJournal::Options out;
  out.connect = common.database;
  out.epoch = epoch;
  out.shard = static_cast<std::int32_t>(shard);
  auto* metrics = &common.metrics;
  out.observer.on_commit = [metrics](std::size_t count, Steady::duration time) {
    metrics->journal_committed(count, time);
  };
  out.observer.on_fenced = [metrics] { metrics->fenced_write(); };
  out.observer.on_wait = [shard](Error const& error, Steady::duration) {
    log::Fields fields;
    fields["shard"] = shard;
    fields["error"] = error.message;
    log::warn("the journal waits for the database", fields);
  };
  return out;
}

ProcessOptions process_options(NodeCommon const& common) {
  auto const& config = common.config;
  ProcessOptions out;
  out.work_root = common.data + "/work";
  out.pass_env = config.pass_env;
  out.grace = std::chrono::duration_cast<std::chrono::milliseconds>(config.process_grace);
  out.log_bytes_max = config.limits.log_bytes;
  out.output_bytes_max = config.limits.output_bytes;
  out.stream_bytes_max = config.limits.task_output_bytes;
  out.data_root = common.data;
  out.limits_max.memory_bytes = config.limits.task_memory;
  out.limits_max.processes = config.limits.task_processes;
  out.limits_max.file_bytes = config.limits.task_file_bytes;
  out.isolation = common.isolation;
  out.artifact_root = common.artifact_root();
  out.package_root = common.package_root();
  out.warm_idle_max = config.limits.warm_processes;
  out.install_time_max =
      std::chrono::duration_cast<std::chrono::milliseconds>(config.limits.install_time);
  out.artifacts_max.files_max = config.limits.artifact_files;
  out.artifacts_max.bytes_max = config.limits.artifact_bytes;
  return out;
}

EngineOptions engine_options(NodeCommon const& common, std::uint32_t shard) {
  EngineOptions out;
  out.shard = shard;
  out.output_bytes_max = common.config.limits.output_bytes;
  out.stream_bytes_max = 2 * common.config.limits.stream_bytes;  // escaped, and with its facts
  out.random_seed = std::random_device{}();
  return out;
}

EngineParts engine_parts(
    NodeCommon& common, NodeShard& shard, AdmissionService& admission, ShardWork& work
) {
  EngineParts out{common.clock, work.journal, shard.hub, common.metrics, admission};
  out.runners["command"] = &work.cached_processes;
  out.runners["script"] = &work.cached_processes;
  out.runners["ai"] = &work.guarded_ai;
  out.runners["http"] = &work.cached_http;
  out.runners["webhook"] = &work.cached_http;
  out.runners["workflow"] = &work.cached_children;
  return out;
}

ScheduleRunner::Parts runner_parts(NodeCommon& common, NodeShard& shard) {
  ScheduleParts const schedules{shard.backend, shard.schedule_store, common.metrics};
  auto is_open = [&common] { return common.is_settled.load() && !common.stopping.load(); };
  return ScheduleRunner::Parts{shard.shard.executor(), schedules, std::move(is_open)};
}

NodeSchedules::Parts schedule_parts(
    NodeCommon& common, NodeShard& shard, std::vector<NodeShard*> const& all
) {
  ScheduleParts const schedules{shard.backend, shard.schedule_store, common.metrics};
  auto epoch = [&common] { return common.epoch.load(); };
  auto wake = [&all] {
    asio::post(all.front()->shard.executor(), [&all] { all.front()->schedule_runner.wake(); });
  };
  return NodeSchedules::Parts{schedules, common.clock, std::move(epoch), std::move(wake)};
}

HookApi::Parts hook_parts(NodeCommon& common, NodeShard& shard) {
  return HookApi::Parts{
      shard.backend,
      shard.hook_store,
      shard.secrets,
      common.clock,
      common.metrics,
      common.config.limits};
}

void add_routes(NodeShard& shard) {
  shard.workflow_api.add_to(shard.router);
  shard.execution_api.add_to(shard.router);
  shard.history_api.add_to(shard.router);
  shard.stream_api.add_to(shard.router);
  shard.node_api.add_to(shard.router);
  shard.artifact_api.add_to(shard.router);
  shard.schedule_api.add_to(shard.router);
  shard.hook_api.add_to(shard.router);
  shard.secret_api.add_to(shard.router);
  add_static_files(shard.router);
  shard.router.on_fault = [](Request const& request, std::string_view what) {
    log::Fields fields;
    fields["method"] = to_string(request.method);
    fields["path"] = request.path;
    fields["error"] = what;
    log::error("a request failed", fields);
  };
}

sql::ConnectionPool::Options pool_options(NodeCommon const& common) {
  sql::ConnectionPool::Options out;
  out.connect = common.database;
  return out;
}

ShardHttp::Parts http_parts(NodeCommon& common, NodeShard& shard) {
  return {
      shard.shard.executor(),
      common.config,
      *common.ai,
      common.clock,
      common.blocking,
      shard.secrets};
}

}  // namespace

NodeCommon::NodeCommon(Config wanted)
    : config(std::move(wanted)),
      workflows(cached_tasks_max),
      blocking(2),
      origin(listen_host(config.listen), config.allowed_hosts, config.allowed_origins) {
  register_process_types(types);
  register_ai_types(types);
  register_http_types(types);
  register_child_type(types);
}

ShardWork::ShardWork(
    NodeCommon& common, NodeShard& shard, AdmissionService& admission, std::int64_t owner
)
    : epoch(owner),
      journal(journal_options(common, shard.index(), owner)),
      launcher(shard.shard.executor()),
      runner(launcher, process_options(common)),
      ai({shard.shard.executor(),
          common.config,
          *common.ai,
          common.clock,
          common.blocking,
          shard.pool,
          shard.store,
          common.metrics}),
      http(http_parts(common, shard)),
      guarded_process(runner, shard.secrets),
      guarded_ai(ai.runner(), shard.secrets),
      guarded_http(http.runner(), shard.secrets),
      children(shard.shard.executor(), shard.backend, common.stopping),
      results(shard.pool),
      cached_processes(guarded_process, results, common.clock),
      cached_http(guarded_http, results, common.clock),
      cached_children(children, results, common.clock),
      engine(
          shard.shard.executor(),
          engine_options(common, shard.index()),
          engine_parts(common, shard, admission, *this)
      ) {}

NodeShard::NodeShard(
    NodeCommon& common,
    std::uint32_t index,
    std::vector<NodeShard*> const& all,
    AdmissionService*& admission
)
    : shard(index),
      pool(shard.executor(), pool_options(common)),
      store(pool),
      secrets(*common.secrets, pool, common.blocking),
      start_limits(pool),
      hub(shard, common.config.limits.stream_bytes),
      turns(shard.executor()),
      backend(common, *this, all, admission),
      schedule_store(pool),
      schedule_runner(runner_parts(common, *this)),
      schedules(schedule_parts(common, *this, all)),
      hook_store(pool),
      workflow_api(backend),
      execution_api(backend, common.config.limits),
      history_api(backend),
      stream_api(shard.executor(), backend, hub, common.config.limits),
      node_api(backend),
      artifact_api(backend, common.blocking, common.artifact_root()),
      secret_api(secrets),
      schedule_api(schedules),
      hook_api(hook_parts(common, *this)),
      streams(
          shard.executor(),
          StreamParts{
              backend,
              hub,
              common.config.limits,
              [metrics = &common.metrics](std::size_t count) { metrics->frames_sent(count); }}
      ),
      front(
          shard.executor(),
          FrontParts{router, common.origin, common.config.limits, common.connections, streams}
      ),
      scope(shard.executor()),
      work_scope(shard.executor()) {
  add_routes(*this);
}

}  // namespace ropewalk::server

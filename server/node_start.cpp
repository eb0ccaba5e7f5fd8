// What happens before a node runs, on the thread that starts it.
#include "providers/process/package_set.hpp"
#include "providers/process/work_directory.hpp"
#include "server/node_impl.hpp"
#include "server/observe/log.hpp"
#include "sql/migrations.hpp"

#include <boost/asio/co_spawn.hpp>

#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace ropewalk::server {
namespace {

constexpr std::int64_t packages_kept_seconds = 30LL * 24 * 3600;  // that no script has used

/// Runs a coroutine to its end on the calling thread.
template <class T>
T run_here(Async<T> work) {
  asio::io_context io(1);
  std::optional<T> out;
  std::exception_ptr fault;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T value) {
    fault = error;
    if (!error) out.emplace(std::move(value));
  });
  io.run();
  if (fault) std::rethrow_exception(fault);
  return std::move(*out);
}

std::uint32_t shards_count(Config const& config) {
  constexpr std::uint64_t shards_max = 64;
  constexpr std::uint64_t shards_default_max = 16;  // what 100 connections of PostgreSQL allow
  auto const cores = std::max<std::uint64_t>(std::thread::hardware_concurrency(), 1);
  auto const wanted = config.shards == 0 ? std::min(cores, shards_default_max) : config.shards;
  return static_cast<std::uint32_t>(std::min(wanted, shards_max));
}

std::map<std::string, std::uint64_t> pools_of(Config const& config) {
  auto out = config.pools;
  auto const cores = std::max<std::uint64_t>(std::thread::hardware_concurrency(), 1);
  auto const pages = static_cast<std::uint64_t>(std::max<long>(::sysconf(_SC_PHYS_PAGES), 1));
  auto const page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  out.try_emplace("default", 64);
  out.try_emplace("cpu", cores * 1000);
  out.try_emplace("memory", pages * page_bytes);
  return out;
}

/// Once, at start: what tasks cannot ask for here.
void tell(Isolation const& isolation) {
  auto const say = [](std::string_view what, Means const& means) {
    log::Fields fields;
    fields["means"] = what;
    if (!means.works()) fields["reason"] = means.reason;
    log::info(means.works() ? "tasks can be isolated" : "no such isolation of tasks here", fields);
  };
  say("sandbox: bwrap", isolation.bwrap);
  say("control groups", isolation.groups);
}

}  // namespace

Result<> Node::Impl::prepare_database() {
  if (!common_.config.listen.starts_with("unix:")) {
    // A port that is taken is told before a database is started for nothing.
    asio::io_context io(1);
    auto const probe = listen_at(io.get_executor(), common_.config.listen, false);
    if (!probe) return probe.error();
  }
  TRY(common_.ai, NodeAi::make(common_.config));
  TRY(auto lock, sql::DataLock::take(common_.config.data));
  common_.data = lock.data().string();
  TRY(node_id_, lock.node_id());
  common_.secrets = std::make_unique<NodeSecrets>(common_.config, common_.data);
  common_.secrets->note_all(common_.ai->keys());
  lock_.emplace(std::move(lock));
  common_.isolation = probe_isolation();  // before the database: processes stay where they start
  tell(common_.isolation);
  clear_work_root(common_.data + "/work");  // of a server that was killed
  prune_packages(
      common_.package_root(), packages_kept_seconds, common_.config.limits.package_bytes
  );
  std::error_code ignored;
  std::filesystem::create_directories(common_.data + "/work", ignored);
  if (common_.config.database.empty()) {
    sql::PrivateCluster::Options options;
    options.on_event = [](std::string_view message) { log::warn(message); };
    TRY(cluster_, sql::PrivateCluster::start(*lock_, options));
    common_.database.conninfo = cluster_->conninfo();
  } else {
    common_.database.conninfo = common_.config.database;
  }
  if (auto const migrated = run_here(sql::migrate(common_.database)); !migrated)
    return migrated.error();
  return {};
}

Result<> Node::Impl::listen() {
  auto const count = shards_count(common_.config);
  for (std::uint32_t i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<NodeShard>(common_, i, shard_list_, admission_place_));
  }
  shard_list_.reserve(count);
  for (auto const& shard : shards_) shard_list_.push_back(shard.get());
  std::vector<Hub*> hubs;
  hubs.reserve(count);
  for (auto const& shard : shards_) hubs.push_back(&shard->hub);
  for (auto const& shard : shards_) {
    auto* const home = shard.get();
    shard->hub.connect(hubs, [home](ExecutionId id) {
      return home->work && home->work->engine.is_live(id);
    });
  }
  auto address = common_.config.listen;
  bool const is_unix = address.starts_with("unix:");
  if (count > 1 && !is_unix) {
    // Sockets that share a port would share it with another server of the same user as well: look
    // first.
    TRY(auto const probe, listen_at(shards_.front()->shard.executor(), address, false));
    address = address_of(probe);
  }
  for (auto const& shard : shards_) {
    TRY(auto acceptor, listen_at(shard->shard.executor(), address, count > 1));
    if (shard->index() == 0) address = address_of(acceptor);  // with the port that 0 became
    shard->front.add(std::move(acceptor));
    if (is_unix) break;
  }
  url_ = is_unix ? address : "http://" + address;
  return {};
}

Result<> Node::Impl::launch() {
  auto const count = static_cast<std::uint32_t>(shards_.size());
  auto& first = *shards_.front();
  admission_.emplace(first.shard.executor(), pools_of(common_.config), count);
  admission_place_ = &*admission_;
  wake_.emplace(first.shard.executor());
  common_.ai->start(first.shard.executor(), common_.clock, common_.metrics);
  auto ready = ready_.get_future();
  launched_ = true;
  for (auto const& shard : shards_) shard->shard.start();
  asio::co_spawn(first.shard.executor(), supervise(), [this](std::exception_ptr fault) {
    int code = 0;
    try {
      if (fault) std::rethrow_exception(fault);
    } catch (std::exception const& error) {
      log::Fields fields;
      fields["error"] = error.what();
      log::error("the node failed", fields);
      code = 1;
    }
    if (!ready_told_)
      ready_.set_value(Error{ErrorClass::permanent, "node_failed", "the node failed to start"});
    ended_.set_value(code);
  });
  return ready.get();
}

}  // namespace ropewalk::server

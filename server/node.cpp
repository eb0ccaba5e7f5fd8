// The life of a node: epochs of its lease, and an orderly end.
#include "server/node.hpp"

#include "engine/async/deadline.hpp"
#include "engine/base/json.hpp"
#include "server/node_impl.hpp"
#include "server/observe/log.hpp"

#include <boost/asio/post.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ropewalk::server {
namespace {

log::Fields error_fields(Error const& error) {
  log::Fields fields;
  fields["code"] = error.code;
  fields["error"] = error.message;
  return fields;
}

// Coroutines that run on the shard that they are given.
Async<> open_at(NodeShard& home) {
  home.scope.spawn(home.front.run());
  co_return;
}

Async<> run_work(std::shared_ptr<ShardWork> work, std::function<void(Result<>)> ended) {
  Result<> how;
  try {
    how = co_await work->engine.run();
  } catch (std::exception const& fault) {
    how = Error{ErrorClass::permanent, "engine_failed", fault.what()};
  }
  ended(how);
}

Async<> begin_work_at(
    NodeShard& home,
    NodeCommon& common,
    AdmissionService& admission,
    std::int64_t epoch,
    std::function<void(Result<>)> ended
) {
  home.work = std::make_shared<ShardWork>(common, home, admission, epoch);
  home.work_scope.spawn(run_work(home.work, std::move(ended)));
  co_return;
}

Async<> stop_work_at(NodeShard& home, Duration grace) {
  if (home.work) home.work->engine.stop(grace);
  co_return;
}

Async<> cut_at(NodeShard& home) {
  home.work_scope.cancel();
  co_return;
}

/// After the engine's run() has returned.
Async<> drop_work_at(NodeShard& home) {
  co_await home.work_scope.join();
  auto const work = std::exchange(home.work, nullptr);
  home.hub.forget_streams();
  if (!work) co_return;
  co_await work->runner.close();
  co_await work->launcher.close();
}

Async<> shut_doors_at(NodeShard& home, std::uint16_t code, std::string reason) {
  home.front.stop();
  home.streams.close_all(code, std::move(reason));
  co_return;
}

Async<> join_at(NodeShard& home, Steady::duration limit) {
  auto join = [](AsyncScope& scope) -> Async<Result<>> {
    co_await scope.join();
    co_return Result<>();
  };
  auto joining =
      join(home.scope);  // past the limit it is cancelled: that cuts what is left, and still waits
  auto joined = with_deadline(limit, std::move(joining));
  co_await std::move(joined);
}

}  // namespace

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::start(Config const& config) {
  log::start(config.log_level, config.log_format);
  auto impl = std::make_unique<Impl>(config);
  if (auto const prepared = impl->prepare_database(); !prepared) return prepared.error();
  if (auto const listening = impl->listen(); !listening) return listening.error();
  if (auto const launched = impl->launch(); !launched) return launched.error();
  return std::unique_ptr<Node>(new Node(std::move(impl)));
}

std::string Node::url() const {
  return impl_->url();
}
void Node::request_stop() {
  impl_->request_stop();
}
int Node::wait() {
  return impl_->wait();
}

Node::Impl::~Impl() {
  if (launched_ && !waited_) {
    request_stop();
    wait();
  }
  for (auto const& shard : shards_) shard->shard.join();
  if (common_.ai) common_.ai->stop();
}

void Node::Impl::request_stop() {
  common_.stopping.store(true);
  asio::post(shards_.front()->shard.executor(), [this] {
    ++stops_asked_;
    wake_->notify();
  });
}

int Node::Impl::wait() {
  waited_ = true;
  auto const code = ended_.get_future().get();
  for (auto const& shard : shards_) shard->shard.join();
  if (cluster_) cluster_->stop();
  log::info("stopped");
  log::stop();
  return code;
}

void Node::Impl::work_ended(Result<> how) {
  auto& first = shards_.front()->shard;
  asio::post(first.executor(), [this, how = std::move(how)] {
    --work_running_;
    if (!how) {
      fenced_ = true;
      log::error("a shard's work ended", error_fields(how.error()));
    }
    wake_->notify();
  });
}

Async<> Node::Impl::start_work(std::int64_t epoch) {
  common_.epoch.store(epoch);
  auto learning = shards_.front()->secrets.learn();  // before any task could tell them
  co_await std::move(learning);
  for (auto const& home : shards_) {
    ++work_running_;
    auto make = [this, &home, epoch] {
      auto ended = [this](Result<> how) { work_ended(std::move(how)); };
      return begin_work_at(*home, common_, *admission_, epoch, std::move(ended));
    };
    auto beginning = on_shard(home->shard, make);
    co_await std::move(beginning);
  }
}

Async<> Node::Impl::end_work(Duration grace) {
  for (auto const& home : shards_) {
    auto make = [&home, grace] { return stop_work_at(*home, grace); };
    auto stopping = on_shard(home->shard, make);
    co_await std::move(stopping);
  }
  // A database that is away must not keep a server from stopping: what is not written is recovered
  // at the next start.
  auto const cut_after =
      Steady::now() + grace + common_.config.process_grace + std::chrono::seconds(10);
  bool hurried = stops_asked_ > 1;
  while (work_running_ > 0) {
    bool const is_late = Steady::now() > cut_after;
    if (is_late || (stops_asked_ > 1 && !hurried)) {
      hurried = true;
      for (auto const& home : shards_) {
        auto make = [&home, is_late] {
          return is_late ? cut_at(*home) : stop_work_at(*home, Duration{});
        };
        auto stopping = on_shard(home->shard, make);
        co_await std::move(stopping);
      }
    }
    co_await wake_->wait_until(is_late ? Steady::time_point::max() : cut_after);
  }
  for (auto const& home : shards_) {
    auto make = [&home] { return drop_work_at(*home); };
    auto dropping = on_shard(home->shard, make);
    co_await std::move(dropping);
  }
}

Async<> Node::Impl::open_doors() {
  if (std::exchange(doors_open_, true)) co_return;
  for (auto const& home : shards_) {
    auto make = [&home] { return open_at(*home); };
    auto opening = on_shard(home->shard, make);
    co_await std::move(opening);
  }
  write_server_file();
  log::Fields fields;
  fields["url"] = url_;
  fields["shards"] = shards_.size();
  log::info("listening", fields);
  ready_told_ = true;
  ready_.set_value(Result<>{});
}

Async<> Node::Impl::close_doors() {
  std::error_code ignored;
  std::filesystem::remove(common_.data + "/server.json", ignored);
  if (url_.starts_with("unix:")) std::filesystem::remove(url_.substr(5), ignored);
  for (auto const& home : shards_) {
    auto make = [&home] {
      return shut_doors_at(*home, close_code::service_restart, "the server is stopping");
    };
    auto closing = on_shard(home->shard, make);
    co_await std::move(closing);
  }
}

Async<> Node::Impl::run_lease(sql::NodeLease& lease) {
  sql::NodeLease::Handlers handlers;
  handlers.on_taken = [this](std::vector<LeftBehind> const& taken) {
    log::Fields fields;
    fields["count"] = taken.size();
    log::info("taking over executions of a node that is gone", fields);
    left_.insert(left_.end(), taken.begin(), taken.end());
    wake_->notify();
  };
  handlers.on_doubt = [this] {
    look_for_left_ = true;
    wake_->notify();
  };
  handlers.on_lost = [this] {
    log::error("another node has taken over: dropping all work");
    fenced_ = true;
    wake_->notify();
  };
  handlers.on_error = [](Error const& error) {
    log::warn("the lease could not be renewed", error_fields(error));
  };
  co_await lease.run(std::move(handlers));
}

Async<bool> Node::Impl::run_epoch(sql::NodeLease& lease) {
  fenced_ = false;
  common_.is_settled.store(false);
  left_.clear();
  auto const epoch = co_await lease.register_node();
  if (!epoch) {
    log::warn("no lease yet", error_fields(epoch.error()));
    co_await sleep_for(std::chrono::seconds(1));
    co_return stops_asked_ == 0;
  }
  co_await start_work(*epoch);
  AsyncScope beating(shards_.front()->shard.executor());
  beating.spawn(run_lease(lease));
  beating.spawn(run_retention());
  beating.spawn(shards_.front()->schedule_runner.run(*epoch));
  look_for_left_ = true;
  co_await watch_adoption(lease);
  common_.is_settled.store(true);
  co_await open_doors();
  while (stops_asked_ == 0 && !fenced_) {
    co_await wake_->wait();
    co_await watch_adoption(lease);
  }
  bool const again = stops_asked_ == 0;
  if (!again) co_await close_doors();
  auto const grace = again ? Duration{} : common_.config.grace;
  co_await end_work(grace);
  beating.cancel();
  co_await beating.join();
  if (!again) {
    auto releasing = lease.release();
    co_await with_deadline(std::chrono::seconds(5), std::move(releasing));
  }
  co_return again;
}

Async<> Node::Impl::supervise() {
  sql::NodeLease::Options options;
  options.node.node_id = node_id_;
  char host[256] = "unknown";
  ::gethostname(host, sizeof host - 1);
  options.node.name = host;
  options.node.address = url_;
  options.ttl = std::chrono::duration_cast<std::chrono::milliseconds>(common_.config.lease);
  sql::NodeLease lease(shards_.front()->pool, options);
  bool again = true;
  while (again) again = co_await run_epoch(lease);
  for (auto const& home : shards_) {
    auto const limit = stops_asked_ > 1 ? std::chrono::seconds(0) : std::chrono::seconds(5);
    auto make = [&home, limit] { return join_at(*home, limit); };
    auto joining = on_shard(home->shard, make);
    co_await std::move(joining);
  }
}

void Node::Impl::write_server_file() const {
  json::object content;
  content["pid"] = static_cast<std::int64_t>(::getpid());
  content["url"] = url_;
  content["version"] = ROPEWALK_VERSION;
  auto const path = common_.data + "/server.json";
  {
    std::ofstream file(path + ".new", std::ios::trunc);
    file << to_text(content) << "\n";
  }
  ::chmod((path + ".new").c_str(), 0600);
  std::error_code ec;
  std::filesystem::rename(path + ".new", path, ec);
  if (ec) log::warn("server.json cannot be written", {{"error", ec.message()}});
}

}  // namespace ropewalk::server

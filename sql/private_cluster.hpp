#pragma once
// PostgreSQL for those who have not brought their own: a cluster in the data directory, on a Unix
// socket only.
//
// Started and stopped with the server, and started again when it dies under it. A cluster that a
// killed server left running is taken over as it is. As root it runs under an unprivileged user.
//
// Threads: start(), stop() and the destructor block (not for shards); the rest may be called
// anywhere. One thread of its
//          own waits for PostgreSQL's end.

#include "engine/base/error.hpp"
#include "sql/cluster_files.hpp"
#include "sql/data_lock.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace ropewalk::sql {

class PrivateCluster {
 public:
  struct Options {
    std::string user{};                // as root: whom to run as (see find_place)
    std::filesystem::path binaries{};  // folder of initdb and postgres; empty: found
    /// Told of restarts; called on the cluster's own thread.
    std::function<void(std::string_view message)> on_event{};
  };

  /// Errors: postgres_missing, cluster_user, data_directory, cluster_failed. The lock shows that no
  /// other server uses it.
  static Result<std::unique_ptr<PrivateCluster>> start(DataLock const& lock, Options options);
  PrivateCluster(PrivateCluster const&) = delete;
  PrivateCluster& operator=(PrivateCluster const&) = delete;
  ~PrivateCluster();

  std::string const& conninfo() const { return conninfo_; }
  pid_t postmaster() const { return postmaster_pid_; }
  /// Fast shutdown: transactions under way are rolled back, nothing committed is lost.
  void stop();

 private:
  PrivateCluster(ClusterPlace place, Options options);

  Result<void> initialise();
  Result<void> bring_up();
  bool take_over_running();
  Result<void> launch(std::chrono::milliseconds limit);
  bool wait_until_ready(std::chrono::milliseconds limit) const;
  bool accepts_connections() const;
  void remove_stale_lock_files() const;
  void supervise();
  bool wait_for_stop(std::chrono::milliseconds time) const;
  void tell(std::string const& message) const;
  Error failed(std::string const& what) const;

  ClusterPlace place_;
  Options options_;
  std::filesystem::path sockets_;
  std::string conninfo_;
  ProcessHandle postmaster_;
  std::atomic<pid_t> postmaster_pid_ = -1;
  int stop_event_ = -1;
  std::thread supervisor_;
};

}  // namespace ropewalk::sql

#include "sql/private_cluster.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <system_error>
#include <utility>
#include <vector>

namespace ropewalk::sql {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr auto start_limit = std::chrono::seconds(60);  // crash recovery may take its time
constexpr auto stop_limit = std::chrono::seconds(30);
constexpr auto probe_interval = milliseconds(5);
constexpr std::uintmax_t log_bytes_max = 16 * 1024 * 1024;

/// For a conninfo: in quotes, with quotes and backslashes escaped.
std::string quoted(std::string const& text) {
  std::string out = "'";
  for (char const c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// For a list-valued setting: in double quotes, doubled within.
std::string listed(std::string const& text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

/// What was written so far is on the disk afterwards.
void sync_filesystem_of(fs::path const& directory) {
  int const file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::syncfs(file);
  ::close(file);
}

void rotate(fs::path const& log) {
  std::error_code ec;
  if (fs::file_size(log, ec) > log_bytes_max && !ec) fs::rename(log, log.string() + ".1", ec);
}

}  // namespace

PrivateCluster::PrivateCluster(ClusterPlace place, Options options)
    : place_(std::move(place)), options_(std::move(options)) {}

PrivateCluster::~PrivateCluster() {
  stop();
}

Error PrivateCluster::failed(std::string const& what) const {
  Error error;
  error.code = "cluster_failed";
  error.message = "the private PostgreSQL cluster " + what;
  error.hint = "See " + place_.log.string() + "; its end:\n" + log_tail(place_.log);
  return error;
}

void PrivateCluster::tell(std::string const& message) const {
  if (options_.on_event) options_.on_event(message);
}

Result<std::unique_ptr<PrivateCluster>> PrivateCluster::start(
    DataLock const& lock, Options options
) {
  TRY(auto place, find_place(lock.data(), options.user));
  TRY(options.binaries, find_binaries(options.binaries, place.pgdata));
  std::unique_ptr<PrivateCluster> cluster(new PrivateCluster(std::move(place), std::move(options)));
  rotate(cluster->place_.log);
  if (!is_initialised(cluster->place_.pgdata)) {
    auto made = cluster->initialise();
    if (!made) return made.error();
  }
  TRY(cluster->sockets_, socket_directory(cluster->place_));
  cluster->conninfo_ =
      "host=" + quoted(cluster->sockets_.string()) + " port=5432 user=ropewalk dbname=postgres";
  auto up = cluster->bring_up();
  if (!up) return up.error();
  cluster->stop_event_ = ::eventfd(0, EFD_CLOEXEC);
  cluster->supervisor_ = std::thread([raw = cluster.get()] { raw->supervise(); });
  return cluster;
}

/// Made beside its place and then renamed: a half-made cluster is never taken for a whole one.
Result<void> PrivateCluster::initialise() {
  auto const fresh = fs::path(place_.pgdata.string() + ".new");
  auto made = make_owned_directory(fresh, place_.account);
  if (!made) return made;
  Command command;
  command.arguments = {
      (options_.binaries / "initdb").string(),
      "--pgdata=" + fresh.string(),
      "--username=ropewalk",
      "--auth=trust",  // the socket is in a directory that only its owner (and root) can enter
      "--encoding=UTF8",
      "--locale=C.UTF-8",
      "--data-checksums",
      "--no-sync",
      "--no-instructions"};
  command.directory = fresh;
  command.output = place_.log;
  TRY(int const status, run(command, place_.account));
  if (status != 0) return failed("could not be made");
  sync_filesystem_of(fresh);
  std::error_code ec;
  if (fs::exists(place_.pgdata, ec)) fs::remove(place_.pgdata, ec);  // an empty one only
  fs::rename(fresh, place_.pgdata, ec);
  if (!ec && !place_.link.empty()) fs::create_directory_symlink(place_.pgdata, place_.link, ec);
  if (ec) return failed("could not be put in its place: " + ec.message());
  return boost::system::in_place_value;
}

Result<void> PrivateCluster::bring_up() {
  if (take_over_running()) return boost::system::in_place_value;
  return launch(start_limit);
}

/// True when a server that was killed has left its cluster running, and it answers.
bool PrivateCluster::take_over_running() {
  auto const pid = recorded_postmaster(place_.pgdata);
  if (!pid) return false;
  ProcessHandle running(*pid);
  if (!running.is_running() || !is_process_in(*pid, place_.pgdata)) return false;
  postmaster_ = std::move(running);
  if (wait_until_ready(std::chrono::seconds(10))) {
    postmaster_pid_ = *pid;
    tell("took over the PostgreSQL that runs as process " + std::to_string(*pid));
    return true;
  }
  postmaster_.signal(SIGINT);
  if (!postmaster_.wait(stop_limit)) postmaster_.signal(SIGQUIT);
  postmaster_.wait(stop_limit);
  return false;
}

/// PostgreSQL takes the number in a lock file for a live postmaster whenever any process of its
/// user has that number, even one that is dead and has not been waited for yet.
void PrivateCluster::remove_stale_lock_files() const {
  auto const pid = recorded_postmaster(place_.pgdata);
  if (pid && is_process_in(*pid, place_.pgdata)) return;
  if (!processes_in(place_.pgdata).empty()) return;  // old backends still attached to its memory
  std::error_code ec;
  fs::remove(place_.pgdata / "postmaster.pid", ec);
  fs::remove(sockets_ / ".s.PGSQL.5432.lock", ec);
}

/// Starts postgres, again and again as long as what a killed postmaster left behind is still there.
Result<void> PrivateCluster::launch(milliseconds limit) {
  auto const deadline = std::chrono::steady_clock::now() + limit;
  Command command;
  command.arguments = {
      (options_.binaries / "postgres").string(),
      "-D",
      place_.pgdata.string(),
      "-c",
      "listen_addresses=",
      "-c",
      "port=5432",
      "-c",
      "unix_socket_directories=" + listed(sockets_.string()),
      "-c",
      "unix_socket_permissions=0700",
      "-c",
      "max_connections=200",
      "-c",
      "recovery_init_sync_method=syncfs",  // after a crash: one call instead of one a file
      "-c",
      "log_checkpoints=off"};
  command.directory = place_.pgdata;
  command.output = place_.log;
  for (;;) {
    remove_stale_lock_files();
    TRY(auto const pid, spawn(command, place_.account));
    postmaster_ = ProcessHandle(pid);
    auto const left = deadline - std::chrono::steady_clock::now();
    if (wait_until_ready(std::chrono::duration_cast<milliseconds>(left))) {
      postmaster_pid_ = pid;
      return boost::system::in_place_value;
    }
    if (postmaster_.is_running()) {
      postmaster_.signal(SIGQUIT);
      postmaster_.wait(stop_limit);
      return failed("did not become ready in time");
    }
    bool const is_hopeless = processes_in(place_.pgdata).empty();
    if (is_hopeless || left < milliseconds(0)) return failed("could not be started");
    if (wait_for_stop(milliseconds(50))) return failed("was stopped");
  }
}

bool PrivateCluster::accepts_connections() const {
  return PQping(conninfo_.c_str()) == PQPING_OK;
}

bool PrivateCluster::wait_until_ready(milliseconds limit) const {
  auto const deadline = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < deadline) {
    if (accepts_connections()) return true;
    if (postmaster_.wait(probe_interval)) return false;
    if (wait_for_stop(milliseconds(0))) return false;
  }
  return false;
}

/// True once stop() was called; waits for that at most `time`.
bool PrivateCluster::wait_for_stop(milliseconds time) const {
  if (stop_event_ < 0) {
    ::poll(nullptr, 0, static_cast<int>(time.count()));
    return false;
  }
  pollfd watched{stop_event_, POLLIN, 0};
  return ::poll(&watched, 1, static_cast<int>(time.count())) > 0;
}

/// The cluster's own thread: sleeps until PostgreSQL ends or stop() is called.
void PrivateCluster::supervise() {
  pthread_setname_np(pthread_self(), "postgres-watch");
  for (;;) {
    std::array<pollfd, 2> watched{
        pollfd{stop_event_, POLLIN, 0}, pollfd{postmaster_.descriptor(), POLLIN, 0}};
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[0].revents != 0) return;
    postmaster_.wait(milliseconds(0));
    tell("PostgreSQL ended unexpectedly; starting it again");
    for (milliseconds delay(0);;
         delay = std::min(delay * 2 + milliseconds(100), milliseconds(5000))) {
      if (wait_for_stop(delay)) return;
      auto up = bring_up();
      if (up) break;
      tell(up.error().message + ". " + up.error().hint);
    }
    tell("PostgreSQL runs again");
  }
}

void PrivateCluster::stop() {
  if (supervisor_.joinable()) {
    std::uint64_t const one = 1;
    [[maybe_unused]] auto const written = ::write(stop_event_, &one, sizeof one);
    supervisor_.join();
  }
  if (postmaster_.descriptor() >= 0 && postmaster_.is_running()) {
    postmaster_.signal(SIGINT);
    if (!postmaster_.wait(stop_limit)) {
      postmaster_.signal(SIGQUIT);
      postmaster_.wait(stop_limit);
    }
  }
  postmaster_ = ProcessHandle();
  postmaster_pid_ = -1;
  if (stop_event_ >= 0) ::close(std::exchange(stop_event_, -1));
}

}  // namespace ropewalk::sql

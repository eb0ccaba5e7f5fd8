#include "providers/process/launcher.hpp"

#include "engine/base/error.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;

constexpr auto restart_pause = 200ms;
constexpr auto removals_time_max = 10s;
constexpr std::size_t markers_per_sweep_max = 300;

/// Distinguishes this launcher's children from those of any other, past or present, on this
/// machine.
std::string make_nonce() {
  static std::atomic<unsigned> count{0};
  auto const now = std::chrono::system_clock::now().time_since_epoch().count();
  return std::to_string(::getpid()) + "." + std::to_string(count++) + "." + std::to_string(now);
}

/// Starts a second copy of this program as the launcher, with `socket` as descriptor 3 and an empty
/// environment (the server's holds secrets). Returns its pid, or -1.
pid_t spawn_launcher(int socket) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_adddup2(&actions, socket, launcher_socket);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, launcher_socket + 1);
  sigset_t all;
  sigset_t none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  std::string name = launcher_name;
  std::array<char*, 2> argv{name.data(), nullptr};
  std::array<char*, 1> env{nullptr};
  pid_t pid = -1;
  int const error =
      ::posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv.data(), env.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return error == 0 ? pid : -1;
}

}  // namespace

Launcher::Launcher(Executor executor)
    : executor_(executor),
      scope_(executor),
      socket_(executor),
      process_(executor),
      pause_(executor),
      removed_(executor),
      nonce_(make_nonce()) {
  start_process();
  scope_.spawn(serve());
}

Launcher::~Launcher() {
  ROPEWALK_CHECK(is_closing_ && scope_.size() == 0);
}

bool Launcher::start_process() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  // Above 3, so that giving descriptor 3 to the launcher overwrites neither.
  FileDescriptor ours(::fcntl(ends[0], F_DUPFD_CLOEXEC, launcher_socket + 1));
  FileDescriptor theirs(::fcntl(ends[1], F_DUPFD_CLOEXEC, launcher_socket + 1));
  ::close(ends[0]);
  ::close(ends[1]);
  if (!ours.is_open() || !theirs.is_open()) return false;
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  pid_t const pid = spawn_launcher(theirs.get());
  if (pid < 0) return false;
  FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.is_open()) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return false;
  }
  socket_.assign(ours.release());
  process_.assign(process.release());
  pid_ = pid;
  return true;
}

std::string Launcher::marker_of(std::uint64_t id) const {
  return nonce_ + "." + std::to_string(id);
}

std::shared_ptr<Child> Launcher::spawn(SpawnRequest request) {
  auto const id = next_id_++;
  auto child = std::make_shared<Child>(executor_, id);
  running_.emplace(id, Running{child, false});
  SpawnBody body;
  body.program = std::move(request.program);
  body.directory = std::move(request.directory);
  body.marker = marker_of(id);
  body.argv = std::move(request.argv);
  body.env = std::move(request.env);
  body.env.push_back(std::string(marker_variable) + "=" + body.marker);
  body.limits = request.limits;
  if (!request.group_base.empty()) body.group = request.group_base + "/task-" + body.marker;
  body.is_sandboxed = request.is_sandboxed;
  std::string payload = encode(body);

  Outgoing packet;
  packet.spawn_id = id;
  packet.descriptors.push_back(std::move(request.stdout_pipe));
  packet.descriptors.push_back(std::move(request.stderr_pipe));
  PacketHead head{PacketKind::spawn, false, id};
  head.has_stdin = request.stdin_file.is_open();
  if (head.has_stdin) packet.descriptors.push_back(std::move(request.stdin_file));
  if (payload.size() + sizeof(PacketHead) > packet_bytes_max) {
    packet.descriptors.push_back(make_memfd(payload));
    if (!packet.descriptors.back().is_open()) {
      ChildEnd end;
      end.spawn_error = errno;
      end.spawn_stage = SpawnStage::fork;
      finish(id, end);
      return child;
    }
    payload.clear();
    head.payload_is_memfd = true;
  }
  packet.bytes = encode_head(head) + payload;
  send(std::move(packet));
  return child;
}

void Launcher::signal(Child const& child, int signo) {
  if (!running_.contains(child.id)) return;
  Outgoing packet;
  packet.bytes =
      encode_head({PacketKind::signal, false, child.id}) + encode(static_cast<std::int32_t>(signo));
  send(std::move(packet));
}

void Launcher::kill(Child const& child) {
  if (!running_.contains(child.id)) return;
  Outgoing packet;
  packet.bytes = encode_head({PacketKind::kill, false, child.id}) + marker_of(child.id);
  send(std::move(packet));
}

void Launcher::sweep(Child const& child, std::vector<std::string> pipes) {
  SweepBody body;
  body.markers.push_back(marker_of(child.id));
  body.pipes = std::move(pipes);
  Outgoing packet;
  packet.bytes = encode_head({PacketKind::sweep, false, child.id}) + encode(body);
  send(std::move(packet));
}

std::string Launcher::remove_packet(std::uint64_t id, std::string const& path) const {
  return encode_head({PacketKind::remove, false, id}) + path;
}

void Launcher::remove(std::string path) {
  auto const id = next_id_++;
  Outgoing packet;
  packet.bytes = remove_packet(id, path);
  removals_.emplace(id, std::move(path));
  send(std::move(packet));
}

void Launcher::send(Outgoing packet) {
  outbox_.push_back(std::move(packet));
  if (!is_flushing_) send_waiting();
}

/// Sends what fits; a flush() waits for room for the rest.
void Launcher::send_waiting() {
  while (!outbox_.empty() && socket_.is_open()) {
    auto& packet = outbox_.front();
    int const error = send_packet(socket_.native_handle(), packet.bytes, packet.descriptors);
    if (error == EPIPE || error == ECONNRESET)
      return;  // serve() sees it too, and sends this to the next one
    if (error == EAGAIN) {
      if (!is_flushing_) {
        is_flushing_ = true;
        scope_.spawn(flush());
      }
      return;
    }
    auto const id = packet.spawn_id;
    outbox_.pop_front();
    if (id == 0) continue;
    if (error == 0) {
      auto const it = running_.find(id);
      if (it != running_.end()) it->second.is_sent = true;
      continue;
    }
    ChildEnd end;
    end.spawn_error = error;
    end.spawn_stage = SpawnStage::fork;
    finish(id, end);
  }
}

Async<> Launcher::flush() {
  while (!outbox_.empty() && socket_.is_open()) {
    auto [ec] = co_await socket_.async_wait(asio::posix::descriptor_base::wait_write, use_tuple);
    if (ec) break;
    send_waiting();
  }
  is_flushing_ = false;
}

void Launcher::finish(std::uint64_t id, ChildEnd const& end) {
  auto node = running_.extract(id);
  if (node.empty()) return;
  auto const child = std::move(node.mapped().child);
  child->end = end;
  child->wake.cancel();
}

void Launcher::take_reply(Packet const& packet) {
  std::string_view body;
  auto const head = decode_head(packet.bytes, body);
  if (!head) return;
  if (head->kind == PacketKind::ended) {
    if (auto const end = decode_end(body)) finish(head->id, *end);
  } else if (head->kind == PacketKind::removed) {
    removals_.erase(head->id);
    if (removals_.empty()) removed_.cancel();
  }
}

Async<> Launcher::read_replies() {
  Packet packet;
  for (;;) {
    auto const receipt = receive_packet(socket_.native_handle(), packet);
    if (receipt == Receipt::closed) co_return;
    if (receipt == Receipt::packet) {
      take_reply(packet);
      continue;
    }
    auto [ec] = co_await socket_.async_wait(asio::posix::descriptor_base::wait_read, use_tuple);
    if (ec) co_return;
  }
}

/// Waits until the launcher process is gone and leaves no zombie.
Async<> Launcher::reap_process() {
  auto [ec] = co_await process_.async_wait(asio::posix::descriptor_base::wait_read, use_tuple);
  ::waitpid(pid_, nullptr, ec ? 0 : WNOHANG);
  boost::system::error_code ignored;
  process_.close(ignored);
  pid_ = -1;
}

/// What had been sent runs no more (its parent's death killed it); what was not sent yet waits for
/// the next launcher.
void Launcher::lose_children() {
  std::vector<std::uint64_t> lost;
  for (auto const& [id, running] : running_)
    if (running.is_sent) lost.push_back(id);
  ChildEnd end;
  end.is_launcher_lost = true;
  for (auto const id : lost) {
    lost_markers_.push_back(marker_of(id));
    finish(id, end);
  }
}

/// The first things a new launcher does: kill what the old one's children left behind, and go on
/// removing.
void Launcher::resend_after_loss(std::vector<std::string> const& lost_markers) {
  for (std::size_t i = 0; i < lost_markers.size(); i += markers_per_sweep_max) {
    SweepBody body;
    for (auto k = i; k < lost_markers.size() && k < i + markers_per_sweep_max; ++k)
      body.markers.push_back(lost_markers[k]);
    Outgoing packet;
    packet.bytes = encode_head({PacketKind::sweep, false, 0}) + encode(body);
    outbox_.push_front(std::move(packet));
  }
  for (auto const& [id, path] : removals_) {
    Outgoing packet;
    packet.bytes = remove_packet(id, path);
    outbox_.push_back(std::move(packet));
  }
}

Async<> Launcher::serve() {
  for (;;) {
    if (socket_.is_open()) {
      co_await read_replies();
      // Read before the socket goes: whatever it still said counts.
      boost::system::error_code ignored;
      socket_.close(ignored);
      if (!is_closing_) ::kill(pid_, SIGKILL);
      co_await reap_process();
      lose_children();
    }
    if (is_closing_) co_return;
    if (!start_process()) {
      pause_.expires_after(restart_pause);
      co_await pause_.async_wait(use_tuple);
      continue;
    }
    auto const lost_markers = std::exchange(lost_markers_, {});
    resend_after_loss(lost_markers);
    if (!is_flushing_) send_waiting();
  }
}

Async<> Launcher::close() {
  ROPEWALK_CHECK(running_.empty());
  removed_.expires_after(removals_time_max);
  if (!removals_.empty()) co_await removed_.async_wait(use_tuple);
  is_closing_ = true;
  pause_.cancel();
  // The launcher sees the end of the socket, kills what is left, and exits: serve() waits for that.
  if (socket_.is_open()) ::shutdown(socket_.native_handle(), SHUT_WR);
  co_await scope_.join();
}

}  // namespace ropewalk

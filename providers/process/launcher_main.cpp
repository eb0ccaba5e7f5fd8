#include "providers/process/launcher_main.hpp"

#include "providers/process/artifacts.hpp"
#include "providers/process/end_processes.hpp"
#include "providers/process/launcher_protocol.hpp"
#include "providers/process/package_set.hpp"
#include "providers/process/process_tree.hpp"
#include "providers/process/remove_tree.hpp"
#include "providers/process/running_child.hpp"
#include "providers/process/spawn_child.hpp"
#include "providers/process/tree_watch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <set>
#include <unordered_map>

namespace ropewalk {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int packets_per_turn_max = 16;
constexpr std::size_t removed_inline_max = 256;  // a bigger tree is removed by a process of its own

class LauncherLoop {
 public:
  LauncherLoop(int children_signal, int nice) : children_signal_(children_signal), nice_(nice) {}

  void run() {
    while (!closed_) {
      std::array<pollfd, 2> waits{
          pollfd{launcher_socket, POLLIN, 0}, pollfd{children_signal_, POLLIN, 0}};
      if (::poll(waits.data(), waits.size(), watch_.pause_ms()) < 0 && errno != EINTR) break;
      if (waits[1].revents != 0) {
        drain_signal();
        reap();
      }
      end_breaches();
      if (waits[0].revents != 0) serve_packets();
    }
    kill_descendants();
  }

 private:
  void serve_packets() {
    Packet packet;
    for (int i = 0; i < packets_per_turn_max && !closed_; ++i) {
      auto const receipt = receive_packet(launcher_socket, packet);
      if (receipt == Receipt::nothing_yet) return;
      if (receipt == Receipt::closed) closed_ = true;
      if (receipt == Receipt::packet) serve(packet);
    }
  }

  void serve(Packet const& packet) {
    std::string_view body;
    auto const head = decode_head(packet.bytes, body);
    if (!head) return;
    switch (head->kind) {
      case PacketKind::spawn:
        return spawn(*head, body, packet.descriptors);
      case PacketKind::signal:
        if (auto const signo = decode_number(body)) signal_child(head->id, *signo);
        return;
      case PacketKind::kill:
        return kill_child(head->id, body);
      case PacketKind::sweep:
        if (auto const what = decode_sweep(body)) sweep_processes(*what);
        return;
      case PacketKind::remove:
        return remove(head->id, std::string(body));
      case PacketKind::ended:
      case PacketKind::removed:
        return;  // only ever sent the other way
    }
  }

  void spawn(
      PacketHead const& head, std::string_view body, std::vector<FileDescriptor> const& descriptors
  ) {
    auto const descriptors_expected =
        2U + (head.has_stdin ? 1U : 0U) + (head.payload_is_memfd ? 1U : 0U);
    ChildEnd end;
    end.spawn_stage = SpawnStage::fork;
    end.spawn_error = EMFILE;  // descriptors that found no room here are dropped by the kernel
    if (descriptors.size() != descriptors_expected) return reply(head.id, end);
    std::optional<SpawnBody> request;
    if (head.payload_is_memfd) {
      auto const bytes = read_memfd(descriptors.back().get());
      if (bytes) request = decode_spawn(*bytes);
    } else {
      request = decode_spawn(body);
    }
    end.spawn_error = EBADMSG;
    if (!request) return reply(head.id, end);
    ChildFiles files;
    files.out = descriptors[0].get();
    files.err = descriptors[1].get();
    if (head.has_stdin) files.in = descriptors[2].get();
    start(head.id, *request, files);
  }

  void start(std::uint64_t id, SpawnBody const& request, ChildFiles files) {
    RunningChild running;
    running.id = id;
    running.marker = request.marker;
    running.is_sandboxed = request.is_sandboxed;
    running.oom_kills_before = recent_oom_kills();
    ChildEnd end;
    if (!request.group.empty()) {
      auto group = ControlGroup::make(request.group, request.limits);
      if (!group) {
        end.spawn_error = errno;
        end.spawn_stage = SpawnStage::group;
        return reply(id, end);
      }
      files.joining_file = group->joining_file();
      running.group = std::make_unique<ControlGroup>(std::move(*group));
    }
    running.started_at = Steady::now();
    auto const child = spawn_child(request, files, nice_);
    if (child.error != 0) {
      if (running.group) leave_group(std::move(running.group));
      end.spawn_error = child.error;
      end.spawn_stage = child.stage;
      return reply(id, end);
    }
    watch_.add(child.pid, request.limits, running.group.get());
    pids_.emplace(id, child.pid);
    markers_.insert(running.marker);
    running_.emplace(child.pid, std::move(running));
  }

  /// Counting costs a little, so many starts share a count. What was killed before that is not
  /// taken for one of ours.
  std::uint64_t recent_oom_kills() {
    auto const now = Steady::now();
    if (now >= next_oom_count_) {
      oom_kills_ = machine_oom_kills();
      next_oom_count_ = now + 1s;
    }
    return oom_kills_;
  }

  /// Who is still in it is killed; the group goes when they are gone.
  void leave_group(std::unique_ptr<ControlGroup> group) {
    group->kill();
    if (!group->remove()) old_groups_.push_back(std::move(group));
    std::erase_if(old_groups_, [](auto const& old) { return old->remove(); });
  }

  /// Those that use more than they may: SIGKILL to all of the tree, and the reason is kept.
  void end_breaches() {
    for (auto const& seen : watch_.look([this] { return adopted_by_root(); })) {
      auto const it = running_.find(seen.root);
      if (it == running_.end()) continue;
      it->second.breach = seen.breach;
      it->second.breach_seen = seen.seen;
      if (it->second.group) it->second.group->kill();
      kill_child(it->second.id, it->second.marker);
    }
  }

  /// Processes that were handed to us while their attempt runs, by its root.
  std::multimap<pid_t, pid_t> adopted_by_root() {
    std::multimap<pid_t, pid_t> out;
    std::map<std::string_view, pid_t> roots;
    for (auto const& [pid, child] : running_) roots.emplace(child.marker, pid);
    for (pid_t const pid : list_own_children()) {
      if (running_.contains(pid) || removals_.contains(pid)) continue;
      auto const [it, is_new] = orphans_.try_emplace(pid);
      if (is_new) it->second = marker_of(pid);
      auto const root = roots.find(it->second);
      if (root != roots.end()) out.emplace(root->second, pid);
    }
    return out;
  }

  /// In a sandbox the signal is for those inside: the wall itself would fall with it, and all of
  /// them at once.
  void signal_child(std::uint64_t id, int signo) {
    auto const it = pids_.find(id);
    if (it == pids_.end()) return;
    if (!running_.at(it->second).is_sandboxed || signo == SIGKILL) return signal_group(id, signo);
    for (pid_t const pid : descendants_of(it->second, list_processes())) ::kill(pid, signo);
  }

  void signal_group(std::uint64_t id, int signo) {
    auto const it = pids_.find(id);
    if (it != pids_.end())
      ::kill(-it->second, signo);  // not reaped yet: the number is still its own
  }

  void kill_child(std::uint64_t id, std::string_view marker) {
    signal_group(id, SIGKILL);
    SweepBody what;
    what.markers.emplace_back(marker);
    sweep_processes(what);
  }

  void reap() {
    bool has_reaped = false;
    for (;;) {
      siginfo_t info{};
      if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) break;
      has_reaped = true;
      finish(info.si_pid);
    }
    if (has_reaped) kill_orphans();
  }

  /// `pid` is a zombie of ours: until it is waited for, its number cannot be another's group.
  void finish(pid_t pid) {
    auto const it = running_.find(pid);
    if (it != running_.end()) ::kill(-pid, SIGKILL);  // what it left behind in its group
    int status = 0;
    rusage usage{};
    ::wait4(pid, &status, 0, &usage);
    orphans_.erase(pid);
    if (it == running_.end()) return finish_removal(pid);
    auto const end = make_end(it->second, status, usage);
    watch_.forget(pid);
    if (it->second.group) leave_group(std::move(it->second.group));
    pids_.erase(it->second.id);
    markers_.erase(it->second.marker);
    auto const id = it->second.id;
    running_.erase(it);
    reply(id, end);
  }

  /// Processes that were handed to us because their parent ended, and whose attempt is over, end
  /// too.
  void kill_orphans() {
    std::set<std::string> over;
    for (pid_t const pid : list_own_children()) {
      if (running_.contains(pid) || removals_.contains(pid)) continue;
      auto const [it, is_new] = orphans_.try_emplace(pid);
      if (is_new) it->second = marker_of(pid);
      if (it->second.empty()) {
        // It hid its marker: it may be any attempt's, so it lives until none runs.
        if (running_.empty()) ::kill(pid, SIGKILL);
      } else if (!markers_.contains(it->second)) {
        over.insert(it->second);
      }
    }
    if (over.empty()) return;
    SweepBody what;
    what.markers.assign(over.begin(), over.end());
    sweep_processes(what);
  }

  void remove(std::uint64_t id, std::string const& path) {
    if (remove_tree(path, removed_inline_max) != Removal::unfinished) {
      remove_empty_parent(path);
      return reply_removed(id);
    }
    pid_t const pid = ::fork();
    if (pid == 0) {
      ::close(launcher_socket);  // the server must see our end of it close when we die
      while (remove_tree(path, 1'000'000) == Removal::unfinished) continue;
      remove_empty_parent(path);
      ::_exit(0);
    }
    if (pid < 0)
      return reply_removed(id);  // out of processes: the next start of the server clears it
    removals_.emplace(pid, id);
  }

  static void remove_empty_parent(std::string const& path) {
    ::rmdir(path.substr(0, path.rfind('/')).c_str());  // fails when others are in it
  }

  void finish_removal(pid_t pid) {
    auto const it = removals_.find(pid);
    if (it == removals_.end()) return;
    reply_removed(it->second);
    removals_.erase(it);
  }

  void reply(std::uint64_t id, ChildEnd const& end) {
    send(encode_head({PacketKind::ended, false, id}) + encode(end));
  }
  void reply_removed(std::uint64_t id) { send(encode_head({PacketKind::removed, false, id})); }

  /// Waits for room: the server always reads.
  void send(std::string const& packet) {
    if (send_packet(launcher_socket, packet, {}) != 0) closed_ = true;
  }

  void drain_signal() const {
    std::array<signalfd_siginfo, 8> infos{};
    while (::read(children_signal_, infos.data(), sizeof(infos)) > 0) continue;
  }

  int children_signal_;
  int nice_;  // of the children
  bool closed_ = false;
  TreeWatch watch_;
  Steady::time_point next_oom_count_{};
  std::uint64_t oom_kills_ = 0;
  std::vector<std::unique_ptr<ControlGroup>> old_groups_;  // that somebody was still leaving
  std::unordered_map<pid_t, RunningChild> running_;
  std::unordered_map<std::uint64_t, pid_t> pids_;
  std::set<std::string, std::less<>> markers_;  // of what runs
  std::map<pid_t, std::string>
      orphans_;  // adopted, with their markers; a number is ours until we reap it
  std::map<pid_t, std::uint64_t> removals_;
};

/// posix_spawn leaves glibc's two internal signals ignored, and ignored signals stay so over exec:
/// in every task.
void restore_internal_signals() {
  std::array<std::uint64_t, 4> const default_action{};  // the kernel's struct sigaction, SIG_DFL
  for (int const signo : {32, 33})
    ::syscall(SYS_rt_sigaction, signo, default_action.data(), nullptr, sizeof(std::uint64_t));
}

/// When memory runs out, the kernel should take a task, not the server or its database.
void offer_to_oom_killer() {
  FileDescriptor const file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  constexpr std::string_view score = "200";
  if (file.is_open() && ::write(file.get(), score.data(), score.size()) < 0) return;
}

/// A task with a thousand processes must not keep us from ending it. Where that is not allowed the
/// tasks' sessions, each of which gets its own share, do most of it. Returns what it was before.
int come_before_tasks() {
  int const nice = ::getpriority(PRIO_PROCESS, 0);
  constexpr int steps = 5;
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, nice - steps));
  return nice;
}

}  // namespace

std::optional<int> run_launcher_if_asked(int argc, char** argv) {
  if (argc < 1) return std::nullopt;
  if (std::strcmp(argv[0], collector_name) == 0) return run_collector();
  if (std::strcmp(argv[0], installer_name) == 0) return run_installer();
  if (std::strcmp(argv[0], launcher_name) != 0) return std::nullopt;
  ::setsid();  // a Ctrl-C at the server's terminal is the server's business
  ::prctl(PR_SET_NAME, "ropewalk-launch");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (int const signo : launcher_ignores) ::signal(signo, SIG_IGN);
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &children, nullptr);
  int const children_signal = ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  if (children_signal < 0) return 1;
  ::fcntl(launcher_socket, F_SETFD, FD_CLOEXEC);
  ::umask(022);
  restore_internal_signals();
  offer_to_oom_killer();
  int const nice = come_before_tasks();
  LauncherLoop(children_signal, nice).run();
  ::_exit(0);
}

}  // namespace ropewalk

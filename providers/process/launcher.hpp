#pragma once
// The server's end of the launcher: starts it, gives it children to run, notices when it dies and
// starts another.
//
// Owner:  one for each shard. close() must be awaited before it is destroyed, with no attempt
// running. Shard:  all calls on the constructing shard. Nothing here waits for the launcher, except
// close(). Limits: what does not fit the socket is queued; the queue is as long as there are
// children, no more.

#include "engine/async/async_scope.hpp"
#include "providers/process/launcher_protocol.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <sys/types.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ropewalk {

struct SpawnRequest {
  std::string program{};    // path, already looked up
  std::string directory{};  // working directory
  std::vector<std::string> argv{};
  std::vector<std::string> env{};  // "NAME=value"; the attempt's marker is added
  FileDescriptor stdout_pipe{};    // write ends; closed here once the launcher has them
  FileDescriptor stderr_pipe{};
  FileDescriptor stdin_file{};  // what it reads; not open: nothing
  ResourceLimits limits{};
  std::string group_base{};  // control group in which its own is made; empty: it gets none
  bool is_sandboxed = false;
};

/// A process that was asked for. `wake` is cancelled when `end` is set; whoever waits may use its
/// expiry as he likes.
struct Child {
  Child(Executor executor, std::uint64_t number)
      : id(number), wake(executor, Timer::time_point::max()) {}

  std::uint64_t id;
  std::optional<ChildEnd> end{};
  Timer wake;
};

class Launcher {
 public:
  explicit Launcher(Executor executor);
  Launcher(Launcher const&) = delete;
  Launcher& operator=(Launcher const&) = delete;
  ~Launcher();

  /// Never waits: what becomes of it shows in the child's `end`.
  std::shared_ptr<Child> spawn(SpawnRequest request);
  /// To the whole process group. Harmless when the child has ended.
  void signal(Child const& child, int signo);
  /// SIGKILL to the group and to whatever else the child started, wherever it went.
  void kill(Child const& child);
  /// After its end: SIGKILL to what it left behind and to whoever holds one of these pipes open.
  void sweep(Child const& child, std::vector<std::string> pipes);
  /// Removes a directory tree, and its parent if that is then empty, in the background.
  void remove(std::string path);

  /// Waits for removals, then ends the launcher and with it everything that it started.
  Async<> close();

  pid_t pid() const { return pid_; }
  std::size_t running_count() const { return running_.size(); }

 private:
  struct Outgoing {
    std::uint64_t spawn_id = 0;  // 0: not a spawn
    std::string bytes{};
    std::vector<FileDescriptor> descriptors{};
  };
  struct Running {
    std::shared_ptr<Child> child{};
    bool is_sent = false;
  };

  bool start_process();
  Async<> serve();
  Async<> read_replies();
  Async<> flush();
  Async<> reap_process();
  void take_reply(Packet const& packet);
  void send(Outgoing packet);
  void send_waiting();
  void finish(std::uint64_t id, ChildEnd const& end);
  void lose_children();
  void resend_after_loss(std::vector<std::string> const& lost_markers);
  std::string marker_of(std::uint64_t id) const;
  std::string remove_packet(std::uint64_t id, std::string const& path) const;

  Executor executor_;
  AsyncScope scope_;
  asio::posix::basic_stream_descriptor<Executor> socket_;
  asio::posix::basic_stream_descriptor<Executor> process_;  // pidfd
  Timer pause_;                                             // between failed starts
  Timer removed_;
  pid_t pid_ = -1;
  std::string nonce_;
  std::uint64_t next_id_ = 1;
  std::deque<Outgoing> outbox_;
  std::unordered_map<std::uint64_t, Running> running_;
  std::map<std::uint64_t, std::string> removals_;
  std::vector<std::string> lost_markers_;
  bool is_flushing_ = false;
  bool is_closing_ = false;
};

}  // namespace ropewalk

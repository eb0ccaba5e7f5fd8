#pragma once
// Where committed events of a shard meet those who watch them, on whichever shard their connection
// lives.
//
// A watcher registers with the hub of its own shard. That hub asks the execution's home hub, once
// for all its watchers, and gets every batch posted (shared, not copied). Batches come in order;
// what was published before the registration is read from the store: watch first, then ask the
// store for the last seq, and nothing can fall between the two.
//
// Streamed text goes the same way, but is never copied: the home's book holds it, updates say how
// far it may be read (server/stream/task_streams.hpp). All that is written in one turn of the event
// loop makes one update; none waits for a timer.
//
// Shard: every call on the hub's own shard. Owner: the node; every hub outlives every shard's last
// watcher.

#include "engine/async/shard.hpp"
#include "engine/ports/event_sink.hpp"
#include "server/stream/event_batch.hpp"
#include "server/stream/stream_book.hpp"
#include "server/stream/task_streams.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ropewalk::server {

class Watcher {
 public:
  virtual ~Watcher() = default;
  /// A batch of an execution that it watches. Must not block, nor call the hub.
  virtual void offer(SharedBatch const& batch) = 0;
  /// The same for who watches all: once more when the execution is watched as well.
  virtual void offer_to_all(SharedBatch const& batch) { offer(batch); }
  /// News of the execution's streamed texts, which `streams` has taken in already. Must not block,
  /// nor call the hub.
  virtual void offer_streams(
      std::shared_ptr<ExecutionStreams> const& /*streams*/, StreamUpdate const& /*update*/
  ) {}
};

class Hub : public EventSink {
 public:
  /// `peers` gets the hubs of all shards, this one among them, before the first call of anything
  /// else.
  /// `stream_bytes`: of streamed text, kept of one channel of one attempt.
  explicit Hub(Shard& shard, std::uint64_t stream_bytes = 4 * 1024 * 1024)
      : shard_(shard), book_(stream_bytes) {}
  void connect(std::vector<Hub*> peers, std::function<bool(ExecutionId)> is_live);

  void publish(ExecutionId execution, std::vector<EventChunk> const& events) override;

  void token(TextSource const& source, std::string_view channel, std::string_view text) override;
  void restart_text(TextSource const& source, std::string_view reason) override;
  void end_text(TextSource const& source, TextEnd const& end) override;
  void forget(ExecutionId execution) override;
  /// The engine of this shard is gone: what its attempts streamed counts no more.
  void forget_streams();

  /// Registers; returns whether the execution is live on this node. From then on every batch is
  /// offered.
  Async<bool> watch(ExecutionId execution, Watcher& watcher);
  void unwatch(ExecutionId execution, Watcher& watcher);

  /// The streamed texts that this shard knows of; null when there are none. Complete for an
  /// execution that is watched here, once watch() has returned.
  std::shared_ptr<ExecutionStreams> streams_of(ExecutionId execution) const;

  /// Every batch with an execution.status in it, of every execution of this node.
  void watch_all(Watcher& watcher);
  void unwatch_all(Watcher& watcher);

  std::size_t watched_count() const { return watchers_.size(); }
  StreamBook const& book() const { return book_; }

 private:
  /// Which shards (by index) want the events of an execution that lives here, or status changes of
  /// all.
  struct Interest {
    std::vector<std::uint32_t> counts{};  // by shard: watchers' hubs send one +1 and one -1 each
    std::uint32_t total = 0;
  };

  Hub& home_of(ExecutionId execution) const;
  void add_interest(ExecutionId execution, std::uint32_t shard, int change);
  void add_interest_in_all(std::uint32_t shard, int change);
  void send(std::uint32_t shard, SharedBatch const& batch, bool is_for_all);
  void deliver(SharedBatch const& batch, bool is_for_all);

  /// Those who watch an execution from this shard, and its texts.
  struct Watched {
    std::unordered_set<Watcher*> watchers{};
    std::shared_ptr<ExecutionStreams> streams{};
  };
  using SharedUpdate = std::shared_ptr<StreamUpdate const>;

  // hub_streams.cpp
  void flush_later();
  void flush();
  /// Before the events themselves are sent: what they mean for the texts.
  void publish_streams(ExecutionId execution, std::vector<EventChunk> const& events);
  void tell(StreamUpdate update);
  void tell_everything(ExecutionId execution, std::uint32_t shard);
  void send_update(std::uint32_t shard, SharedUpdate const& update);
  void deliver_update(StreamUpdate const& update);

  Shard& shard_;
  std::vector<Hub*> peers_;
  std::function<bool(ExecutionId)> is_live_;
  std::unordered_map<ExecutionId, Interest> interests_;  // of executions that live on this shard
  Interest interest_in_all_;
  std::unordered_map<ExecutionId, Watched> watchers_;  // on this shard
  std::unordered_set<Watcher*> watchers_of_all_;
  StreamBook book_;  // of executions that live on this shard
  bool flush_is_due_ = false;
};

}  // namespace ropewalk::server

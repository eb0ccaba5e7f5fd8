#pragma once
// What one subscriber of one execution has been sent and what waits for it. No I/O.
//
// It knows two numbers: the last seq that was sent and the last that is known to be durable.
// Between them it takes live batches when they join on without a gap, and asks for a page of
// history otherwise. So the start, a slow client whose queue was dropped, and a reconnect are one
// and the same case.
//
// Of streamed texts it keeps positions only (StreamFollower). Stored ones go first, live ones
// follow.

#include "server/stream/event_batch.hpp"
#include "server/stream/stored_text.hpp"
#include "server/stream/stream_follower.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace ropewalk::server {

class Subscription {
 public:
  Subscription(std::string id, ExecutionId execution, std::uint64_t after, EventKinds kinds);

  std::string const& id() const { return id_; }
  ExecutionId execution() const { return execution_; }
  EventKinds kinds() const { return kinds_; }
  std::uint64_t sent() const { return sent_; }
  std::uint64_t known() const { return known_; }
  std::deque<SharedBatch> const& queue() const { return queue_; }

  /// A live batch. Returns how many bytes the queue grew by.
  std::size_t offer(SharedBatch const& batch);
  /// What is durable goes up to `seq` at least.
  void known_until(std::uint64_t seq) { known_ = std::max(known_, seq); }
  /// Lets the queue go; what was in it will be read from history. Returns its bytes.
  std::size_t drop_queue();

  enum class Need : unsigned char { nothing, queue, history };
  /// What the writer does next.
  Need need() const;
  /// Moves wanted events of the queue's first batch into `out` as frames. Returns the bytes that
  /// the queue shrank by. REQUIRES: need() is queue.
  std::size_t take_batch(std::string& out);
  /// Events read from history after sent(), as lines, up to `last_seq` (0: there are none).
  void take_page(std::string& out, std::string_view lines, std::uint64_t last_seq);

  // subscription_texts.cpp
  /// The client is about to be told that it is subscribed: from here on it follows `live` (null:
  /// nothing was streamed yet) and, when there are any, what the store has of tasks that ended.
  void follow(std::shared_ptr<ExecutionStreams> const& live, bool has_stored);
  /// News of live texts. REQUIRES: follow() was called, or it is of no interest.
  void offer_streams(std::shared_ptr<ExecutionStreams> const& streams, StreamUpdate const& update);
  bool has_texts() const;
  /// The next page of stored texts is to be read, those of tasks after stored_after().
  bool needs_stored() const { return wants_stored_ && !stored_ && need() == Need::nothing; }
  std::string const& stored_after() const { return stored_after_; }
  void take_stored(std::vector<StoredText> page);
  /// Appends about `bytes_max` bytes of frames.
  void take_texts(std::string& out, std::size_t bytes_max);
  /// Executions' texts that it keeps from being freed.
  std::size_t texts_held() const { return followers_.size() + (stored_ ? 1U : 0U); }

  std::size_t frames_count = 0;  // frames appended since whoever counts them last looked
  bool is_announced = false;     // the client was told: events may follow
  bool is_ready = false;  // it stands in its session's line of those that have something to send

 private:
  void append(std::string& out, std::string_view lines);
  bool is_followed(std::string_view task) const;

  std::string id_;
  ExecutionId execution_;
  std::string execution_text_;
  EventKinds kinds_;
  std::uint64_t sent_ = 0;
  std::uint64_t known_ = 0;
  std::deque<SharedBatch> queue_;
  bool follows_ = false;
  bool wants_stored_ = false;
  std::string stored_after_;
  std::optional<StreamFollower> stored_;
  std::deque<StreamFollower> followers_;  // more than one only when an ended execution was run on
};

}  // namespace ropewalk::server

#pragma once
// Where one subscriber stands in the streamed texts of an execution: positions, never text.
//
// So a subscriber that reads slowly costs no more than one that keeps up: what it has not read yet
// is one piece, from its position to the end, however many tokens that was. No I/O.
//
// Shard: that of its ExecutionStreams.

#include "server/stream/task_streams.hpp"

#include <deque>
#include <optional>
#include <vector>

namespace ropewalk::server {

/// The name of a channel as places hold it: short, and fit for a header. Long names and strange
/// ones are hashed.
std::string channel_key(std::string_view channel);

/// What a subscriber has of one channel. By name: live, channels stand in the order of their first
/// text, stored in another.
struct ChannelPlace {
  std::string key{};
  TextPosition position{};
};

/// What a subscriber has of one task's text.
struct StreamPlace {
  std::uint32_t attempt = 0;  // 0: nothing yet
  std::uint32_t generation = 0;
  std::vector<ChannelPlace> channels{};
  bool has_ended = false;
};

/// Takes frames, as JSON text.
class FrameTaker {
 public:
  virtual ~FrameTaker() = default;
  /// `after`: where the subscriber stands once it has this frame.
  virtual void take(std::string_view type, std::string_view json, StreamPlace const& after) = 0;
};

class StreamFollower {
 public:
  /// `only_task` empty: all of them.
  explicit StreamFollower(std::shared_ptr<ExecutionStreams> streams, std::string only_task = {});

  std::shared_ptr<ExecutionStreams> const& streams() const { return streams_; }

  /// It has been sent this much before, over another connection; only `points` of the positions
  /// count. REQUIRES: it was not told of anything yet, and follows one task.
  void resume(StreamPlace place) { resumed_ = std::move(place); }

  /// Streams of `update` have news. What begins now is held back until event `seq_known` was sent.
  void offer(StreamUpdate const& update, std::uint64_t seq_known);
  /// The same for all there are.
  void offer_all(std::uint64_t seq_known);
  /// Events up to `seq` were sent: what waited for them may go.
  void events_sent(std::uint64_t seq);

  bool has_more() const { return !waiting_.empty(); }
  /// Everything was sent, and nothing follows.
  bool is_done() const { return streams_->is_over() && waiting_.empty() && blocked_.empty(); }

  /// Gives out up to about `bytes_max` bytes, each stream in turn. Returns the count of frames.
  std::size_t take(FrameTaker& taker, std::size_t bytes_max);

 private:
  struct Position {
    StreamPlace place{};
    std::vector<bool> cuts_told{};
    std::uint64_t after_seq = 0;
    bool is_known = false;        // after_seq is set
    bool is_marked = false;       // it stands in waiting_ or blocked_
    bool was_shown = false;       // something of the text at `place` was sent
    bool was_superseded = false;  // the subscriber was told that this text replaces another
  };

  void mark(std::uint32_t index, std::uint64_t seq_known);
  void begin(Position& position, StreamView const& view, FrameTaker& taker);
  void announce(Position& position, StreamView const& view, FrameTaker& taker);
  void resume_at(Position& position, StreamView const& view, FrameTaker& taker);
  /// One frame of the stream; false when there is none to be sent now.
  bool take_one(std::uint32_t index, FrameTaker& taker);
  bool take_text(Position& position, std::uint32_t index, FrameTaker& taker);

  std::shared_ptr<ExecutionStreams> streams_;
  std::string only_task_;
  std::vector<Position> positions_;
  std::deque<std::uint32_t> waiting_;   // streams that may have something
  std::vector<std::uint32_t> blocked_;  // those whose event has to be sent first
  std::optional<StreamPlace> resumed_;
  std::uint64_t sent_ = 0;
  std::size_t bytes_taken_ = 0;
  std::size_t frames_taken_ = 0;
};

}  // namespace ropewalk::server

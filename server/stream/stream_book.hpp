#pragma once
// The texts that the running attempts of a shard's executions stream: written here, once.
//
// It keeps the latest text of every task until the execution's end was published, for subscribers
// that come late. What changed since updates were last taken is given out as StreamUpdates. No I/O.
//
// Shard:  the executions' home.
// Limits: bytes of a channel (the rest is counted and hashed, not kept), channels of a text.

#include "engine/ports/event_sink.hpp"
#include "server/stream/task_streams.hpp"
#include "server/stream/text_hash.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ropewalk::server {

class StreamBook {
 public:
  explicit StreamBook(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// True when something changed that is to be told.
  bool token(TextSource const& source, std::string_view channel, std::string_view text);
  bool restart(TextSource const& source, std::string_view reason);
  void end(TextSource const& source, TextEnd const& end);

  bool has(ExecutionId execution) const { return executions_.contains(execution); }
  /// Events that are durable now: a task that ended gets its `end`, one that begins another attempt
  /// loses the text of the one before. Returns whether the execution is over.
  bool published(ExecutionId execution, std::vector<EventChunk> const& events);
  void forget(ExecutionId execution) { executions_.erase(execution); }

  /// What changed since the last call.
  std::vector<StreamUpdate> take_updates();
  /// All there is of an execution.
  StreamUpdate everything(ExecutionId execution) const;

  /// Those that have text here.
  std::vector<ExecutionId> executions() const;
  /// How many they are, and what their texts take in memory.
  std::size_t executions_count() const { return executions_.size(); }
  std::uint64_t bytes_held() const;

 private:
  struct Channel {
    std::shared_ptr<TextLog> log{};
    TextPosition end{};
    bool is_cut = false;
  };
  struct Stream {
    std::shared_ptr<StreamHead const> head{};
    std::vector<Channel> channels{};
    TextHash hash{};           // of the channel "text", all of it
    std::uint64_t points = 0;  // of the same
    TextEnd ending{};          // as far as the attempt told
    std::shared_ptr<StreamEnd const> end{};
    bool is_dirty = false;
  };
  struct Entry {
    std::vector<Stream> streams{};
    std::map<std::string, std::uint32_t, std::less<>> by_task{};
    std::vector<std::uint32_t> dirty{};
  };

  /// The text that the source writes now; null when it is an attempt that is over.
  Stream* find_or_begin(TextSource const& source);
  void begin(Stream& stream, StreamHead head);
  void mark(ExecutionId execution, Entry& entry, std::uint32_t index);
  void task_changed(ExecutionId execution, Entry& entry, std::string_view line);
  static StreamView view_of(Stream const& stream);

  std::uint64_t bytes_max_;
  std::unordered_map<ExecutionId, Entry> executions_;
  std::vector<ExecutionId> dirty_;
};

/// The `end` frame. `length` in code points; what `ending` does not know is left out.
std::string end_frame(
    std::string_view execution,
    StreamHead const& head,
    std::string_view status,
    std::uint64_t length,
    std::string_view sha256,
    TextEnd const& ending
);

}  // namespace ropewalk::server

#pragma once
// The streamed texts of an execution as one shard knows them: what its watchers read from.
//
// The home shard tells by StreamUpdate what there is; the text itself is shared (TextLog), so an
// update is a few words however much was written.
//
// Shard: updates may be handed from shard to shard; an ExecutionStreams belongs to one.

#include "engine/base/ids.hpp"
#include "server/stream/text_log.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::server {

/// Which text of a task it is: a new one begins with every attempt, and when an attempt begins
/// again.
struct StreamHead {
  std::string task{};
  std::uint32_t attempt = 0;
  std::uint32_t generation = 0;   // how often the attempt began its text again
  std::string reason{};           // why it did
  std::uint64_t running_seq = 0;  // not to be shown before that event was
};

/// One channel: its text, and how far it may be read.
struct ChannelView {
  std::shared_ptr<TextLog const> log{};
  TextPosition end{};
  bool is_cut = false;  // more was written than is kept
};

/// The `end` frame, ready to be sent once the event `seq` was.
struct StreamEnd {
  std::string json{};
  std::uint64_t seq = 0;
};

struct StreamView {
  std::shared_ptr<StreamHead const> head{};
  std::vector<ChannelView> channels{};  // in the order of their first text
  std::shared_ptr<StreamEnd const> end{};
};

/// News of one execution. Numbers are places in ExecutionStreams.
struct StreamUpdate {
  ExecutionId execution{};
  std::vector<std::pair<std::uint32_t, StreamView>> streams{};
  bool is_over = false;  // the execution has ended: nothing follows
};

class ExecutionStreams {
 public:
  explicit ExecutionStreams(ExecutionId execution) : execution_(execution.to_string()) {}

  /// Later news of a stream replaces earlier; what comes twice or late changes nothing.
  void apply(StreamUpdate const& update);

  std::string const& execution() const { return execution_; }
  std::size_t size() const { return streams_.size(); }
  /// Not known yet (its update is on the way): head is null.
  StreamView const& at(std::uint32_t index) const { return streams_[index].view; }
  StreamView const* find(std::string_view task) const;
  bool is_over() const { return is_over_; }

  /// A `token` frame for a piece of a channel. The last one made is kept: who follows at the same
  /// place gets it for nothing. Valid until the next call.
  std::string const& token_frame(
      std::uint32_t index, std::size_t channel, TextPosition from, TextPosition to
  );
  /// How many frames were made.
  std::size_t formatted_count() const { return formatted_count_; }

 private:
  struct Piece {
    TextLog const* log = nullptr;
    TextPosition from{};
    TextPosition to{};
    std::string frame{};
  };
  struct Stream {
    StreamView view{};
    Piece piece{};
  };

  std::string execution_;
  std::vector<Stream> streams_;
  bool is_over_ = false;
  std::size_t formatted_count_ = 0;
};

/// {"type":…,"execution":…,"task":…,"attempt":… without the closing brace.
std::string frame_start(
    std::string_view type, std::string_view execution, std::string_view task, std::uint32_t attempt
);
std::string cut_frame(std::string_view execution, StreamHead const& head, ChannelView const& cut);
/// `reason` may be empty.
std::string superseded_frame(
    std::string_view execution,
    std::string_view task,
    std::uint32_t attempt,
    std::uint32_t by,
    std::string_view reason
);

}  // namespace ropewalk::server

#pragma once
// The text of one task as Server-Sent Events: the frames of the WebSocket, one an event.
//
// Owner: the response that it is the body of. Shard: that of the connection.

#include "engine/async/async.hpp"
#include "server/http/body_stream.hpp"
#include "server/hub.hpp"
#include "server/stream/stream_follower.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::server {

/// An event id says how much of the text the client has: "<attempt>.<generation>:" and
/// "<channel>=<offset>" for each channel, with commas between them; "!" at the end of all.
std::string event_id(StreamPlace const& place);
/// nullopt when it is none of ours.
std::optional<StreamPlace> parse_event_id(std::string_view text);

class TaskStreamBody : public BodyStream, public Watcher {
 public:
  TaskStreamBody(
      Executor executor, Hub& hub, ExecutionId execution, std::string task, Duration heartbeat
  );
  ~TaskStreamBody() override;

  /// Registers with the hub; call it once, before anything else.
  Async<> watch();
  /// Goes on from there.
  void resume(StreamPlace place) { resumed_ = std::move(place); }
  /// Whether the hub knows text of the task.
  bool is_live() const;
  /// Whether a client that is there has been told the end of the text that the hub knows.
  bool has_all(StreamPlace const& place) const;
  /// The task has ended and this is all there is of it: nothing live is waited for.
  void give_stored(std::shared_ptr<ExecutionStreams> streams);
  /// The task has ended like this; should no text follow, that alone is told.
  void task_ended(std::uint32_t attempt, std::string_view status);

  Async<std::string> next() override;

  void offer(SharedBatch const& batch) override;
  void offer_streams(std::shared_ptr<ExecutionStreams> const& streams, StreamUpdate const& update)
      override;

 private:
  void follow(std::shared_ptr<ExecutionStreams> streams);
  std::string gather();
  void wake();

  Hub& hub_;
  ExecutionId execution_;
  std::string task_;
  Duration heartbeat_;
  Timer wake_;
  bool has_news_ = true;
  bool has_ended_ = false;
  bool is_watching_ = false;
  std::optional<StreamPlace> resumed_;
  StreamPlace last_{};  // where the client is
  std::optional<StreamFollower> follower_;
  std::string plain_end_;  // the `end` frame for when no text comes
};

}  // namespace ropewalk::server

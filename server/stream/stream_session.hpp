#pragma once
// One WebSocket connection: what it subscribed to, and the two loops that serve it.
//
// Owner:  StreamServer::serve, which awaits run().
// Limits: subscriptions, bytes of a message, bytes of live events that wait (past it they are
// dropped and read from the
//         store again), bytes of answers that wait (past it no more is read from the client).
// Events leave through one writer, many in one write.

#include "engine/async/async_scope.hpp"
#include "engine/async/signal.hpp"
#include "server/api/backend.hpp"
#include "server/config.hpp"
#include "server/http/socket.hpp"
#include "server/hub.hpp"
#include "server/stream/frames.hpp"
#include "server/stream/protocol.hpp"
#include "server/stream/subscription.hpp"

#include <deque>
#include <functional>
#include <map>
#include <string>

namespace ropewalk::server {

struct StreamParts {
  Backend& backend;
  Hub& hub;
  Limits const& limits;
  std::function<void(std::size_t count)> on_frames_sent{};
};

class StreamSession : public Watcher {
 public:
  StreamSession(Executor executor, Socket& socket, StreamParts const& parts);
  ~StreamSession() override;

  Async<> run(std::string first_bytes);
  /// Sends a close frame and ends. The first reason given is the one that is sent.
  void close(std::uint16_t code, std::string reason);

  void offer(SharedBatch const& batch) override;
  void offer_to_all(SharedBatch const& batch) override;
  void offer_streams(std::shared_ptr<ExecutionStreams> const& streams, StreamUpdate const& update)
      override;
  /// Of streamed texts: how many executions' it keeps from being freed.
  std::size_t texts_held() const;

 private:
  Async<> read_loop(std::string first_bytes);
  Async<> write_loop();
  Async<> ping_loop();

  Async<> handle(std::string text);
  Async<> handle_body(ClientMessage message);
  Async<> subscribe(std::string id, SubscribeMessage wanted, std::string answer_type);
  Async<> start(std::string id, RunMessage wanted);
  Async<> cancel_execution(std::string id, CancelMessage wanted);
  void subscribe_all(std::string const& id);
  void unsubscribe(std::string const& id, std::string const& subscription);

  void reply(std::string const& text);
  void reply_error(std::string_view id, Error const& error);
  void make_ready(Subscription& subscription);
  void queue_for_all(SharedBatch const& batch);
  /// What it had not sent yet of changes of status goes to the subscription to all.
  void end_subscription(ExecutionId execution);
  /// Everything that can be written now, at most about 256 KiB.
  Async<std::string> gather();
  /// Reads one page for the subscription. `out` belongs to gather, which awaits this.
  Async<> take_history(ExecutionId execution, std::string& out);
  /// The same for a page of stored texts.
  Async<> take_stored(ExecutionId execution);

  Executor executor_;
  Socket& socket_;
  StreamParts const& parts_;
  AsyncScope loops_;
  Signal wake_writer_;
  Signal drained_;
  FrameReader reader_;
  std::string replies_;  // frames, ready to be sent
  std::map<ExecutionId, Subscription> subscriptions_;
  std::map<std::string, ExecutionId> by_id_;
  std::deque<ExecutionId> ready_;  // who has something to send, in turn
  std::string all_id_;             // of the subscription to all; empty: none
  std::deque<SharedBatch> all_queue_;
  std::size_t queued_bytes_ = 0;
  std::string closing_frame_;  // not empty: it is the last thing that is sent
  bool heard_ = true;          // something came since the last ping
};

}  // namespace ropewalk::server

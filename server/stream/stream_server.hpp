#pragma once
// The WebSocket side of a shard: answers handshakes and owns the sessions that follow.
//
// Shard: every call on its own shard.

#include "server/http/front.hpp"
#include "server/stream/stream_session.hpp"

#include <list>
#include <string>

namespace ropewalk::server {

class StreamServer : public UpgradeHandler {
 public:
  explicit StreamServer(Executor executor, StreamParts parts)
      : executor_(executor), parts_(std::move(parts)) {}

  Response handshake(Request const& request) override;
  Async<> serve(Socket& socket, std::string first_bytes) override;

  /// Closes every session, and those that come later, with this code.
  void close_all(std::uint16_t code, std::string reason);
  std::size_t sessions_count() const { return sessions_.size(); }

 private:
  Executor executor_;
  StreamParts parts_;
  std::list<StreamSession*> sessions_;
  std::uint16_t closing_code_ = 0;
  std::string closing_reason_;
};

}  // namespace ropewalk::server

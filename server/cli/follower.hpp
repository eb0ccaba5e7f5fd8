#pragma once
// The events of one execution, in order and each once, over a connection that may break: it
// connects again and resumes after the last event that it has seen.

#include "server/client/client.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk::cli {

class Follower {
 public:
  using Clock = std::chrono::steady_clock;

  /// `kinds` as in docs/wire.md: "status", "log", …; with "token" next() gives the frames of texts
  /// too: after a lost connection they begin anew.
  Follower(
      Address address,
      std::string execution,
      std::vector<std::string> kinds,
      std::uint64_t after = 0
  );

  /// The next event, or frame of a text; nullopt when none came within `limit`.
  /// Errors: what the server says to the subscription; server_unreachable after half a minute
  /// (on a Unix socket: some seconds) without a connection.
  Result<std::optional<boost::json::object>> next(Milliseconds limit);

 private:
  Result<> connect();
  Result<> failed(Error error);

  Address address_;
  std::string execution_;
  std::vector<std::string> kinds_;
  std::unique_ptr<EventStream> stream_;
  std::uint64_t last_seq_ = 0;
  std::optional<Clock::time_point> lost_since_{};
  Clock::time_point try_at_{};
};

}  // namespace ropewalk::cli

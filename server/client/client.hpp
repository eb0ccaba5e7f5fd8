#pragma once
// A small blocking client of the server's own HTTP and WebSocket interface, for commands.
//
// One thread: each object has an io_context of its own, and every call drives it until done or
// until its time is up. Beast stays in client.cpp.

#include "engine/base/error.hpp"
#include "server/client/address.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::cli {

using Milliseconds = std::chrono::milliseconds;

struct Reply {
  unsigned status = 0;
  boost::json::value body{};  // null when the answer had none
};

class HttpClient {
 public:
  explicit HttpClient(Address address, Milliseconds limit = std::chrono::seconds(60))
      : address_(std::move(address)), limit_(limit) {}

  Address const& address() const { return address_; }

  /// The answer, whatever its status. `idempotency_key` may be empty.
  /// Errors: server_unreachable, server_timeout, bad_reply.
  Result<Reply> request(
      std::string_view method,
      std::string const& target,
      boost::json::value const* body = nullptr,
      std::string_view idempotency_key = {}
  ) const;

  /// The body of a 2xx answer; a problem document becomes the Error that it describes.
  Result<boost::json::value> get(std::string const& target) const;
  Result<boost::json::value> post(
      std::string const& target,
      boost::json::value const& body,
      std::string_view idempotency_key = {}
  ) const;
  Result<boost::json::value> put(std::string const& target, boost::json::value const& body) const;
  /// null: an answer without a body.
  Result<boost::json::value> remove(std::string const& target) const;

 private:
  Address address_;
  Milliseconds limit_;
};

/// The Error that a problem document (RFC 9457) or another refusal stands for.
Error error_from_reply(Reply const& reply);

/// The WebSocket /v1/stream.
class EventStream {
 public:
  /// Errors: server_unreachable, server_timeout, bad_reply.
  static Result<std::unique_ptr<EventStream>> open(Address const& address, Milliseconds limit);
  virtual ~EventStream() = default;

  /// Errors: stream_closed, server_timeout.
  virtual Result<> send(boost::json::value const& frame) = 0;
  /// The next frame; nullopt when none came within `limit`. Errors: stream_closed, bad_reply.
  virtual Result<std::optional<boost::json::value>> receive(Milliseconds limit) = 0;
};

/// Percent-encodes everything but letters, digits and "-._~", for use in a target.
std::string encode_component(std::string_view text);

}  // namespace ropewalk::cli

#pragma once
// A client of the WebSocket /v1/stream that can be cut off anywhere and sends any frame.

#include "tests/system/support/socket.hpp"

#include <optional>
#include <string>

namespace ropewalk::system_test {

/// A WebSocket /v1/stream.
class Stream {
 public:
  explicit Stream(std::uint16_t port, int receive_buffer = 0);

  void send(json::value const& message) const { send_frame(1, json_text(message)); }
  void send_frame(unsigned opcode, std::string payload, bool is_masked = true) const;
  /// The next text message; nullopt when none came in time, or when it was closed: see closed_with.
  std::optional<json::object> receive(milliseconds limit = seconds(20));
  /// Until a message of this type comes; throws when none does.
  json::object expect(std::string const& type, milliseconds limit = seconds(20));
  /// The code of the server's close frame; 0: it has not come; 1006: the stream ended without one.
  unsigned closed_with() const { return closed_with_; }
  /// Reads on until the server closes.
  unsigned wait_for_close(milliseconds limit = seconds(20));
  void cut() { socket_.cut(); }
  static std::string json_text(json::value const& message);

 private:
  struct Frame {
    unsigned opcode = 0;
    std::string payload{};
  };
  std::optional<Frame> next_frame(milliseconds limit);
  std::optional<Frame> take_frame();

  Socket socket_;
  std::string bytes_;
  unsigned closed_with_ = 0;
};

}  // namespace ropewalk::system_test

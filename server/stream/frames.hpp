#pragma once
// WebSocket frames (RFC 6455) as bytes: written unmasked, as servers do, and read masked, as
// clients send them.
//
// Why not Beast's stream: it writes one frame at a time; here a whole batch of events goes out in
// one write, and a connection costs no buffers while it is quiet. No I/O in here: bytes go in,
// messages come out.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::server {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

/// Close codes that this server sends.
namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t unsupported_data = 1003;
inline constexpr std::uint16_t bad_text = 1007;
inline constexpr std::uint16_t too_big = 1009;
inline constexpr std::uint16_t internal_error = 1011;
inline constexpr std::uint16_t service_restart = 1012;
inline constexpr std::uint16_t try_again_later = 1013;
}  // namespace close_code

/// Appends the header of an unmasked, unfragmented frame; its payload follows.
void append_frame_header(std::string& out, Opcode opcode, std::size_t payload_size);
void append_frame(std::string& out, Opcode opcode, std::string_view payload);
void append_close(std::string& out, std::uint16_t code, std::string_view reason);

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string accept_key(std::string_view key);
/// Whether the key is 16 bytes in base64.
bool is_handshake_key(std::string_view key);

class FrameReader {
 public:
  explicit FrameReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  enum class Kind : unsigned char { text, ping, pong, close, failed };
  struct Event {
    Kind kind = Kind::text;
    std::string data{};      // the text, a ping's payload, or why the peer closed or was refused
    std::uint16_t code = 0;  // close: what to answer with; failed: what to close with
  };

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  /// The next whole message or control frame; nullopt when more bytes are needed. After close or
  /// failed: nothing more.
  std::optional<Event> next();

 private:
  std::optional<Event> fail(std::uint16_t code, std::string reason);
  std::optional<Event> take_data(Opcode opcode, bool is_final, std::string payload);
  std::optional<Event> take_control(Opcode opcode, std::string payload);

  std::size_t message_bytes_max_;
  std::string buffer_;
  std::string message_;
  bool in_message_ = false;
  bool ended_ = false;
};

}  // namespace ropewalk::server

#include "server/stream/frames.hpp"

#include "engine/base/error.hpp"
#include "engine/base/text.hpp"

#include <openssl/evp.h>

#include <array>

namespace ropewalk::server {
namespace {

bool is_control(Opcode opcode) {
  return static_cast<std::uint8_t>(opcode) >= 8;
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

void append_number(std::string& out, std::uint64_t value, int bytes_count) {
  for (int i = bytes_count - 1; i >= 0; --i) out += static_cast<char>((value >> (8 * i)) & 0xffU);
}

std::string to_base64(unsigned char const* bytes, std::size_t size) {
  std::string out(4 * ((size + 2) / 3) + 1, '\0');
  auto const written =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(size));
  out.resize(static_cast<std::size_t>(written));
  return out;
}

bool may_be_received(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

/// The header of a frame: what stands before its payload.
struct FrameHeader {
  Opcode opcode = Opcode::text;
  bool is_final = true;
  bool is_plain = true;  // no reserved bit, a known opcode
  bool is_masked = false;
  std::uint64_t payload_size = 0;
  std::size_t header_size = 0;
};

/// nullopt when more bytes are needed.
std::optional<FrameHeader> read_header(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  FrameHeader out;
  auto const first = byte_at(bytes, 0);
  auto const second = byte_at(bytes, 1);
  auto const code = first & 0x0fU;
  out.opcode = static_cast<Opcode>(code);
  out.is_final = (first & 0x80U) != 0;
  out.is_plain = (first & 0x70U) == 0 && (code <= 2 || (code >= 8 && code <= 10));
  out.is_masked = (second & 0x80U) != 0;
  out.payload_size = second & 0x7fU;
  out.header_size = 2;
  auto const extra = out.payload_size == 127 ? 8U : out.payload_size == 126 ? 2U : 0U;
  if (bytes.size() < 2 + extra) return std::nullopt;
  if (extra > 0) {
    out.payload_size = 0;
    for (std::size_t i = 0; i < extra; ++i)
      out.payload_size = (out.payload_size << 8U) | byte_at(bytes, 2 + i);
    out.header_size += extra;
  }
  return out;
}

}  // namespace

void append_frame_header(std::string& out, Opcode opcode, std::size_t payload_size) {
  out += static_cast<char>(0x80U | static_cast<std::uint8_t>(opcode));
  if (payload_size < 126) {
    out += static_cast<char>(payload_size);
  } else if (payload_size <= 0xffff) {
    out += static_cast<char>(126);
    append_number(out, payload_size, 2);
  } else {
    out += static_cast<char>(127);
    append_number(out, payload_size, 8);
  }
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  append_frame_header(out, opcode, payload.size());
  out.append(payload);
}

void append_close(std::string& out, std::uint16_t code, std::string_view reason) {
  std::string payload;
  append_number(payload, code, 2);
  payload.append(reason.size() <= 123 ? std::string(reason) : shorten(reason, 120));
  ROPEWALK_CHECK(payload.size() <= 125);
  append_frame(out, Opcode::close, payload);
}

std::string accept_key(std::string_view key) {
  auto const text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  int const done = EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  ROPEWALK_CHECK(done == 1);
  return to_base64(digest.data(), size);
}

bool is_handshake_key(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  return key.substr(0, 22).find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
         ) == key.npos;
}

std::optional<FrameReader::Event> FrameReader::fail(std::uint16_t code, std::string reason) {
  ended_ = true;
  buffer_.clear();
  return Event{Kind::failed, std::move(reason), code};
}

std::optional<FrameReader::Event> FrameReader::next() {
  while (!ended_) {
    auto const header = read_header(buffer_);
    if (!header) return std::nullopt;
    bool const control = is_control(header->opcode);
    if (!header->is_plain) return fail(close_code::protocol_error, "unknown kind of frame");
    if (!header->is_masked) return fail(close_code::protocol_error, "frames must be masked");
    if (control && (header->payload_size > 125 || !header->is_final))
      return fail(close_code::protocol_error, "control frame too long or fragmented");
    if (!control && header->payload_size > message_bytes_max_ - message_.size())
      return fail(
          close_code::too_big,
          "messages may have at most " + std::to_string(message_bytes_max_) + " bytes"
      );
    auto const payload_at = header->header_size + 4;
    auto const payload_size = static_cast<std::size_t>(header->payload_size);
    if (buffer_.size() < payload_at + payload_size) return std::nullopt;
    auto payload = buffer_.substr(payload_at, payload_size);
    for (std::size_t i = 0; i < payload_size; ++i)
      payload[i] = static_cast<char>(payload[i] ^ buffer_[header->header_size + i % 4]);
    buffer_.erase(0, payload_at + payload_size);
    auto event = control ? take_control(header->opcode, std::move(payload))
                         : take_data(header->opcode, header->is_final, std::move(payload));
    if (event) return event;
  }
  return std::nullopt;
}

std::optional<FrameReader::Event> FrameReader::take_data(
    Opcode opcode, bool is_final, std::string payload
) {
  if (opcode == Opcode::binary) return fail(close_code::unsupported_data, "send text frames");
  if (in_message_ != (opcode == Opcode::continuation))
    return fail(close_code::protocol_error, "fragments out of order");
  message_ += payload;
  in_message_ = !is_final;
  if (!is_final) return std::nullopt;
  auto text = std::exchange(message_, {});
  if (!is_valid_utf8(text)) return fail(close_code::bad_text, "not valid UTF-8");
  return Event{Kind::text, std::move(text), 0};
}

std::optional<FrameReader::Event> FrameReader::take_control(Opcode opcode, std::string payload) {
  if (opcode == Opcode::ping) return Event{Kind::ping, std::move(payload), 0};
  if (opcode == Opcode::pong) return Event{Kind::pong, std::move(payload), 0};
  if (payload.size() == 1) return fail(close_code::protocol_error, "broken close frame");
  ended_ = true;
  if (payload.empty()) return Event{Kind::close, {}, close_code::normal};
  auto const code = static_cast<std::uint16_t>((byte_at(payload, 0) << 8U) | byte_at(payload, 1));
  auto reason = payload.substr(2);
  if (!may_be_received(code)) return fail(close_code::protocol_error, "broken close code");
  if (!is_valid_utf8(reason)) return fail(close_code::bad_text, "close reason is not valid UTF-8");
  return Event{Kind::close, std::move(reason), code};
}

}  // namespace ropewalk::server

#include "tests/system/support/stream.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <stdexcept>

namespace ropewalk::system_test {

Stream::Stream(std::uint16_t port, int receive_buffer) : socket_(port, receive_buffer) {
  HttpRequest const upgrade{
      "GET",
      "/v1/stream",
      "",
      {{"Upgrade", "websocket"},
       {"Connection", "Upgrade"},
       {"Sec-WebSocket-Version", "13"},
       {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
       {"Sec-WebSocket-Protocol", "ropewalk.v1"}}};
  socket_.write(to_bytes(upgrade));
  auto end = bytes_.npos;
  while ((end = bytes_.find("\r\n\r\n")) == bytes_.npos)
    if (!socket_.read_some(bytes_, seconds(20))) throw std::runtime_error("no upgrade: " + bytes_);
  auto const reply = parse_head(bytes_.substr(0, end + 2));
  if (reply.status != 101) throw std::runtime_error("no upgrade: " + bytes_);
  bytes_.erase(0, end + 4);
}

std::string Stream::json_text(json::value const& message) {
  return json::serialize(message);
}

void Stream::send_frame(unsigned opcode, std::string payload, bool is_masked) const {
  std::string frame(1, static_cast<char>(0x80U | opcode));
  auto const size = payload.size();
  unsigned const mask_bit = is_masked ? 0x80U : 0U;
  int length_bytes = 0;
  if (size < 126) {
    frame += static_cast<char>(mask_bit | size);
  } else {
    length_bytes = size <= 0xffff ? 2 : 8;
    frame += static_cast<char>(mask_bit | (size <= 0xffff ? 126U : 127U));
  }
  for (int i = length_bytes - 1; i >= 0; --i) frame += static_cast<char>((size >> (8 * i)) & 0xffU);
  std::array<char, 4> const mask{'a', 'b', 'c', 'd'};
  if (is_masked) {
    frame.append(mask.data(), mask.size());
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
  }
  socket_.write(frame + payload);
}

std::optional<Stream::Frame> Stream::take_frame() {
  auto const byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes_[at]); };
  if (bytes_.size() < 2) return std::nullopt;
  std::size_t size = byte(1) & 0x7fU;
  std::size_t const extra = size == 127 ? 8 : size == 126 ? 2 : 0;
  if (bytes_.size() < 2 + extra) return std::nullopt;
  if (extra > 0) size = 0;
  for (std::size_t i = 0; i < extra; ++i) size = (size << 8U) | byte(2 + i);
  if (bytes_.size() < 2 + extra + size) return std::nullopt;
  Frame out{byte(0) & 0x0fU, bytes_.substr(2 + extra, size)};
  bytes_.erase(0, 2 + extra + size);
  return out;
}

std::optional<Stream::Frame> Stream::next_frame(milliseconds limit) {
  auto const deadline = Steady::now() + limit;
  for (;;) {
    if (auto frame = take_frame()) return frame;
    if (socket_.read_some(bytes_, time_left(deadline))) continue;
    if (Steady::now() < deadline) closed_with_ = 1006;
    return std::nullopt;
  }
}

std::optional<json::object> Stream::receive(milliseconds limit) {
  auto const deadline = Steady::now() + limit;
  while (closed_with_ == 0) {
    auto frame = next_frame(time_left(deadline));
    if (!frame) return std::nullopt;
    if (frame->opcode == 1) return json::parse(frame->payload).as_object();
    if (frame->opcode == 9) send_frame(10, frame->payload);
    if (frame->opcode == 8 && frame->payload.size() >= 2)
      closed_with_ = static_cast<unsigned>(static_cast<unsigned char>(frame->payload[0])) * 256 +
                     static_cast<unsigned char>(frame->payload[1]);
  }
  return std::nullopt;
}

json::object Stream::expect(std::string const& type, milliseconds limit) {
  auto const deadline = Steady::now() + limit;
  std::string last;
  while (auto message = receive(time_left(deadline))) {
    if (text_of(*message, "type") == type) return std::move(*message);
    last = json_text(*message);
  }
  throw std::runtime_error("no message of type " + type + "; the last one: " + last);
}

unsigned Stream::wait_for_close(milliseconds limit) {
  auto const deadline = Steady::now() + limit;
  while (closed_with_ == 0 && receive(time_left(deadline))) {
  }
  return closed_with_;
}

}  // namespace ropewalk::system_test

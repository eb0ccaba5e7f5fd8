// WebSocket frames. Method: frames as clients send them, whole, in pieces and broken (RFC 6455's
// rules one by one).
#include "server/stream/frames.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

using Kind = FrameReader::Kind;

/// A masked frame as a client sends it.
std::string masked(unsigned first_byte, std::string_view payload) {
  std::string out(1, static_cast<char>(first_byte));
  auto const size = payload.size();
  if (size < 126) {
    out += static_cast<char>(0x80U | size);
  } else {
    out += static_cast<char>(0x80U | 126U);
    out += static_cast<char>(size >> 8U);
    out += static_cast<char>(size & 0xffU);
  }
  std::string const mask = "\x12\x34\x56\x78";
  out += mask;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

FrameReader::Event first_event(std::string const& bytes, std::size_t max = 1024) {
  FrameReader reader(max);
  reader.feed(bytes);
  auto event = reader.next();
  EXPECT_TRUE(event);
  return event.value_or(FrameReader::Event{});
}

TEST(Frames, HandshakeKeyOfTheRfc) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_TRUE(is_handshake_key("dGhlIHNhbXBsZSBub25jZQ=="));
  EXPECT_FALSE(is_handshake_key("short=="));
}

TEST(Frames, SizesAreWrittenInTheShortestForm) {
  std::string small;
  append_frame(small, Opcode::text, std::string(125, 'x'));
  EXPECT_EQ(small.size(), 127U);
  std::string middle;
  append_frame(middle, Opcode::text, std::string(126, 'x'));
  EXPECT_EQ(middle.size(), 130U);
  std::string large;
  append_frame_header(large, Opcode::text, 65536);
  EXPECT_EQ(large.size(), 10U);
}

TEST(Frames, TextWholeAndByteByByte) {
  auto const bytes = masked(0x81, "grüße");
  EXPECT_EQ(first_event(bytes).data, "grüße");
  FrameReader reader(1024);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(reader.next());
    reader.feed(bytes.substr(i, 1));
  }
  EXPECT_EQ(reader.next()->data, "grüße");
}

TEST(Frames, FragmentsAreJoinedWithAPingBetween) {
  FrameReader reader(1024);
  reader.feed(masked(0x01, "ab") + masked(0x89, "p") + masked(0x00, "cd") + masked(0x80, "ef"));
  auto const ping = reader.next();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->kind, Kind::ping);
  EXPECT_EQ(ping->data, "p");
  EXPECT_EQ(reader.next()->data, "abcdef");
}

TEST(Frames, MessageLimitAtAndPastItsValue) {
  EXPECT_EQ(first_event(masked(0x81, std::string(300, 'x')), 300).kind, Kind::text);
  EXPECT_EQ(first_event(masked(0x81, std::string(301, 'x')), 300).code, close_code::too_big);
  FrameReader reader(300);
  reader.feed(masked(0x01, std::string(200, 'x')) + masked(0x80, std::string(101, 'x')));
  EXPECT_EQ(reader.next()->code, close_code::too_big);
  // The size alone is enough: nobody waits for 2^63 bytes.
  std::string huge = "\x81";
  huge += static_cast<char>(0xff);
  huge += std::string(1, '\x7f') + std::string(7, '\xff');
  EXPECT_EQ(first_event(huge).code, close_code::too_big);
}

TEST(Frames, BrokenFramesHaveTheirCloseCodes) {
  std::string unmasked;
  append_frame(unmasked, Opcode::text, "x");
  EXPECT_EQ(first_event(unmasked).code, close_code::protocol_error);
  EXPECT_EQ(first_event(masked(0x82, "x")).code, close_code::unsupported_data);
  EXPECT_EQ(first_event(masked(0xc1, "x")).code, close_code::protocol_error);  // reserved bit
  EXPECT_EQ(first_event(masked(0x83, "x")).code, close_code::protocol_error);  // unknown opcode
  EXPECT_EQ(
      first_event(masked(0x80, "x")).code, close_code::protocol_error
  );  // nothing to continue
  EXPECT_EQ(first_event(masked(0x09, "x")).code, close_code::protocol_error);  // fragmented ping
  EXPECT_EQ(first_event(masked(0x89, std::string(126, 'x'))).code, close_code::protocol_error);
  EXPECT_EQ(first_event(masked(0x81, "\xff\xfe")).code, close_code::bad_text);
  EXPECT_EQ(first_event(masked(0x88, "x")).code, close_code::protocol_error);
  FrameReader reader(100);
  reader.feed(masked(0x01, "a") + masked(0x81, "b"));
  EXPECT_EQ(reader.next()->code, close_code::protocol_error);
}

TEST(Frames, CloseCodesAreChecked) {
  auto const code = [](unsigned value) {
    std::string const payload{static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)};
    return first_event(masked(0x88, payload));
  };
  EXPECT_EQ(first_event(masked(0x88, "")).code, close_code::normal);
  EXPECT_EQ(code(1000).kind, Kind::close);
  EXPECT_EQ(code(4000).code, 4000U);
  for (unsigned const bad : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 2999U, 5000U})
    EXPECT_EQ(code(bad).kind, Kind::failed) << bad;
}

TEST(Frames, NothingFollowsAClose) {
  FrameReader reader(100);
  reader.feed(masked(0x88, "") + masked(0x81, "late"));
  EXPECT_EQ(reader.next()->kind, Kind::close);
  EXPECT_FALSE(reader.next());
}

}  // namespace
}  // namespace ropewalk::server

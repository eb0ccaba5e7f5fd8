// Goal: events are those that the bytes hold, however lines end and wherever the bytes are cut.
// Method: each stream whole, at every split into two, and byte by byte.
#include "providers/ai/dialects/sse_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;

SseEvent event(std::string data, std::string type = {}, bool is_bare = false) {
  return SseEvent{std::move(type), std::move(data), is_bare};
}

std::vector<SseEvent> decode_pieces(std::vector<std::string_view> const& pieces) {
  SseDecoder decoder;
  std::vector<SseEvent> out;
  for (auto const piece : pieces) EXPECT_TRUE(decoder.feed(piece, out));
  EXPECT_TRUE(decoder.end(out));
  return out;
}

std::vector<SseEvent> decode(std::string_view bytes) {
  auto const whole = decode_pieces({bytes});
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  EXPECT_EQ(decode_pieces(single), whole) << "byte by byte";
  for (std::size_t at = 0; at <= bytes.size(); ++at)
    EXPECT_EQ(decode_pieces({bytes.substr(0, at), bytes.substr(at)}), whole) << "split at " << at;
  return whole;
}

TEST(SseDecoder, EveryLineEnd) {
  EXPECT_THAT(decode("data: a\n\ndata: b\n\n"), ElementsAre(event("a"), event("b")));
  EXPECT_THAT(decode("data: a\r\n\r\ndata: b\r\n\r\n"), ElementsAre(event("a"), event("b")));
  EXPECT_THAT(decode("data: a\r\rdata: b\r\r"), ElementsAre(event("a"), event("b")));
  EXPECT_THAT(decode("data: a\r\n\ndata: b\n\r\n"), ElementsAre(event("a"), event("b")));
}

TEST(SseDecoder, Fields) {
  EXPECT_THAT(decode("event: ping\ndata: {}\n\n"), ElementsAre(event("{}", "ping")));
  EXPECT_THAT(decode("data:a\ndata: b\ndata:  c\n\n"), ElementsAre(event("a\nb\n c")));
  EXPECT_THAT(decode("data\n\n"), ElementsAre(event("")));
  EXPECT_THAT(decode("id: 7\nretry: 10\nunknown: x\ndata: a\n\n"), ElementsAre(event("a")));
  EXPECT_THAT(decode("event: nothing\n\ndata: a\n\n"), ElementsAre(event("a")));
}

TEST(SseDecoder, CommentsAreSkipped) {
  EXPECT_THAT(
      decode(": OPENROUTER PROCESSING\n\n:\n\ndata: a\n: in between\ndata: b\n\n"),
      ElementsAre(event("a\nb"))
  );
}

TEST(SseDecoder, ByteOrderMark) {
  EXPECT_THAT(
      decode("\xEF\xBB\xBF"
             "data: a\n\n"),
      ElementsAre(event("a"))
  );
  EXPECT_THAT(
      decode("\xEF\xBB"
             "data: a\n\n"),
      ElementsAre()
  );  // no mark, no known field
}

TEST(SseDecoder, TheEndFinishesAnEvent) {
  EXPECT_THAT(decode("data: a\n\ndata: b"), ElementsAre(event("a"), event("b")));
  EXPECT_THAT(decode("data: b\n"), ElementsAre(event("b")));
  EXPECT_THAT(decode(""), ElementsAre());
}

TEST(SseDecoder, CutInsideACharacter) {
  EXPECT_THAT(decode("data: \xF0\x9F\xA7\xB6 \xC3\xA9\r\n\r\n"), ElementsAre(event("🧶 é")));
}

TEST(SseDecoder, BareJsonIsAnEvent) {
  EXPECT_THAT(
      decode("data: a\n\n{\"error\":{\n  \"code\": 429\n}}\n\ndata: b\n\n"),
      ElementsAre(event("a"), event("{\"error\":{\n  \"code\": 429\n}}", "", true), event("b"))
  );
  EXPECT_THAT(
      decode("data: a\n{\"error\":1}\ndata: b\n\n"),
      ElementsAre(event("a"), event("{\"error\":1}", "", true), event("b"))
  );
}

TEST(SseDecoder, LongEventsEnd) {
  for (std::string const line :
       {"data: 0123456789", "data: 01234\ndata: 56789", "x0123456789012"}) {
    SseDecoder decoder(12);
    std::vector<SseEvent> out;
    auto const fed = decoder.feed(line, out);
    ASSERT_FALSE(fed) << line;
    EXPECT_EQ(fed.error().code, "malformed_response");
  }
}

}  // namespace
}  // namespace ropewalk::ai

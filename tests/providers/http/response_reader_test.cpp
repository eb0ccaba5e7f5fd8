// Goal: a response is read the same wherever its bytes are cut, and what is malformed is refused.
//
// Method: no sockets; each response is fed whole, byte by byte, and cut in two at every place.

#include "providers/http/response_reader.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ropewalk::http {
namespace {

constexpr std::size_t head_max = 4096;

struct Read {
  std::string failure{};  // the code of the error
  std::string message{};
  unsigned status = 0;
  std::string body{};
  bool is_done = false;
  bool keeps_alive = false;
};

Read read_pieces(
    std::vector<std::string_view> const& pieces,
    bool with_end,
    ResponseReader::Body framing = ResponseReader::Body::as_stated
) {
  ResponseReader reader(framing, head_max, "peer:80");
  Read out;
  for (auto const piece : pieces) {
    auto const fed = reader.feed(piece);
    if (!fed) {
      out.failure = fed.error().code;
      out.message = fed.error().message;
      return out;
    }
    if (reader.has_head()) out.body += reader.take_body();
  }
  if (with_end) {
    auto const ended = reader.end();
    if (!ended) out.failure = ended.error().code;
  }
  out.status = reader.status();
  out.is_done = reader.is_done();
  if (out.is_done) out.keeps_alive = reader.keeps_alive();
  return out;
}

/// Reads `bytes` in every way and expects the same of each.
Read read_every_way(std::string_view bytes, bool with_end = false) {
  auto const whole = read_pieces({bytes}, with_end);
  std::vector<std::string_view> single;
  for (std::size_t at = 0; at < bytes.size(); ++at) single.push_back(bytes.substr(at, 1));
  std::vector<Read> others{read_pieces(single, with_end)};
  for (std::size_t at = 1; at < bytes.size(); ++at)
    others.push_back(read_pieces({bytes.substr(0, at), bytes.substr(at)}, with_end));
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_EQ(others[i].failure, whole.failure) << "cut " << i;
    EXPECT_EQ(others[i].status, whole.status) << "cut " << i;
    if (whole.failure.empty()) {
      EXPECT_EQ(others[i].body, whole.body) << "cut " << i;
    }
    EXPECT_EQ(others[i].is_done, whole.is_done) << "cut " << i;
    EXPECT_EQ(others[i].keeps_alive, whole.keeps_alive) << "cut " << i;
  }
  return whole;
}

TEST(ResponseReader, ReadsAStatedLength) {
  auto const read = read_every_way("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(read.failure, "");
  EXPECT_EQ(read.status, 200U);
  EXPECT_EQ(read.body, "hello");
  EXPECT_TRUE(read.is_done);
  EXPECT_TRUE(read.keeps_alive);
}

TEST(ResponseReader, ReadsChunksWithExtensionsAndTrailers) {
  auto const read = read_every_way(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;name=value\r\nhello\r\n1;q=\"a;b\"\r\n \r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n"
  );
  EXPECT_EQ(read.failure, "");
  EXPECT_EQ(read.body, "hello 0123456789");
  EXPECT_TRUE(read.is_done);
  EXPECT_TRUE(read.keeps_alive);
}

TEST(ResponseReader, ReadsUntilTheEnd) {
  auto const open = read_every_way("HTTP/1.1 200 OK\r\n\r\nall of it");
  EXPECT_FALSE(open.is_done);
  auto const ended = read_every_way("HTTP/1.1 200 OK\r\n\r\nall of it", true);
  EXPECT_EQ(ended.failure, "");
  EXPECT_EQ(ended.body, "all of it");
  EXPECT_TRUE(ended.is_done);
  EXPECT_FALSE(ended.keeps_alive);
}

TEST(ResponseReader, PassesOverInterimResponses) {
  auto const read = read_every_way(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
  );
  EXPECT_EQ(read.status, 200U);
  EXPECT_EQ(read.body, "ok");
}

TEST(ResponseReader, TakesLineFeedsAlone) {
  auto const read = read_every_way("HTTP/1.1 200 OK\nContent-Length: 2\nX: y\r\n\nok");
  EXPECT_EQ(read.failure, "");
  EXPECT_EQ(read.body, "ok");
}

TEST(ResponseReader, TakesAStatusWithoutAReason) {
  EXPECT_EQ(read_every_way("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n").status, 404U);
  EXPECT_EQ(read_every_way("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n").status, 404U);
}

TEST(ResponseReader, KnowsAnswersWithoutABody) {
  for (auto const* const status : {"204 No Content", "304 Not Modified"}) {
    auto const head = "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 9\r\n\r\n";
    EXPECT_TRUE(read_every_way(head).is_done) << status;
  }
  auto const to_head = read_pieces(
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"}, false, ResponseReader::Body::never
  );
  EXPECT_TRUE(to_head.is_done);
  EXPECT_TRUE(to_head.keeps_alive);
}

TEST(ResponseReader, KnowsWhenTheConnectionEnds) {
  EXPECT_FALSE(read_every_way("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                   .keeps_alive);
  EXPECT_FALSE(read_every_way("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keeps_alive);
  auto const more = read_pieces({"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"}, false);
  EXPECT_TRUE(more.is_done);
  EXPECT_FALSE(more.keeps_alive) << "bytes that nobody asked for";
}

TEST(ResponseReader, RefusesWhatIsMalformed) {
  for (auto const* const bytes : {
           "<html>\r\n\r\n",
           "HTTP/2.0 200 OK\r\n\r\n",
           "HTTP/1.1 20x OK\r\n\r\n",
           "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX3\r\nabc\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n",
       })
    EXPECT_EQ(read_every_way(bytes).failure, "malformed_response") << bytes;
}

TEST(ResponseReader, TellsWhereTheConnectionWasCut) {
  EXPECT_EQ(read_every_way("", true).failure, "connection_lost");
  EXPECT_EQ(read_every_way("HTTP/1.1 200", true).failure, "connection_lost");
  EXPECT_EQ(
      read_every_way("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", true).failure,
      "connection_lost"
  );
  auto const* const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
  EXPECT_EQ(read_every_way(chunked, true).failure, "connection_lost");
}

TEST(ResponseReader, BoundsTheHeadAndTheLinesBetweenChunks) {
  auto const huge = "HTTP/1.1 200 OK\r\nX: " + std::string(head_max, 'x');
  EXPECT_EQ(read_pieces({huge}, false).failure, "malformed_response");
  EXPECT_EQ(read_pieces({huge, "\r\n\r\n"}, false).failure, "malformed_response");
  std::string hints;
  for (int i = 0; i < 200; ++i) hints += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_EQ(read_pieces({hints}, false).failure, "malformed_response");
  std::string const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  auto const extension = chunked + "5;" + std::string(head_max + 1, 'x');
  EXPECT_EQ(read_pieces({extension}, false).failure, "malformed_response");
  auto const trailer = chunked + "0\r\nX: " + std::string(head_max + 1, 'x');
  EXPECT_EQ(read_pieces({trailer}, false).failure, "malformed_response");
}

TEST(ResponseReader, DoesNotTrustALyingLength) {
  auto const read =
      read_pieces({"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nabc"}, false);
  EXPECT_EQ(read.failure, "");
  EXPECT_EQ(read.body, "abc");
  EXPECT_FALSE(read.is_done);
}

}  // namespace
}  // namespace ropewalk::http

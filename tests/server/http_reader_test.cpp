// Reading HTTP/1.1. Method: the same bytes whole, byte by byte, and broken; limits at and past
// their value.
#include "server/http/http_reader.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

using State = HttpReader::State;

std::string const plain = "POST /v1/x?a=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";

TEST(HttpReader, ReadsARequest) {
  HttpReader reader(1024, 1024);
  ASSERT_EQ(reader.feed(plain), State::complete);
  auto const request = reader.take();
  EXPECT_EQ(request.method, Method::post);
  EXPECT_EQ(request.target, "/v1/x?a=1");
  EXPECT_EQ(request.header("host"), "h");
  EXPECT_EQ(request.body, "hello");
  EXPECT_TRUE(request.keep_alive);
  EXPECT_EQ(reader.state(), State::idle);
}

TEST(HttpReader, ReadsItByteByByte) {
  HttpReader reader(1024, 1024);
  for (std::size_t i = 0; i + 1 < plain.size(); ++i)
    ASSERT_NE(reader.feed(plain.substr(i, 1)), State::complete) << i;
  ASSERT_EQ(reader.feed(plain.substr(plain.size() - 1)), State::complete);
  EXPECT_EQ(reader.take().body, "hello");
}

TEST(HttpReader, PipelinedRequestsComeInOrder) {
  HttpReader reader(1024, 1024);
  reader.feed(plain + "GET /second HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(reader.take().target, "/v1/x?a=1");
  ASSERT_EQ(reader.state(), State::complete);
  EXPECT_EQ(reader.take().target, "/second");
  EXPECT_EQ(reader.state(), State::idle);
}

TEST(HttpReader, ChunkedBodies) {
  HttpReader reader(1024, 1024);
  auto const state = reader.feed(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
  );
  ASSERT_EQ(state, State::complete);
  EXPECT_EQ(reader.take().body, "hello world");
}

TEST(HttpReader, ContinueIsAskedForOnce) {
  HttpReader reader(1024, 1024);
  auto const state =
      reader.feed("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
      );
  EXPECT_EQ(state, State::body);
  EXPECT_TRUE(reader.take_expects_continue());
  EXPECT_FALSE(reader.take_expects_continue());
  EXPECT_EQ(reader.feed("ok"), State::complete);
}

unsigned status_after(
    std::string const& bytes, std::size_t header_max = 1024, std::size_t body_max = 1024
) {
  HttpReader reader(header_max, body_max);
  if (reader.feed(bytes) != State::failed) return 0;
  EXPECT_TRUE(reader.failure().close);
  return reader.failure().status;
}

TEST(HttpReader, MalformedRequestsAreRefused) {
  std::string const host = "Host: h\r\n";
  EXPECT_EQ(status_after("nonsense\r\n\r\n"), 400U);
  EXPECT_EQ(status_after("GET / HTTP/1.1\r\n\r\n"), 400U);  // no Host
  EXPECT_EQ(status_after("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400U);
  EXPECT_EQ(status_after("GET / HTTP/1.1\r\n" + host + "A B: c\r\n\r\n"), 400U);
  EXPECT_EQ(
      status_after(
          "POST / HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nab"
      ),
      400U
  );
  EXPECT_EQ(
      status_after(
          "POST / HTTP/1.1\r\n" + host +
          "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      ),
      400U
  );
  EXPECT_EQ(status_after("POST / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n"), 400U);
  EXPECT_EQ(status_after("GET / HTTP/2.0\r\n" + host + "\r\n"), 400U);
  EXPECT_EQ(status_after("GET / HTTP/1.1\r\n" + host + "Expect: a-pony\r\n\r\n"), 417U);
  EXPECT_EQ(status_after(std::string("GET / HTTP/1.1\r\n") + host + "X: a\0b\r\n\r\n", 1024), 0U);
}

TEST(HttpReader, BodyLimitAtAndPastItsValue) {
  auto const request = [](std::size_t size) {
    return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  EXPECT_EQ(status_after(request(100), 1024, 100), 0U);
  EXPECT_EQ(status_after(request(101), 1024, 100), 413U);
  EXPECT_EQ(
      status_after(
          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
              std::string(101, 'x') + "\r\n0\r\n\r\n",
          1024,
          100
      ),
      413U
  );
}

TEST(HttpReader, HeaderLimitAtAndPastItsValue) {
  auto const request = [](std::size_t size) {
    std::string out = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    return out + std::string(size - out.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(status_after(request(256), 256), 0U);
  EXPECT_EQ(status_after(request(258), 256), 431U);
  EXPECT_EQ(status_after("GET / HTTP/1.1\r\nX: " + std::string(400, 'x'), 256), 431U);
}

TEST(HttpReader, BytesAfterAnUpgradeAreGivenOut) {
  HttpReader reader(1024, 1024);
  reader.feed(
      "GET /v1/stream HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
  );
  ASSERT_EQ(reader.state(), State::complete);
  reader.take();
  EXPECT_EQ(reader.take_rest(), "");
}

}  // namespace
}  // namespace ropewalk::server

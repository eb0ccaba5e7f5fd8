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
}

// What lets two servers in a row see different requests in the same bytes: each is refused, whole
// and byte by byte, and nothing after it is read as a request.
TEST(HttpReader, FramingInDoubtIsRefused) {
  using namespace std::string_literals;
  std::string const get = "GET / HTTP/1.1\r\nHost: h\r\n";
  std::string const post = "POST / HTTP/1.1\r\nHost: h\r\n";
  std::string const chunks = "\r\n0\r\n\r\n";
  struct Case {
    std::string name{};
    std::string bytes{};
  };
  std::vector<Case> const cases{
      {"CL and TE", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" + chunks},
      {"TE and CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" + chunks},
      {"two lengths", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"},
      {"two equal lengths", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab"},
      {"a list of lengths", post + "Content-Length: 2, 2\r\n\r\nab"},
      {"a signed length", post + "Content-Length: +2\r\n\r\nab"},
      {"a negative length", post + "Content-Length: -2\r\n\r\nab"},
      {"a hexadecimal length", post + "Content-Length: 0x2\r\n\r\nab"},
      {"an empty length", post + "Content-Length: \r\n\r\nab"},
      {"too large a length", post + "Content-Length: 18446744073709551617\r\n\r\na"},
      {"unknown encoding", post + "Transfer-Encoding: xchunked\r\n" + chunks},
      {"chunked, identity", post + "Transfer-Encoding: chunked, identity\r\n" + chunks},
      {"identity, chunked", post + "Transfer-Encoding: identity, chunked\r\n" + chunks},
      {"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n" + chunks},
      {"chunked twice", post + "Transfer-Encoding: chunked, chunked\r\n" + chunks},
      {"identity", post + "Transfer-Encoding: identity\r\n" + chunks},
      {"empty encoding", post + "Transfer-Encoding:\r\n" + chunks},
      {"quoted encoding", post + "Transfer-Encoding: \"chunked\"\r\n" + chunks},
      {"encoding with a parameter", post + "Transfer-Encoding: chunked;q=1\r\n" + chunks},
      {"vertical tab before it", post + "Transfer-Encoding: \vchunked\r\n" + chunks},
      {"two encodings",
       post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n" + chunks},
      {"two equal encodings",
       post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + chunks},
      {"chunks in HTTP/1.0",
       "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n" + chunks},
      {"blank before the colon", post + "Transfer-Encoding : chunked\r\n" + chunks},
      {"folded encoding", post + "Transfer-Encoding:\r\n chunked\r\n" + chunks},
      {"folded header", get + "X: a\r\n b\r\n\r\n"},
      {"folded with a tab", get + "X: a\r\n\tb\r\n\r\n"},
      {"folded first line", "GET / HTTP/1.1\r\n Host: h\r\nHost: h\r\n\r\n"},
      {"folded to nothing", get + "X: a\r\n \r\n\r\n"},
      {"bare line feeds", "GET / HTTP/1.1\nHost: h\n\n"},
      {"one bare line feed", get + "X: a\nContent-Length: 5\r\n\r\n"},
      {"bare carriage return", get + "X: a\rContent-Length: 5\r\n\r\n"},
      {"zero byte in a value", get + "X: a\0b\r\n\r\n"s},
      {"zero byte in a name", get + "X\0: a\r\n\r\n"s},
      {"zero byte in the target", "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s},
      {"no name", get + ": a\r\n\r\n"},
      {"no colon", get + "nonsense\r\n\r\n"},
      {"two blanks in the first line", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"chunk size without digits", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"},
      {"chunk size with a sign", post + "Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n"},
      {"chunk without its end", post + "Transfer-Encoding: chunked\r\n\r\n2\r\nabX\r\n0\r\n\r\n"},
      {"chunk size that wraps round",
       post + "Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\na"},
  };
  for (auto const& [name, bytes] : cases) {
    EXPECT_EQ(status_after(bytes + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"), 400U) << name;
    HttpReader reader(1024, 1024);
    for (char const c : bytes) {
      auto const state = reader.feed(std::string_view(&c, 1));
      ASSERT_NE(state, State::complete) << name;
      if (state == State::failed) break;
    }
    EXPECT_EQ(reader.state(), State::failed) << name;
  }
}

TEST(HttpReader, WhatStandsInATrailerIsNoHeader) {
  HttpReader reader(1024, 1024);
  reader.feed(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n0\r\nHost: other\r\nOrigin: evil\r\n\r\n"
  );
  ASSERT_EQ(reader.state(), State::complete);
  auto const request = reader.take();
  EXPECT_EQ(request.header_count("Host"), 1U);
  EXPECT_EQ(request.header("Host"), "h");
  EXPECT_EQ(request.header_count("Origin"), 0U);
}

TEST(HttpReader, ChunkLinesAndTrailersAreBounded) {
  std::string const start = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(status_after(start + "2;" + std::string(2000, 'x')), 431U);
  EXPECT_EQ(status_after(start + "0\r\nX: " + std::string(2000, 'x')), 431U);
  std::string many;
  for (int i = 0; i < 200; ++i) many += "X" + std::to_string(i) + ": y\r\n";
  EXPECT_EQ(status_after(start + "0\r\n" + many), 431U);
}

TEST(HttpReader, ManyHeadersAreRefused) {
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 100'000; ++i) many += "X: y\r\n";
  EXPECT_EQ(status_after(many + "\r\n", 16 * 1024), 431U);
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

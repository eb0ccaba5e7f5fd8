#pragma once
// Reads HTTP/1.1 requests out of a stream of bytes. No I/O: bytes go in, requests come out.
//
// Limits: header and body size. Whatever is malformed ends the connection: there is no way to find
// the next request.

#include "server/http/message.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::server {

class HttpReader {
 public:
  HttpReader(std::size_t header_bytes_max, std::size_t body_bytes_max);
  ~HttpReader();
  HttpReader(HttpReader const&) = delete;
  HttpReader& operator=(HttpReader const&) = delete;

  enum class State : unsigned char {
    idle,      // nothing of the next request has come
    header,    // part of its header has
    body,      // the header is complete, the body is not
    complete,  // take() gives it
    failed,    // failure() says what to answer before closing
  };

  /// Adds bytes and reads on. Bytes after a complete request wait for the next one.
  State feed(std::string_view bytes);
  State state() const { return state_; }
  /// Of the request that is being read, or is complete.
  std::size_t body_bytes() const;

  /// True once when the client waits for "100 Continue" before it sends the body.
  bool take_expects_continue();

  /// REQUIRES: state() is complete. Goes on with the next request; look at state() again.
  Request take();

  /// REQUIRES: state() is failed.
  Response const& failure() const { return failure_; }

  /// Bytes that came after the last request (an upgraded connection's first ones). Leaves none
  /// behind.
  std::string take_rest();

 private:
  struct Parser;

  State advance();
  State fail(unsigned status, std::string code, std::string message, std::string hint);
  State fail_from(int error_value);
  bool header_is_sound();

  std::size_t header_bytes_max_;
  std::size_t body_bytes_max_;
  std::unique_ptr<Parser> parser_;
  std::string buffer_;
  std::size_t header_bytes_ = 0;  // of the request that is being read, so far
  State state_ = State::idle;
  bool expects_continue_ = false;
  Response failure_;
};

}  // namespace ropewalk::server

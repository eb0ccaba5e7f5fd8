#pragma once
// Reads one HTTP/1.1 response out of a stream of bytes. No I/O: bytes go in, a head and pieces of a
// body come out, the same wherever the bytes were cut.
//
// Interim responses (1xx) are passed over. A line of the head may end with LF alone. Limits:
// head_bytes_max for all heads together, and for the lines between chunks; what is malformed cannot
// be read on.

#include "providers/http/http_client.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace ropewalk::http {

class ResponseReader {
 public:
  enum class Body : unsigned char {
    as_stated,
    never,  // the answer to HEAD or CONNECT
  };

  ResponseReader(Body body, std::size_t head_bytes_max, std::string peer);
  ~ResponseReader();
  ResponseReader(ResponseReader const&) = delete;
  ResponseReader& operator=(ResponseReader const&) = delete;

  /// Adds bytes and reads on. Errors: malformed_response (transient).
  Result<> feed(std::string_view bytes);
  /// The connection ended. Errors: connection_lost when the response is not whole by that.
  Result<> end();

  bool has_bytes() const { return has_bytes_; }  // of any answer at all
  bool has_head() const { return has_head_; }
  unsigned status() const;
  /// REQUIRES: has_head(). Leaves none behind.
  HttpHeaders take_headers() { return std::move(headers_); }
  /// What has come of the body since the last call; may be empty.
  std::string take_body();
  /// The body's last byte has been read.
  bool is_done() const;
  /// Bytes came that belong to no response of ours.
  bool has_rest() const { return !buffer_.empty(); }
  /// The connection may carry another request. REQUIRES: is_done().
  bool keeps_alive() const;

 private:
  struct Parser;

  Result<bool> read_head();
  Result<> read_body();
  Result<> parse_head(std::string_view head);
  Error malformed(std::string why) const;

  Body body_;
  std::size_t head_bytes_max_;
  std::string peer_;
  std::unique_ptr<Parser> parser_;
  std::string buffer_;          // not read yet
  std::size_t scanned_ = 0;     // of buffer_, without the end of a head in it
  std::size_t head_bytes_ = 0;  // of the heads so far
  bool has_bytes_ = false;
  bool has_head_ = false;
  HttpHeaders headers_;
};

}  // namespace ropewalk::http

#include "server/http/http_reader.hpp"

#include "engine/base/error.hpp"
#include "server/http/problem_response.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>

namespace ropewalk::server {
namespace http = boost::beast::http;

namespace {

/// A line that servers read in different ways, in the header that `bytes` begin with: one that ends
/// with a bare line feed (Beast takes some of them for an end and others not, depending on how the
/// bytes were cut), or one that goes on in the next line (RFC 9112 §5.2 lets a server refuse it).
bool has_doubtful_line(std::string_view bytes) {
  auto const header = bytes.substr(0, bytes.find("\r\n\r\n"));
  for (auto at = header.find('\n'); at != header.npos; at = header.find('\n', at + 1)) {
    if (at == 0 || header[at - 1] != '\r') return true;
    if (at + 1 < header.size() && (header[at + 1] == ' ' || header[at + 1] == '\t')) return true;
  }
  return false;
}

/// How long the body is must be beyond doubt: whoever stands before this server and reads it in
/// another way would see other requests than we do (RFC 9112 §6.1, §11.2).
bool is_framing_sound(http::fields const& fields, unsigned version) {
  auto const encodings = fields.count(http::field::transfer_encoding);
  auto const lengths = fields.count(http::field::content_length);
  if (encodings > 0) {
    auto const encoding = fields[http::field::transfer_encoding];
    return encodings == 1 && lengths == 0 && version == 11 &&
           boost::beast::iequals(encoding, "chunked");
  }
  auto const length = fields[http::field::content_length];
  return lengths == 0 ||
         (lengths == 1 && !length.empty() && length.find_first_not_of("0123456789") == length.npos);
}

}  // namespace

struct HttpReader::Parser {
  http::request_parser<http::string_body> http;
  bool header_checked = false;
  std::vector<Header> headers;  // without the trailer's: those come too late to mean anything
};

HttpReader::HttpReader(std::size_t header_bytes_max, std::size_t body_bytes_max)
    : header_bytes_max_(header_bytes_max), body_bytes_max_(body_bytes_max) {}

HttpReader::~HttpReader() = default;

HttpReader::State HttpReader::feed(std::string_view bytes) {
  buffer_.append(bytes);
  if (state_ == State::complete || state_ == State::failed) return state_;
  return advance();
}

HttpReader::State HttpReader::advance() {
  if (!parser_) {
    // A server should ignore empty lines before a request (RFC 9112 §2.2).
    while (buffer_.starts_with("\r\n")) buffer_.erase(0, 2);
    if (buffer_.empty()) return state_ = State::idle;
    parser_ = std::make_unique<Parser>();
    parser_->http.header_limit(static_cast<std::uint32_t>(header_bytes_max_));
    parser_->http.body_limit(body_bytes_max_);
    parser_->http.eager(false);
  }
  if (!parser_->http.is_header_done() && has_doubtful_line(buffer_))
    return fail_from(static_cast<int>(http::error::bad_line_ending));
  std::size_t used = 0;
  while (used < buffer_.size() && !parser_->http.is_done()) {
    boost::system::error_code ec;
    auto const bytes = boost::asio::buffer(buffer_.data() + used, buffer_.size() - used);
    auto const taken = parser_->http.put(bytes, ec);
    used += taken;
    if (!parser_->header_checked) header_bytes_ += taken;
    if (ec == http::error::need_more) break;
    if (ec) return fail_from(ec.value());
    if (parser_->http.is_header_done() && !parser_->header_checked && !header_is_sound())
      return state_;
    if (taken == 0) break;
  }
  buffer_.erase(0, used);
  if (parser_->http.is_done()) return state_ = State::complete;
  // What is left here is part of a header, of a chunk's first line, or of a trailer.
  if (buffer_.size() > header_bytes_max_)
    return fail_from(static_cast<int>(http::error::header_limit));
  return state_ = parser_->http.is_header_done() ? State::body : State::header;
}

bool HttpReader::header_is_sound() {
  parser_->header_checked = true;
  auto const bytes = std::exchange(header_bytes_, 0);
  if (bytes > header_bytes_max_) {
    fail_from(static_cast<int>(http::error::header_limit));
    return false;
  }
  auto const& message = parser_->http.get();
  auto const hosts = message.count(http::field::host);
  auto const expect = message[http::field::expect];
  if (message.version() != 11 && message.version() != 10) {
    fail(400, "bad_request", "only HTTP/1.1 is spoken here", "");
  } else if (hosts > 1 || (hosts == 0 && message.version() == 11)) {
    fail(400, "bad_request", "a request needs exactly one Host header", "");
  } else if (!is_framing_sound(message, message.version())) {
    fail(
        400,
        "bad_request",
        "the length of the request's body is in doubt",
        "send one Content-Length, or Transfer-Encoding: chunked and nothing else"
    );
  } else if (!expect.empty() && !boost::beast::iequals(expect, "100-continue")) {
    fail(417, "bad_request", "this expectation cannot be met", "send Expect: 100-continue or none");
  } else {
    expects_continue_ = !expect.empty() && message.version() == 11;
    for (auto const& field : message) {
      Header header{std::string(field.name_string()), std::string(field.value())};
      parser_->headers.push_back(std::move(header));
    }
    return true;
  }
  return false;
}

HttpReader::State HttpReader::fail_from(int error_value) {
  switch (static_cast<http::error>(error_value)) {
    case http::error::header_limit:
      return fail(
          431,
          "header_too_large",
          "the request's header is longer than " + std::to_string(header_bytes_max_) + " bytes",
          "send fewer or shorter headers, or raise limits.headerBytes"
      );
    case http::error::body_limit:
      return fail(
          413,
          "request_too_large",
          "the request's body is longer than " + std::to_string(body_bytes_max_) + " bytes",
          "send less, or raise limits.requestBytes"
      );
    default:
      return fail(400, "bad_request", "this is not a well-formed HTTP/1.1 request", "");
  }
}

HttpReader::State HttpReader::fail(
    unsigned status, std::string code, std::string message, std::string hint
) {
  Error error;
  error.code = std::move(code);
  error.message = std::move(message);
  error.hint = std::move(hint);
  failure_ = problem_response(error, status);
  failure_.close = true;
  buffer_.clear();
  return state_ = State::failed;
}

bool HttpReader::take_expects_continue() {
  return std::exchange(expects_continue_, false);
}

std::size_t HttpReader::body_bytes() const {
  return parser_ ? parser_->http.get().body().size() : 0;
}

Request HttpReader::take() {
  ROPEWALK_CHECK(state_ == State::complete);
  auto message = parser_->http.release();
  Request out;
  switch (message.method()) {
    case http::verb::get:
      out.method = Method::get;
      break;
    case http::verb::head:
      out.method = Method::head;
      break;
    case http::verb::post:
      out.method = Method::post;
      break;
    case http::verb::put:
      out.method = Method::put;
      break;
    case http::verb::patch:
      out.method = Method::patch;
      break;
    case http::verb::delete_:
      out.method = Method::del;
      break;
    case http::verb::options:
      out.method = Method::options;
      break;
    default:
      out.method = Method::other;
      break;
  }
  out.target = std::string(message.target());
  out.keep_alive = message.keep_alive();
  out.headers = std::move(parser_->headers);
  out.body = std::move(message.body());
  parser_.reset();
  expects_continue_ = false;
  state_ = State::idle;
  advance();
  return out;
}

std::string HttpReader::take_rest() {
  parser_.reset();
  state_ = State::idle;
  return std::exchange(buffer_, {});
}

}  // namespace ropewalk::server

#pragma once
// HTTP requests and responses as plain values: what handlers see, whatever carries them.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ropewalk::server {

class BodyStream;  // server/http/body_stream.hpp

enum class Method : unsigned char { get, head, post, put, patch, del, options, other };
std::string_view to_string(Method method);

struct Header {
  std::string name{};
  std::string value{};
};

struct Request {
  Method method = Method::get;
  std::string target{};  // as it came: "/v1/executions?limit=10"
  std::vector<Header> headers{};
  std::string body{};
  bool keep_alive = true;
  bool is_trusted_peer = false;  // came over the Unix socket: the file's mode is the check

  // Filled in by the router.
  std::string path{};                                         // decoded
  std::vector<std::pair<std::string, std::string>> query{};   // decoded
  std::vector<std::pair<std::string, std::string>> params{};  // {name} parts of the route's pattern

  /// The header's value, names compared without case; empty when it is not there. The first one
  /// when there are several.
  std::string_view header(std::string_view name) const;
  std::size_t header_count(std::string_view name) const;
  std::optional<std::string_view> query_value(std::string_view name) const;
  /// REQUIRES: the route's pattern has it.
  std::string const& param(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<Header> headers{};
  bool close = false;   // the connection ends after it
  std::string fault{};  // of a 500: what went wrong, for the server's log; it is not sent
  /// Set: the body is what it gives (`body` is not sent), until the connection is closed.
  std::shared_ptr<BodyStream> stream{};
};

std::string_view reason_phrase(unsigned status);

/// The bytes that go out, with the headers that every answer has. `is_head`: no body, but its
/// length.
std::string to_bytes(Response const& response, bool is_head, bool keep_alive);

bool equal_ignoring_case(std::string_view a, std::string_view b);
/// Whether the comma-separated list has the word (compared without case).
bool list_has(std::string_view list, std::string_view word);

}  // namespace ropewalk::server

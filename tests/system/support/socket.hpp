#pragma once
// A blocking TCP socket with deadlines, and HTTP/1.1 on it: plain enough to send what no
// well-behaved client would.

#include "tests/system/support/wait.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ropewalk::system_test {

namespace json = boost::json;

class Socket {
 public:
  /// Throws when nobody listens. `receive_buffer` in bytes; 0: the system's default.
  explicit Socket(std::uint16_t port, int receive_buffer = 0);
  Socket(Socket const&) = delete;
  Socket& operator=(Socket const&) = delete;
  ~Socket();

  /// False when the peer has gone.
  bool write(std::string_view bytes, milliseconds limit = seconds(30)) const;
  /// Appends what has come; false at the end of the stream or of the time.
  bool read_some(std::string& bytes, milliseconds limit) const;
  /// Ends it the hard way: what was not sent or read yet is lost.
  void cut();

 private:
  int file_ = -1;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string target{};
  std::string body{};
  Headers headers{};  // "Host" replaces the default one
};

struct HttpReply {
  unsigned status = 0;
  Headers headers{};  // names in lower case
  std::string body{};

  std::string header(std::string const& name) const;
  /// Throws when the body is not JSON.
  json::value document() const;
  json::object object() const { return document().as_object(); }
};

/// A field that is a string; empty when it is not there.
std::string text_of(json::object const& object, std::string const& name);
/// The status line and the header, with the line ends.
HttpReply parse_head(std::string const& head);
milliseconds time_left(Steady::time_point deadline);
std::string to_bytes(HttpRequest const& request);
/// Throws when no whole answer came in time.
HttpReply exchange(Socket const& socket, std::string_view request, milliseconds limit);
HttpReply http(std::uint16_t port, HttpRequest const& request, milliseconds limit = seconds(30));

}  // namespace ropewalk::system_test

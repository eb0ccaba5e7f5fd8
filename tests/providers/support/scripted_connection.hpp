#pragma once
// The server's end of one accepted connection, moved by a script: blocking calls, any bytes at any
// time, with or without TLS.
//
// Thread: the one that runs the script. Every call is bounded: what does not happen within ten
// seconds fails.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct ssl_st;  // OpenSSL's SSL

namespace ropewalk::test {

struct TlsIdentity;

/// A request as it came.
struct ReceivedRequest {
  std::string head{};  // the request line and all headers, as sent
  std::string method{};
  std::string target{};
  std::vector<std::pair<std::string, std::string>> headers{};  // names in lower case
  std::string body{};

  /// The first value of `name` (lower case); empty when there is none.
  std::string header(std::string_view name) const;
};

class ScriptedConnection {
 public:
  ScriptedConnection(int descriptor, std::size_t index);
  ScriptedConnection(ScriptedConnection const&) = delete;
  ScriptedConnection& operator=(ScriptedConnection const&) = delete;
  ~ScriptedConnection();

  /// How many connections the server had accepted before this one.
  std::size_t index() const { return index_; }

  /// The server's side of a TLS handshake; false when the client refused it.
  bool start_tls(TlsIdentity const& identity);

  /// The next request with its body (Content-Length only); nullopt when the client closed.
  std::optional<ReceivedRequest> read_request();

  /// False when the client is gone.
  bool send(std::string_view bytes);
  /// The same in pieces of `piece` bytes, with time for the client to read each by itself.
  bool send_in_pieces(std::string_view bytes, std::size_t piece);
  /// A whole response with Content-Length. `extra_headers` are lines that end with "\r\n".
  bool respond(unsigned status, std::string_view body, std::string_view extra_headers = {});
  /// The head of a chunked response, one chunk of it, its end.
  bool begin_chunks(unsigned status = 200, std::string_view extra_headers = {});
  bool send_chunk(std::string_view data);
  bool end_chunks();
  /// Sends until the client has taken nothing for 300 ms (plain connections only), or until
  /// `bytes_max`; how many bytes it took.
  std::size_t send_until_stuck(std::size_t bytes_max);

  /// Waits until the client has closed, reading away what it still sends; false when it does not.
  bool wait_for_close();
  /// Ends the connection now; with TLS, without saying so.
  void close();
  /// The same with a TCP reset.
  void reset();
  /// Says in TLS that nothing more comes, then closes.
  void close_tls();

  /// Ends every blocking call, from any thread.
  void interrupt();

 private:
  /// Bytes read; 0 at the end.
  std::size_t read_some(char* into, std::size_t size);
  bool fill(std::string const& until, std::size_t size_min);

  int descriptor_;
  std::size_t index_;
  ssl_st* tls_ = nullptr;
  std::string buffer_;
};

}  // namespace ropewalk::test

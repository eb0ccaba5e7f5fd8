#pragma once
// A connection that bytes go through, whatever is beneath: TCP, a Unix socket, TLS over either.
//
// Owner:  one exchange or the pool. The destructor closes at once and says goodbye to nobody: a
// peer that stalls cannot hold it up.
// Shard:  all calls on the shard of its executor; one reader and one writer at a time.
// Cancel: terminal cancellation ends a call with operation_aborted; only closing is right after it.

#include "engine/async/async.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <memory>
#include <string_view>

namespace ropewalk::http {

using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;

struct Transfer {
  boost::system::error_code ec{};
  std::size_t count = 0;
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// What has come, at least one byte. asio::error::eof when the peer ended its direction in order.
  virtual Async<Transfer> read_some(asio::mutable_buffer into) = 0;
  /// All of `bytes`; `count` says how many were taken when that failed.
  virtual Async<Transfer> write_all(std::string_view bytes) = 0;
  /// Ends a read or write that is under way with operation_aborted; only closing is right after it.
  virtual void cancel() = 0;
  /// True when the connection is up and nothing waits to be read: fit for another request.
  virtual bool is_quiet() = 0;
};

std::unique_ptr<ByteStream> make_plain_stream(Socket socket);

/// What is_quiet() says of a socket, asked of the system.
bool is_socket_quiet(Socket& socket);

}  // namespace ropewalk::http

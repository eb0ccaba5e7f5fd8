#include "server/http/socket.hpp"

#include "engine/async/deadline.hpp"

#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <algorithm>

namespace ropewalk::server {
namespace {

Error closed(boost::system::error_code ec) {
  Error out;
  out.error_class = ErrorClass::transient;
  out.code = ec == asio::error::operation_aborted ? "cancelled" : "connection_closed";
  out.message = ec.message();
  return out;
}

Async<Result<>> read_now(Socket& socket, std::string& into) {
  into.resize(16 * 1024);
  auto const space = asio::buffer(into);
  auto [ec, count] = co_await socket.async_read_some(space, use_tuple);
  into.resize(count);
  if (ec) co_return closed(ec);
  co_return Result<>{};
}

Async<Result<>> write_now(Socket& socket, std::string_view bytes) {
  auto const source = asio::buffer(bytes.data(), bytes.size());
  auto [ec, count] = co_await asio::async_write(socket, source, use_tuple);
  if (ec) co_return closed(ec);
  co_return Result<>{};
}

/// What the kernel takes of `bytes` at once: most that is written fits into its buffer, and needs
/// neither a wait nor a time limit. A failure is left to be found by the write that waits.
std::size_t write_at_once(Socket& socket, std::string_view bytes) {
  auto const count =
      ::send(socket.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

/// What the deadline cut short says that it was cancelled; only the clock knows by whom.
Result<> or_timeout(Result<> result, Steady::time_point give_up) {
  if (!result && result.error().code == "cancelled" && Steady::now() >= give_up)
    return Error{ErrorClass::transient, "timeout", "took longer than allowed"};
  return result;
}

}  // namespace

Async<Result<>> read_some(Socket& socket, std::string& into, Duration limit) {
  auto const give_up = Steady::now() + limit;
  auto work = read_now(socket, into);
  auto const read = co_await with_deadline(limit, std::move(work));
  co_return or_timeout(read, give_up);
}

Async<Result<>> write_all(Socket& socket, std::string_view bytes, Duration limit) {
  constexpr std::size_t piece_max = 256 * 1024;
  while (!bytes.empty()) {
    auto const at_once = write_at_once(socket, bytes.substr(0, piece_max));
    bytes.remove_prefix(at_once);
    if (at_once > 0) continue;
    auto const piece = bytes.substr(0, piece_max);
    auto work = write_now(socket, piece);
    auto const written = co_await with_deadline(limit, std::move(work));
    if (!written) co_return written.error();
    bytes.remove_prefix(piece.size());
  }
  co_return Result<>{};
}

void reset(Socket& socket) {
  boost::system::error_code ignored;
  asio::socket_base::linger const at_once(true, 0);
  socket.set_option(at_once, ignored);
  socket.close(ignored);
}

Async<> linger(Socket& socket) {
  boost::system::error_code ignored;
  socket.shutdown(Socket::shutdown_send, ignored);
  std::string rest;
  constexpr int reads_max = 64;
  for (int i = 0; i < reads_max; ++i) {
    auto const read = co_await read_some(socket, rest, std::chrono::milliseconds(500));
    if (!read) break;
  }
}

}  // namespace ropewalk::server

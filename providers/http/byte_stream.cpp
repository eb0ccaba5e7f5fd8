#include "providers/http/byte_stream.hpp"

#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace ropewalk::http {
namespace {

class PlainStream : public ByteStream {
 public:
  explicit PlainStream(Socket socket) : socket_(std::move(socket)) {}

  Async<Transfer> read_some(asio::mutable_buffer into) override {
    auto [ec, count] = co_await socket_.async_read_some(into, use_tuple);
    co_return Transfer{ec, count};
  }

  Async<Transfer> write_all(std::string_view bytes) override {
    auto const source = asio::buffer(bytes.data(), bytes.size());
    auto [ec, count] = co_await asio::async_write(socket_, source, use_tuple);
    co_return Transfer{ec, count};
  }

  void cancel() override {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

  bool is_quiet() override { return is_socket_quiet(socket_); }

 private:
  Socket socket_;
};

}  // namespace

std::unique_ptr<ByteStream> make_plain_stream(Socket socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

bool is_socket_quiet(Socket& socket) {
  char byte = 0;
  auto const count = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace ropewalk::http

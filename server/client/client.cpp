#include "server/client/client.hpp"

#include "engine/base/json.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <utility>
#include <vector>

namespace ropewalk::cli {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

using Socket =
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;
using Endpoint = asio::generic::stream_protocol::endpoint;

constexpr std::uint64_t reply_bytes_max = 256 * 1024 * 1024;
constexpr JsonLimits reply_limits{
    .bytes_max = reply_bytes_max, .depth_max = 128, .nodes_max = 50'000'000};
constexpr Milliseconds connect_limit = std::chrono::seconds(5);

Error client_error(std::string code, std::string message, std::string hint = {}) {
  Error error;
  error.error_class = ErrorClass::transient;
  error.code = std::move(code);
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

Error unreachable(Address const& address, error_code ec) {
  return client_error(
      "server_unreachable",
      "no server answers at " + address.to_string() + ": " + ec.message(),
      "start one with `ropewalk serve`, or name another with --server"
  );
}

Error too_late(Address const& address) {
  return client_error(
      "server_timeout", "the server at " + address.to_string() + " did not answer in time"
  );
}

/// Runs what was started until `finished` is set; false when the time is up first.
bool drive(asio::io_context& io, bool const& finished, Milliseconds limit) {
  auto const end = std::chrono::steady_clock::now() + limit;
  io.restart();
  while (!finished) {
    if (io.run_one_until(end) == 0) return finished;
  }
  return true;
}

Result<std::vector<Endpoint>> endpoints_of(Address const& address, asio::io_context& io) {
  std::vector<Endpoint> out;
  if (address.is_unix()) {
    if (address.socket_path.size() > 107)
      return client_error("server_unreachable", "the path of the socket is longer than 107 bytes");
    out.emplace_back(asio::local::stream_protocol::endpoint(address.socket_path));
    return out;
  }
  error_code ec;
  asio::ip::tcp::resolver resolver(io);
  for (auto const& entry : resolver.resolve(address.host, address.port, ec))
    out.emplace_back(entry.endpoint());
  if (ec) return unreachable(address, ec);
  return out;
}

Result<> connect(Socket& socket, asio::io_context& io, Address const& address, Milliseconds limit) {
  TRY(auto const endpoints, endpoints_of(address, io));
  bool finished = false;
  error_code ec;
  asio::async_connect(socket, endpoints, [&](error_code result, Endpoint const&) {
    ec = result;
    finished = true;
  });
  if (!drive(io, finished, std::min(limit, connect_limit))) {
    socket.close(ec);
    io.run();
    return too_late(address);
  }
  if (ec) return unreachable(address, ec);
  return {};
}

Result<Reply> reply_of(Address const& address, http::response<http::string_body> const& response) {
  Reply out;
  out.status = response.result_int();
  if (response.body().empty()) return out;
  auto body = parse_json(response.body(), reply_limits);
  if (!body && out.status < 400)
    return client_error(
        "bad_reply", address.to_string() + " answered something that is not JSON; is it Ropewalk?"
    );
  if (body) out.body = std::move(*body);
  return out;
}

class BeastStream : public EventStream {
 public:
  explicit BeastStream(Address address) : address_(std::move(address)) {}

  ~BeastStream() override {
    error_code ec;
    socket_.next_layer().close(ec);
    io_.restart();
    io_.run_for(std::chrono::seconds(1));  // what was cancelled by the close ends here
  }

  Result<> start(Milliseconds limit) {
    if (auto const connected = start_socket(limit); !connected) return connected.error();
    bool finished = false;
    error_code ec;
    socket_.read_message_max(64 * 1024 * 1024);
    socket_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(http::field::sec_websocket_protocol, "ropewalk.v1");
      request.set(http::field::user_agent, "ropewalk");
    }));
    socket_.async_handshake(address_.host_header(), "/v1/stream", [&](error_code result) {
      ec = result;
      finished = true;
    });
    if (!drive(io_, finished, limit)) {
      error_code ignored;
      socket_.next_layer().close(ignored);
      drive(io_, finished, std::chrono::seconds(1));
      return too_late(address_);
    }
    if (ec) return unreachable(address_, ec);
    return {};
  }

  Result<> send(boost::json::value const& frame) override {
    auto const text = to_text(frame);
    bool finished = false;
    error_code ec;
    socket_.text(true);
    socket_.async_write(asio::buffer(text), [&](error_code result, std::size_t) {
      ec = result;
      finished = true;
    });
    if (!drive(io_, finished, std::chrono::seconds(10))) {
      error_code ignored;
      socket_.next_layer().close(ignored);
      drive(io_, finished, std::chrono::seconds(1));
      return too_late(address_);
    }
    if (ec) return closed(ec);
    return {};
  }

  Result<std::optional<boost::json::value>> receive(Milliseconds limit) override {
    if (!reading_) {
      reading_ = true;
      read_finished_ = false;
      socket_.async_read(buffer_, [this](error_code result, std::size_t) {
        read_ec_ = result;
        read_finished_ = true;
      });
    }
    if (!drive(io_, read_finished_, limit)) return std::optional<boost::json::value>();
    reading_ = false;
    if (read_ec_) return closed(read_ec_);
    auto frame = parse_json(boost::beast::buffers_to_string(buffer_.data()), reply_limits);
    buffer_.consume(buffer_.size());
    if (!frame) return client_error("bad_reply", "the server sent a frame that is not JSON");
    return std::optional<boost::json::value>(std::move(*frame));
  }

 private:
  Result<> start_socket(Milliseconds limit) {
    return connect(socket_.next_layer(), io_, address_, limit);
  }

  Error closed(error_code ec) const {
    return client_error("stream_closed", "the connection to the server ended: " + ec.message());
  }

  asio::io_context io_{1};
  Address address_;
  websocket::stream<Socket> socket_{io_.get_executor()};
  boost::beast::flat_buffer buffer_;
  error_code read_ec_;
  bool reading_ = false;
  bool read_finished_ = false;
};

}  // namespace

Result<Reply> HttpClient::request(
    std::string_view method,
    std::string const& target,
    boost::json::value const* body,
    std::string_view idempotency_key
) const {
  asio::io_context io(1);
  Socket socket(io.get_executor());
  if (auto const connected = connect(socket, io, address_, limit_); !connected)
    return connected.error();

  http::request<http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.set(http::field::host, address_.host_header());
  request.set(http::field::user_agent, "ropewalk");
  request.set(http::field::accept, "application/json, application/problem+json");
  if (!idempotency_key.empty()) request.set("Idempotency-Key", idempotency_key);
  if (body != nullptr) {
    request.set(http::field::content_type, "application/json");
    request.body() = to_text(*body);
  }
  request.keep_alive(false);
  request.prepare_payload();

  bool finished = false;
  error_code ec;
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(reply_bytes_max);
  auto const read = [&](error_code result, std::size_t) {
    ec = result;
    finished = true;
  };
  http::async_write(socket, request, [&](error_code result, std::size_t size) {
    // A server that refuses a large body answers and closes while we still write: read on.
    if (result && result != asio::error::broken_pipe && result != asio::error::connection_reset)
      return read(result, size);
    http::async_read(socket, buffer, parser, read);
  });
  if (!drive(io, finished, limit_)) {
    error_code ignored;
    socket.close(ignored);
    drive(io, finished, std::chrono::seconds(1));
    return too_late(address_);
  }
  if (ec) return unreachable(address_, ec);
  return reply_of(address_, parser.get());
}

Result<std::unique_ptr<EventStream>> EventStream::open(Address const& address, Milliseconds limit) {
  auto stream = std::make_unique<BeastStream>(address);
  if (auto const started = stream->start(limit); !started) return started.error();
  return std::unique_ptr<EventStream>(std::move(stream));
}

}  // namespace ropewalk::cli

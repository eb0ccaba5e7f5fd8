#include "tests/server/cli/fake_server.hpp"

#include "engine/base/json.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace ropewalk::cli {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using Local = asio::local::stream_protocol;
using Request = http::request<http::string_body>;

class FakeServer::Impl {
 public:
  explicit Impl(FakeScript script) : script_(std::move(script)) {
    std::array<char, 32> name{"/tmp/ropewalk-test-XXXXXX"};
    folder_ = mkdtemp(name.data());
    acceptor_.open();
    acceptor_.bind(Local::endpoint(path()));
    acceptor_.listen();
    thread_ = std::thread([this] { accept_all(); });
  }

  ~Impl() {
    stopping_ = true;
    error_code ec;
    Local::socket wake(io_);
    wake.connect(Local::endpoint(path()), ec);  // ends the accept that waits
    thread_.join();
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return folder_ + "/s"; }

 private:
  void accept_all() {
    for (int number = 0; !stopping_;) {
      error_code ec;
      Local::socket socket(io_);
      acceptor_.accept(socket, ec);
      if (ec || stopping_) return;
      serve(std::move(socket), number);
    }
  }

  void serve(Local::socket socket, int& number) {
    error_code ec;
    boost::beast::flat_buffer buffer;
    Request request;
    http::read(socket, buffer, request, ec);
    if (ec) return;
    if (websocket::is_upgrade(request)) return stream(std::move(socket), request, number++);
    auto const reply = script_.answer(
        std::string(request.method_string()), std::string(request.target()), request.body()
    );
    http::response<http::string_body> response(http::int_to_status(reply.status), 11);
    response.body() = reply.body;
    response.prepare_payload();
    http::write(socket, response, ec);
  }

  void stream(Local::socket socket, Request const& request, int number) {
    error_code ec;
    websocket::stream<Local::socket> peer(std::move(socket));
    peer.accept(request, ec);
    boost::beast::flat_buffer buffer;
    if (!ec) peer.read(buffer, ec);
    if (ec) return;
    auto const subscribe = parse_json(boost::beast::buffers_to_string(buffer.data())).value();
    auto const after = subscribe.at("after").to_number<std::uint64_t>();
    for (int frame = 0;; ++frame) {
      auto const text = script_.frame(number, after, frame);
      if (text.empty()) return;
      peer.write(asio::buffer(text), ec);
      if (ec) return;
    }
  }

  FakeScript script_;
  asio::io_context io_{1};
  std::string folder_;
  Local::acceptor acceptor_{io_};
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

FakeServer::FakeServer(FakeScript script) : impl_(std::make_unique<Impl>(std::move(script))) {}
FakeServer::~FakeServer() = default;
std::string FakeServer::url() const {
  return "unix:" + impl_->path();
}

}  // namespace ropewalk::cli

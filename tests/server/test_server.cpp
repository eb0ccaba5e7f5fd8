#include "tests/server/test_server.hpp"

#include "engine/async/deadline.hpp"

#include <boost/asio/write.hpp>

namespace ropewalk::server {

Async<> TestClient::connect(std::string const& address) {
  auto const colon = address.rfind(':');
  asio::ip::tcp::endpoint const endpoint(
      asio::ip::make_address(address.substr(0, colon)),
      static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)))
  );
  asio::generic::stream_protocol::endpoint const target(endpoint);
  co_await socket_.async_connect(target, use_async);
}

Async<> TestClient::send(std::string bytes) {
  auto const written = co_await write_all(socket_, bytes, std::chrono::seconds(5));
  (void)written;  // a server that has closed shows when its answer is read
}

Async<bool> TestClient::read_more() {
  std::string bytes;
  auto const read = co_await read_some(socket_, bytes, std::chrono::seconds(5));
  if (!read) {
    EXPECT_NE(read.error().code, "timeout");
  }
  buffer_ += bytes;
  co_return read.has_value();
}

Async<std::string> TestClient::read_until(std::string text) {
  for (;;) {
    auto const at = buffer_.find(text);
    if (at != buffer_.npos) {
      auto out = buffer_.substr(0, at + text.size());
      buffer_.erase(0, at + text.size());
      co_return out;
    }
    bool const more = co_await read_more();
    if (!more) co_return std::string();
  }
}

Async<std::string> TestClient::read_all() {
  bool more = true;
  while (more) more = co_await read_more();
  co_return std::exchange(buffer_, {});
}

Async<std::string> TestClient::ask(std::string request) {
  auto sending = send(std::move(request));
  co_await std::move(sending);
  auto head = co_await read_until("\r\n\r\n");
  std::string const key = "Content-Length: ";
  auto const at = head.find(key);
  if (at == head.npos) co_return head;
  auto const size = static_cast<std::size_t>(std::stoul(head.substr(at + key.size())));
  bool more = true;
  while (more && buffer_.size() < size) more = co_await read_more();
  head += buffer_.substr(0, size);
  buffer_.erase(0, size);
  co_return head;
}

Async<> TestClient::upgrade(std::string extra_headers) {
  auto sending = send(
      "GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
      extra_headers + "\r\n"
  );
  co_await std::move(sending);
  auto const head = co_await read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101")) << head;
}

Async<> TestClient::send_frame(unsigned first_byte, std::string payload) {
  std::string bytes(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    bytes += static_cast<char>(0x80U | payload.size());
  } else {
    bytes += static_cast<char>(0xffU);
    for (int i = 7; i >= 0; --i)
      bytes += static_cast<char>((payload.size() >> (8 * static_cast<unsigned>(i))) & 0xffU);
  }
  bytes += std::string(4, '\0') + payload;  // a mask of zeros
  auto sending = send(std::move(bytes));
  co_await std::move(sending);
}

Async<> TestClient::send_text(std::string text) {
  auto sending = send_frame(0x81, std::move(text));
  co_await std::move(sending);
}

Async<std::string> TestClient::next_frame() {
  for (;;) {
    if (buffer_.size() >= 2) {
      auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(buffer_[i]); };
      std::size_t size = byte(1);
      std::size_t start = 2;
      if (size == 126 && buffer_.size() >= 4) size = byte(2) * 256U + byte(3), start = 4;
      if (buffer_.size() >= start + size && !(size == 126 && start == 2)) {
        auto payload = buffer_.substr(start, size);
        auto const opcode = byte(0) & 15U;
        buffer_.erase(0, start + size);
        if (opcode != 8) co_return payload;
        auto const high = static_cast<unsigned char>(payload.at(0));
        auto const low = static_cast<unsigned char>(payload.at(1));
        co_return "close:" + std::to_string(high * 256 + low);
      }
    }
    bool const more = co_await read_more();
    if (!more) co_return std::string("eof");
  }
}

TestServer::TestServer(Limits wanted)
    : limits(wanted),
      streams(shard.executor(), StreamParts{backend, hub, limits, {}}),
      front(shard.executor(), FrontParts{router, origin, limits, connections, streams}) {
  hub.connect({&hub}, [](ExecutionId) { return true; });
  workflow_api.add_to(router);
  execution_api.add_to(router);
  history_api.add_to(router);
  stream_api.add_to(router);
  node_api.add_to(router);
  auto acceptor = listen_at(shard.executor(), "127.0.0.1:0", false);
  EXPECT_TRUE(acceptor) << acceptor.error().message;
  address = address_of(*acceptor);
  front.add(std::move(*acceptor));
}

void TestServer::publish(ExecutionId execution, std::string kind) {
  auto& events = backend.events_of[execution];
  events.push_back(FakeBackend::line(events.size() + 1, kind));
  EventChunk chunk;
  chunk.first_seq = chunk.last_seq = events.size();
  chunk.frames = events.back();
  hub.publish(execution, {chunk});
}

Async<> TestServer::run_both(Async<> client) {
  AsyncScope scope(shard.executor());
  scope.spawn(front.run());
  std::exception_ptr fault;
  try {
    co_await std::move(client);
  } catch (...) {
    fault = std::current_exception();  // rethrown below, after the server has stopped
  }
  front.stop();
  streams.close_all(close_code::service_restart, "");
  co_await sleep_for(std::chrono::milliseconds(1));
  front.cancel();
  co_await scope.join();
  if (fault) std::rethrow_exception(fault);
}

}  // namespace ropewalk::server

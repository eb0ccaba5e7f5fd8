#include "tests/providers/http/http_fixture.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

namespace ropewalk::test {
namespace {

constexpr std::size_t body_bytes_max = 64 * 1024 * 1024;

Async<> ask_with(HttpClientOptions options, HttpRequest request, Answer& into) {
  HttpClient client(co_await asio::this_coro::executor, std::move(options));
  co_await fetch(client, std::move(request), into);
}

Async<> run_with(HttpClientOptions options, ClientBody const& body) {
  auto const executor = co_await asio::this_coro::executor;
  HttpClient client(executor, std::move(options));
  AsyncScope scope(executor);
  co_await body(client, scope);
  co_await scope.join();
}

Async<> fetch_whole(HttpClient& client, HttpRequest request, Answer& into) {
  auto response = co_await client.send(std::move(request));
  if (!response) {
    into.error = response.error();
    co_return;
  }
  into.status = response->status;
  into.headers = response->headers;
  auto body = co_await response->read_all(body_bytes_max);
  if (body) {
    into.body = std::move(*body);
  } else {
    into.error = body.error();
  }
}

}  // namespace

Async<> fetch(HttpClient& client, HttpRequest request, Answer& into) {
  try {
    auto fetching = fetch_whole(client, std::move(request), into);
    co_await std::move(fetching);
  } catch (boost::system::system_error const& fault) {
    // Cancelled between two calls of the client: there Asio says so by itself.
    if (fault.code() != asio::error::operation_aborted) throw;
    into.error.code = "cancelled";
  }
}

Answer ask(HttpRequest const& request, HttpClientOptions const& options) {
  Answer out;
  run_coro(ask_with(options, request, out));
  return out;
}

HttpRequest get(std::string url) {
  HttpRequest out;
  out.url = std::move(url);
  return out;
}

void with_client(HttpClientOptions const& options, ClientBody const& body) {
  run_coro(run_with(options, body), std::chrono::seconds(60));
}

std::size_t descriptors_count() {
  std::size_t count = 0;
  for ([[maybe_unused]] auto const& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

FullListener::FullListener() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(listener_, any, size), 0);
  EXPECT_EQ(::listen(listener_, 0), 0);
  ::getsockname(listener_, any, &size);
  port_ = ntohs(address.sin_port);
  for (int i = 0; i < 4; ++i) {
    auto const each = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ::connect(each, any, size);
    fillers_.push_back(each);
  }
}

FullListener::~FullListener() {
  for (int const each : fillers_) ::close(each);
  ::close(listener_);
}

ScriptedServer::Script reply_once(std::string bytes) {
  return [bytes = std::move(bytes)](ScriptedConnection& connection) {
    if (connection.read_request()) connection.send(bytes);
    connection.close_tls();
  };
}

}  // namespace ropewalk::test

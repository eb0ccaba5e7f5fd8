#include "tests/providers/http/http_fixture.hpp"

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

}  // namespace

Async<> fetch(HttpClient& client, HttpRequest request, Answer& into) {
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

ScriptedServer::Script reply_once(std::string bytes) {
  return [bytes = std::move(bytes)](ScriptedConnection& connection) {
    if (connection.read_request()) connection.send(bytes);
    connection.close_tls();
  };
}

}  // namespace ropewalk::test

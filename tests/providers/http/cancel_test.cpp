// Goal: a call that is cancelled ends at once, wherever it was, and leaves no connection open.
//
// Method: servers that stall at one point; the test cancels once they got there.

#include "tests/providers/http/http_fixture.hpp"

#include <atomic>
#include <future>

namespace ropewalk::test {
namespace {

using Addresses = std::vector<asio::ip::address>;

/// Starts a request, cancels it when `is_time()`, and gives back how it ended.
Answer cancel_when(
    HttpRequest const& request,
    std::function<bool()> const& is_time,
    HttpClientOptions const& options = {}
) {
  Answer out;
  auto const signal = std::make_shared<asio::cancellation_signal>();
  auto run = [](HttpClient& client,
                AsyncScope& scope,
                HttpRequest wanted,
                Answer& into,
                std::shared_ptr<asio::cancellation_signal> stop,
                std::function<bool()> const& condition) -> Async<> {
    scope.spawn(fetch(client, std::move(wanted), into), stop);
    bool const is_there = co_await eventually([&] { return condition(); });
    EXPECT_TRUE(is_there);
    stop->emit(asio::cancellation_type::terminal);
    co_await scope.join();
    EXPECT_EQ(client.idle_count(), 0U);
  };
  with_client(options, [&](HttpClient& client, AsyncScope& scope) {
    return run(client, scope, request, out, signal, is_time);
  });
  return out;
}

/// Stalls after `bytes`, and after the client has had the time to read them.
void expect_cancelled_after(std::string const& bytes) {
  auto const before = descriptors_count();
  {
    std::atomic<bool> is_there = false;
    ScriptedServer server([&](ScriptedConnection& connection) {
      connection.read_request();
      connection.send_in_pieces(bytes, 64);
      is_there = true;
      EXPECT_TRUE(connection.wait_for_close()) << "the client kept the connection";
    });
    auto const answer = cancel_when(get(server.url()), [&] { return is_there.load(); });
    EXPECT_EQ(answer.error.code, "cancelled") << answer.error.message;
    EXPECT_TRUE(server.wait_until_idle());
  }
  EXPECT_EQ(descriptors_count(), before);
}

TEST(HttpCancel, WhileTheNameIsLookedUp) {
  std::promise<void> release;
  auto const released = release.get_future().share();
  std::atomic<bool> is_there = false;
  HttpClientOptions options;
  options.lookup = [&is_there, released](std::string const&) -> Result<Addresses> {
    is_there = true;
    released.wait();
    return Addresses{};
  };
  auto const answer = cancel_when(
      get("http://name.example/"), [&] { return is_there.load(); }, options
  );
  EXPECT_EQ(answer.error.code, "cancelled") << answer.error.message;
  release.set_value();
}

TEST(HttpCancel, WhileSeveralAddressesAreTried) {
  FullListener const full;
  auto const before = descriptors_count();
  HttpClientOptions options;
  options.lookup = [](std::string const&) -> Result<Addresses> {
    return Addresses(3, asio::ip::make_address("127.0.0.1"));
  };
  auto const url = "http://name.example:" + std::to_string(full.port()) + "/";
  auto const start = Steady::now();
  auto const is_time = [&] { return Steady::now() - start > std::chrono::milliseconds(350); };
  auto const answer = cancel_when(get(url), is_time, options);
  EXPECT_EQ(answer.error.code, "cancelled") << answer.error.message;
  EXPECT_EQ(descriptors_count(), before);
}

TEST(HttpCancel, BeforeTheHead) {
  expect_cancelled_after("");
}

TEST(HttpCancel, InTheMiddleOfTheHead) {
  expect_cancelled_after("HTTP/1.1 200 OK\r\nX:");
}

TEST(HttpCancel, InTheMiddleOfTheBody) {
  expect_cancelled_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
}

TEST(HttpCancel, DuringTheTlsHandshake) {
  std::atomic<bool> is_there = false;
  ScriptedServer server([&](ScriptedConnection& connection) {
    is_there = true;
    EXPECT_TRUE(connection.wait_for_close());
  });
  auto const url = "https://127.0.0.1:" + std::to_string(server.port());
  auto const answer = cancel_when(get(url), [&] { return is_there.load(); });
  EXPECT_EQ(answer.error.code, "cancelled") << answer.error.message;
  EXPECT_TRUE(server.wait_until_idle());
}

TEST(HttpCancel, WhileTheRequestIsWritten) {
  std::atomic<bool> is_there = false;
  ScriptedServer server([&](ScriptedConnection& connection) {
    is_there = true;
    EXPECT_TRUE(connection.wait_for_close());
  });
  HttpRequest request = get(server.url());
  request.method = "POST";
  request.body.assign(64 * 1024 * 1024, 'x');
  auto const answer = cancel_when(request, [&] { return is_there.load(); });
  EXPECT_TRUE(answer.error.code == "cancelled") << answer.error.message;
  EXPECT_TRUE(server.wait_until_idle());
}

Async<> drop_response(HttpClient& client, HttpRequest request) {
  auto const response = co_await client.send(std::move(request));
  EXPECT_TRUE(response);
}

TEST(HttpCancel, AnUnreadResponseClosesItsConnection) {
  ScriptedServer server([&](ScriptedConnection& connection) {
    connection.read_request();
    connection.begin_chunks();
    EXPECT_TRUE(connection.wait_for_close());
  });
  with_client({}, [&](HttpClient& client, AsyncScope&) {
    return drop_response(client, get(server.url()));
  });
  EXPECT_TRUE(server.wait_until_idle());
}

}  // namespace
}  // namespace ropewalk::test

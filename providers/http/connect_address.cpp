#include "providers/http/connect_address.hpp"

#include "engine/async/async_scope.hpp"
#include "providers/http/http_error.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <optional>

namespace ropewalk::http {
namespace {

using Endpoint = asio::generic::stream_protocol::endpoint;

constexpr auto head_start = std::chrono::milliseconds(250);

Async<boost::system::error_code> connect_socket(Socket& socket, Endpoint endpoint) {
  auto [ec] = co_await socket.async_connect(endpoint, use_tuple);
  boost::system::error_code ignored;  // a Unix socket has no delay
  if (!ec) socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  co_return ec;
}

/// Several attempts under way.
struct Race {
  explicit Race(Executor executor) : attempts(executor), step(executor) {}

  AsyncScope attempts;
  Timer step;  // wakes the starter: time for the next attempt, or one has ended
  std::size_t running_count = 0;
  std::optional<Connected> winner{};
  boost::system::error_code last_failure{};
};

Async<> run_attempt(Race& race, asio::ip::address address, std::uint16_t port) {
  Socket socket(co_await asio::this_coro::executor);
  Endpoint const endpoint(asio::ip::tcp::endpoint(address, port));
  auto const ec = co_await connect_socket(socket, endpoint);
  if (ec) {
    race.last_failure = ec;
  } else if (!race.winner) {
    race.winner.emplace(Connected{std::move(socket), address});
  }
  --race.running_count;
  race.step.cancel();
}

/// Starts one attempt after the other; returns when one has won, all have failed, or when
/// cancelled, then with false. REQUIRES: cancellation does not throw.
Async<bool> run_race(
    Race& race, std::vector<asio::ip::address> const& addresses, std::uint16_t port
) {
  std::size_t started = 0;
  while (!race.winner && (race.running_count > 0 || started < addresses.size())) {
    auto wake_at = Timer::time_point::max();
    if (started < addresses.size()) {
      ++race.running_count;
      race.attempts.spawn(run_attempt(race, addresses[started], port));
      if (++started < addresses.size()) wake_at = Steady::now() + head_start;
    }
    race.step.expires_at(wake_at);
    co_await race.step.async_wait(use_tuple);
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return false;
  }
  co_return true;
}

}  // namespace

Async<Result<Connected>> connect_any(
    std::vector<asio::ip::address> addresses, std::uint16_t port, std::string peer
) {
  Race race(co_await asio::this_coro::executor);
  bool const throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);  // the attempts are joined on every path
  bool const is_decided = co_await run_race(race, addresses, port);
  race.attempts.cancel();
  co_await race.attempts.join();
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (!is_decided) co_return cancelled();
  if (race.winner) co_return std::move(*race.winner);
  co_return failed_connect(race.last_failure, peer);
}

Async<Result<Connected>> connect_unix(std::string path, std::string peer) {
  Socket socket(co_await asio::this_coro::executor);
  Endpoint const endpoint{asio::local::stream_protocol::endpoint(path)};
  auto const ec = co_await connect_socket(socket, endpoint);
  if (ec) co_return failed_connect(ec, peer);
  co_return Connected{std::move(socket), {}};
}

}  // namespace ropewalk::http

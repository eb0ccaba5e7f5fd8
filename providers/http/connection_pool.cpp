#include "providers/http/connection_pool.hpp"

#include <algorithm>

namespace ropewalk::http {
namespace {

constexpr std::size_t idle_max = 1024;  // over all destinations

}  // namespace

ConnectionPool::ConnectionPool(Executor executor, std::size_t per_key_max, Steady::duration keep)
    : timer_(executor), per_key_max_(per_key_max), keep_(keep) {}

std::optional<Connection> ConnectionPool::take(
    std::string const& key, std::uint16_t port, AllowAddress const& allow
) {
  auto const found = idle_.find(key);
  if (found == idle_.end()) return std::nullopt;
  auto& list = found->second;
  std::optional<Connection> out;
  while (!list.empty() && !out) {
    auto idle = std::move(list.back());
    list.pop_back();
    --idle_count_;
    // It may have been opened by a request that was allowed more.
    auto const& address = idle.connection.address;
    bool const is_allowed = !allow || !address || allow(*address, port);
    bool const is_usable = idle.until > Steady::now() && idle.connection.stream->is_quiet();
    if (is_usable && is_allowed) out.emplace(std::move(idle.connection));
  }
  if (list.empty()) idle_.erase(found);
  return out;
}

void ConnectionPool::put(std::string const& key, Connection connection) {
  if (per_key_max_ == 0 || idle_count_ >= idle_max) return;
  auto& list = idle_[key];
  if (list.size() >= per_key_max_) {
    list.pop_front();
    --idle_count_;
  }
  list.push_back(Idle{std::move(connection), Steady::now() + keep_});
  ++idle_count_;
  sweep_later();
}

void ConnectionPool::sweep() {
  auto const now = Steady::now();
  for (auto at = idle_.begin(); at != idle_.end();) {
    auto const removed = std::erase_if(at->second, [&](Idle& idle) {
      return idle.until <= now || !idle.connection.stream->is_quiet();
    });
    idle_count_ -= removed;
    at = at->second.empty() ? idle_.erase(at) : std::next(at);
  }
  if (idle_count_ > 0) sweep_later();
}

void ConnectionPool::sweep_later() {
  if (is_sweeping_) return;
  is_sweeping_ = true;
  timer_.expires_after(std::max<Steady::duration>(keep_ / 2, std::chrono::milliseconds(1)));
  timer_.async_wait([self = weak_from_this()](boost::system::error_code ec) {
    auto const pool = self.lock();
    if (ec || !pool) return;
    pool->is_sweeping_ = false;
    pool->sweep();
  });
}

}  // namespace ropewalk::http

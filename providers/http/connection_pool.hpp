#pragma once
// Connections kept for the next request to the same destination.
//
// The most recently used one is given first. A connection is closed when it has been idle for
// `keep`, when the other side closes it, or when there are more than the limits allow.
//
// Owner: one HttpClient, as a shared_ptr that the pool's timer and the responses hold weakly.
// Shard: all calls on the constructing shard.

#include "providers/http/connector.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace ropewalk::http {

class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
 public:
  ConnectionPool(Executor executor, std::size_t per_key_max, Steady::duration keep);

  /// A connection that is up and was allowed by `allow`; nullopt when there is none.
  std::optional<Connection> take(
      std::string const& key, std::uint16_t port, AllowAddress const& allow
  );
  void put(std::string const& key, Connection connection);
  std::size_t idle_count() const { return idle_count_; }

 private:
  struct Idle {
    Connection connection{};
    Steady::time_point until{};
  };

  void sweep();
  void sweep_later();

  Timer timer_;
  std::size_t per_key_max_;
  Steady::duration keep_;
  std::map<std::string, std::deque<Idle>> idle_;  // the longest idle first
  std::size_t idle_count_ = 0;
  bool is_sweeping_ = false;
};

}  // namespace ropewalk::http

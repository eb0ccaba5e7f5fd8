#pragma once
// Turns host names into addresses without holding the shard up.
//
// The blocking look-up runs on threads of its own, a few at a time; whoever asks for a name that is
// being looked up waits for the same answer. Nothing is remembered after that: the system's
// resolver knows better how long an answer holds.
//
// Owner:  one HttpClient. Shard: all calls on the constructing shard.
// Cancel: resolve() ends at once with `cancelled`; the look-up goes on for nobody. The destructor
// does not wait for look-ups either.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ropewalk::http {

using Addresses = std::vector<asio::ip::address>;
/// Blocking. Errors: dns_failure: transient for now, permanent when there is no such name.
using NameLookup = std::function<Result<Addresses>(std::string const& host)>;

/// By getaddrinfo.
Result<Addresses> system_lookup(std::string const& host);

class NameResolver {
 public:
  NameResolver(Executor executor, NameLookup lookup);
  ~NameResolver();
  NameResolver(NameResolver const&) = delete;
  NameResolver& operator=(NameResolver const&) = delete;

  /// At least one address; an address written as such is only parsed. Errors: dns_failure,
  /// cancelled.
  Async<Result<Addresses>> resolve(std::string host);

 private:
  struct Pending;
  struct Waiting;
  struct Jobs;

  Executor executor_;
  std::shared_ptr<Waiting> waiting_;  // the shard's side
  std::shared_ptr<Jobs> jobs_;        // shared with the threads
};

}  // namespace ropewalk::http

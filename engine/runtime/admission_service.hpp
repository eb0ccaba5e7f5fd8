#pragma once
// The pools and concurrency limits of a node, on their home shard, for engines on every shard.
//
// Engines of other shards ask and are answered by messages; when there is one shard, or on the home
// shard, calls are direct.

#include "engine/async/shard.hpp"
#include "engine/base/error.hpp"
#include "engine/schedule/admission.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace ropewalk {

class AdmissionService {
 public:
  /// `pools`: capacity by name; cpu in thousandths of a core, memory in bytes, the others in slots.
  AdmissionService(Executor home, std::map<std::string, std::uint64_t> pools);
  ~AdmissionService();

  // Any shard: how one pool stands, or all of them:
  // [{"name","capacity","used","waiting","holders":[…]}].
  Async<boost::json::value> describe_pools();
  /// Any shard. Errors: not_found, invalid_argument. A lower capacity takes effect as slots come
  /// back.
  Async<Result<>> set_capacity(std::string pool, std::uint64_t capacity);
  /// Any thread: used and waiting units of each pool, for metrics (a copy that is at most a moment
  /// old).
  struct PoolGauge {
    std::string pool{};
    std::uint64_t used = 0;
    std::uint64_t waiting = 0;
  };
  Async<std::vector<PoolGauge>> gauges();

  class Impl;
  Impl& impl() { return *impl_; }  // for Engine

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk

#pragma once
// Port: answers that cost something, kept for those who ask the same again.
//
// Values are text (JSON); what they mean is their writer's business. One object a shard.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

#include <optional>
#include <string>

namespace ropewalk {

class ResponseCache {
 public:
  virtual ~ResponseCache() = default;
  /// nullopt: not there, or past its time.
  virtual Async<Result<std::optional<std::string>>> get(std::string key) = 0;
  /// Replaces what is there. REQUIRES: ttl > 0.
  virtual Async<Result<>> put(std::string key, std::string value, Duration ttl) = 0;
};

}  // namespace ropewalk

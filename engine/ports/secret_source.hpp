#pragma once
// Port: secrets by their names. A workflow names a secret; what it is never stands in one.
//
// One object a shard.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"

#include <string>

namespace ropewalk {

class SecretSource {
 public:
  virtual ~SecretSource() = default;
  /// Never empty. Errors: unknown_secret, secret_unreadable (permanent).
  virtual Async<Result<std::string>> secret(std::string name) = 0;
};

}  // namespace ropewalk

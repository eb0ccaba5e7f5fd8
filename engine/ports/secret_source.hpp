#pragma once
// Port: secrets by their names, and what they are to be taken out of everything else with.
//
// One object a shard.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "engine/base/secret_mask.hpp"

#include <memory>
#include <string>

namespace ropewalk {

class SecretSource {
 public:
  virtual ~SecretSource() = default;
  /// Never empty. Errors: unknown_secret, secret_unreadable (permanent), secret_tampered
  /// (permanent), those of the database where it is kept in one.
  virtual Async<Result<std::string>> secret(std::string name) = 0;
  /// Of all secrets that are known by now; null: of none.
  virtual std::shared_ptr<SecretMask const> mask() = 0;
};

}  // namespace ropewalk

#pragma once
// The secrets that the configuration names: in variables of the server's environment, and in files.
//
// Looked up when they are used, so that a file that was replaced counts at once.
//
// Owner: a shard's work. Shard: all calls on that one.

#include "engine/base/error.hpp"
#include "server/blocking.hpp"
#include "server/config.hpp"

#include <map>
#include <string>

namespace ropewalk::server {

class ConfiguredSecrets {
 public:
  /// Both outlive this.
  ConfiguredSecrets(std::map<std::string, SecretPlace> const& places, BlockingPool& blocking)
      : places_(places), blocking_(blocking) {}

  bool has(std::string const& name) const { return places_.contains(name); }
  /// A line end behind the secret is none of it. Limits: 64 KiB. Errors: unknown_secret,
  /// secret_unreadable (permanent).
  Async<Result<std::string>> secret(std::string name);
  /// The error about one that is not there.
  Error unknown(std::string const& name) const;

 private:
  std::map<std::string, SecretPlace> const& places_;
  BlockingPool& blocking_;
};

}  // namespace ropewalk::server

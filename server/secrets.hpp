#pragma once
// The secrets that the configuration names: in variables of the server's environment, and in files.
//
// Looked up when they are used, so that a file that was replaced counts at once.
//
// Owner: a shard's work. Shard: all calls on that one.

#include "engine/ports/secret_source.hpp"
#include "server/blocking.hpp"
#include "server/config.hpp"

#include <map>
#include <string>

namespace ropewalk::server {

class ConfiguredSecrets final : public SecretSource {
 public:
  /// Both outlive this.
  ConfiguredSecrets(std::map<std::string, SecretPlace> const& places, BlockingPool& blocking)
      : places_(places), blocking_(blocking) {}

  /// A line end behind the secret is none of it. Limits: 64 KiB.
  Async<Result<std::string>> secret(std::string name) override;

 private:
  std::map<std::string, SecretPlace> const& places_;
  BlockingPool& blocking_;
};

}  // namespace ropewalk::server

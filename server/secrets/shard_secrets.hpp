#pragma once
// All secrets as a shard sees them: those of the configuration first, then those of the database.
//
// Owner: NodeShard. Shard: all calls on that one. A value is looked up each time it is used, so
// that one that was set on another node counts at once.

#include "engine/ports/secret_source.hpp"
#include "server/secrets/configured_secrets.hpp"
#include "server/secrets/node_secrets.hpp"
#include "sql/secret_store.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace ropewalk::server {

class ShardSecrets final : public SecretSource {
 public:
  static constexpr std::size_t secrets_max = 1000;  // in the database
  static constexpr std::size_t value_bytes_max = 64 * 1024;

  /// All of them outlive this.
  ShardSecrets(NodeSecrets& node, sql::ConnectionPool& pool, BlockingPool& blocking)
      : node_(node), configured_(node.places(), blocking), store_(pool), blocking_(blocking) {}

  Async<Result<std::string>> secret(std::string name) override;
  std::shared_ptr<SecretMask const> mask() override { return node_.mask(); }

  /// Notes every value that can be read, so that none is told before it was first used. Says in the
  /// log which cannot.
  Async<> learn();

  /// {"name","source","updatedAt"}. Errors: secret_configured (the configuration has one of that
  /// name), invalid_secret, too_many_secrets, those of KeyFile and the database.
  Async<Result<boost::json::object>> put(std::string name, std::string value);
  /// [{"name","source": "env", "file" or "store","updatedAt"?,"keyId"?}], never values.
  Async<Result<boost::json::array>> list();
  /// Errors: secret_configured, not_found.
  Async<Result<>> remove(std::string name);
  /// A new key, and everything encrypted with it: {"keyId","rotated","failed":[{"name","code"}]}.
  Async<Result<boost::json::object>> rotate();

 private:
  Async<Result<std::string>> stored(std::string name);
  Async<Result<std::string>> open(sql::SealedSecret secret);
  Async<Result<SecretKey>> current_key();

  NodeSecrets& node_;
  ConfiguredSecrets configured_;
  sql::SecretStore store_;
  BlockingPool& blocking_;
};

}  // namespace ropewalk::server

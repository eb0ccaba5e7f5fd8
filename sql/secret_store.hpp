#pragma once
// The table of encrypted secrets. What is in them is read and written elsewhere: here they are
// bytes.
//
// Owner:  one a shard, beside its ConnectionPool, which must outlive it.
// Errors: those of ConnectionPool besides what is named.

#include "engine/base/time.hpp"
#include "sql/connection_pool.hpp"

#include <optional>
#include <string>
#include <vector>

namespace ropewalk::sql {

struct SealedSecret {
  std::string name{};
  std::int64_t version = 0;
  std::string key_id{};
  std::string sealed{};
  Instant updated_at{};  // by the database's clock; not written
};

class SecretStore {
 public:
  explicit SecretStore(ConnectionPool& pool) : pool_(pool) {}

  /// nullopt: there is none of that name.
  Async<Result<std::optional<SealedSecret>>> get(std::string name);
  /// In order of their names.
  Async<Result<std::vector<SealedSecret>>> list(std::int32_t limit);
  /// A number that no value had before.
  Async<Result<std::int64_t>> next_version();
  /// A value with a greater version that came first stays.
  Async<Result<>> put(SealedSecret secret);
  /// The same value, encrypted anew. False when it was changed or removed meanwhile.
  Async<Result<bool>> reseal(SealedSecret secret);
  /// False when there was none.
  Async<Result<bool>> remove(std::string name);

 private:
  ConnectionPool& pool_;
};

}  // namespace ropewalk::sql

#pragma once
// Hooks that others call, and what came of their last calls.
//
// Owner:  one a shard, beside its ConnectionPool, which must outlive it.
// Errors: those of ConnectionPool besides what is named. JSON fields are JSON text; empty: none.

#include "engine/async/async.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"
#include "sql/connection_pool.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk::sql {

struct HookRow {
  std::int64_t id = 0;
  std::string name{};
  std::string definition{};
  Instant created_at{};
  Instant updated_at{};
};

struct HookDelivery {
  std::int64_t id = 0;
  Instant received_at{};
  std::string result{};    // "started", "repeated", "filtered", "refused", …
  std::string delivery{};  // the sender's id of it; empty: it has none
  std::optional<ExecutionId> execution{};
  std::string detail{};  // never empty
};

class HookStore {
 public:
  explicit HookStore(ConnectionPool& pool) : pool_(pool) {}

  struct Put {
    HookRow row{};
    bool is_new = false;
  };
  Async<Result<Put>> put(std::string name, std::string definition);
  /// Errors: not_found.
  Async<Result<HookRow>> get(std::string name);
  Async<Result<std::vector<HookRow>>> list(std::string after, std::int32_t limit);
  /// With what was logged of it. Errors: not_found.
  Async<Result<void>> remove(std::string name);

  /// Adds one; of each hook the last 100 are kept, and the last 20 that were refused.
  Async<Result<void>> log(std::int64_t hook, HookDelivery delivery);
  /// Latest first; those before `before` (0: all). Errors: not_found.
  Async<Result<std::vector<HookDelivery>>> deliveries(
      std::string name, std::int64_t before, std::int32_t limit
  );

 private:
  ConnectionPool& pool_;
};

}  // namespace ropewalk::sql

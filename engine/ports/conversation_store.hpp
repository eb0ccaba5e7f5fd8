#pragma once
// Port: what was said earlier, turn by turn, under a key that the user chose.
//
// A turn is text (JSON); what it means is its writer's business. One object a shard.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ropewalk {

class ConversationStore {
 public:
  virtual ~ConversationStore() = default;
  /// The last `turns_max` turns before `turn_id`, which may have been written already, oldest
  /// first.
  virtual Async<Result<std::vector<std::string>>> load(
      std::string key, std::int32_t turns_max, std::string turn_id
  ) = 0;
  /// Durable when it returns. The same `turn_id` again takes the place of what it wrote: an attempt
  /// that is made again does not say everything twice.
  virtual Async<Result<>> append(std::string key, std::string turn_id, std::string turn) = 0;
};

}  // namespace ropewalk

#pragma once
// What the metrics of the server count of calls to models.

#include "engine/base/time.hpp"
#include "providers/ai/chat.hpp"

#include <optional>
#include <string>

namespace ropewalk::ai {

class AiObserver {
 public:
  virtual ~AiObserver() = default;
  /// Any shard. cost: absent when it is not known. first_token: zero when none came.
  virtual void model_called(
      std::string const& provider,
      std::string const& model,
      ChatUsage const& usage,
      std::optional<double> cost_usd,
      Duration first_token
  ) = 0;
};

}  // namespace ropewalk::ai

#pragma once
// What the metrics of the server count of calls to models.

#include "engine/base/time.hpp"
#include "providers/ai/chat.hpp"

#include <optional>
#include <string_view>

namespace ropewalk::ai {

struct ModelCallSeen {
  std::string_view provider{};
  std::string_view model{};
  std::string_view workflow{};  // whose task it was for
  ChatUsage usage{};
  std::optional<double> cost_usd{};  // absent: it is not known
  Duration first_token{};            // zero: none came
};

class AiObserver {
 public:
  virtual ~AiObserver() = default;
  /// Any shard. The texts live as long as the call.
  virtual void model_called(ModelCallSeen const& call) = 0;
};

}  // namespace ropewalk::ai

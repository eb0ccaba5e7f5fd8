#pragma once
// What is known about models: the size of their window, what they can, what they cost.
//
// A table that is built in (models.yaml), beneath one of the user's (`modelsFile`). Immutable once
// read; any thread.

#include "engine/base/error.hpp"
#include "providers/ai/chat.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

/// Picodollars a token: exact for prices with up to six digits behind the point, a million tokens.
struct ModelPrice {
  std::int64_t input = 0;
  std::optional<std::int64_t> cached_input{};  // absent: as input
  std::optional<std::int64_t> cache_write{};   // absent: as input
  std::int64_t output = 0;                     // reasoning included
  bool operator==(ModelPrice const&) const = default;
};

/// Absent: not known. Nothing is ever guessed.
struct ModelInfo {
  std::optional<std::int64_t> context_window{};  // tokens, input and output together
  std::optional<std::int64_t> max_output{};      // tokens
  std::optional<ModelPrice> price{};
  std::optional<bool> temperature{};  // whether temperature and topP may be sent
  std::optional<bool> images{};
  std::optional<bool> tools{};
  std::optional<bool> schema{};  // structured output by schema
};

class ModelTable {
 public:
  /// The built-in table alone.
  static std::shared_ptr<ModelTable const> built_in();
  /// With the user's in front: what it says about a model wins, field by field. Errors: those of
  /// read_yaml; invalid_models, with every problem in detail.
  static Result<std::shared_ptr<ModelTable const>> with(std::string_view yaml);

  /// Looked up by `provider/model`'s name of the provider and by the provider's type: an entry that
  /// names providers holds for those only. Of the entries that match, the one with the longest
  /// pattern is taken; a vendor's prefix ("openai/gpt-4o" at a router) is part of the name.
  ModelInfo find(
      std::string_view provider_name, std::string_view provider_type, std::string_view model
  ) const;
  /// The day for which the built-in prices hold, "2026-11-01".
  std::string_view updated() const { return updated_; }
  std::size_t size() const { return entries_.size(); }

  struct Entry {
    std::string pattern{};  // '*' stands for any run
    std::vector<std::string> providers{};
    bool is_of_user = false;
    ModelInfo info{};
  };

 private:
  friend class ModelReader;
  std::vector<Entry> entries_{};
  std::string updated_{};
};

/// '*' stands for any run of characters, everything else for itself. Linear in text and pattern's
/// product at worst, without recursion.
bool matches_pattern(std::string_view pattern, std::string_view text);

/// What a call cost, in dollars: exact sums, rounded to billionths, half up. nullopt when input or
/// output was not counted. Cached and written tokens are part of the input and are bounded by it.
std::optional<double> cost_usd(ModelPrice const& price, ChatUsage const& usage);

}  // namespace ropewalk::ai

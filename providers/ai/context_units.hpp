#pragma once
// What may be left out of a draft, and what it costs. For context_fit.cpp.

#include "providers/ai/context_fit.hpp"

namespace ropewalk::ai {

inline constexpr std::int64_t cut_tokens_min = 64;  // less of a text than that says nothing

/// Messages that stay or go together.
struct Unit {
  std::size_t first = 0;
  std::size_t count = 0;
  bool must_stay = false;
  std::int64_t tokens = 0;
};

std::int64_t corrected_tokens(ContextWindow const& window, std::int64_t estimated);
std::int64_t message_tokens(ContextWindow const& window, DraftMessage const& entry);

/// In order; together they are the whole draft.
std::vector<Unit> units_of(std::vector<DraftMessage> const& draft, ContextWindow const& window);

/// The index of the last message that the user asks with; the size of the draft when there is none.
std::size_t last_question(std::vector<DraftMessage> const& draft);

/// The longest text part that may be cut; nullptr when there is none.
TextPart* longest_text(Message& message);

/// What is to be summarized, in as many messages as `input_max` asks for.
std::vector<Message> summary_requests(
    std::vector<DraftMessage> const& draft,
    std::vector<std::size_t> const& indices,
    ContextWindow const& window,
    std::int64_t input_max
);

/// Collects what was left out.
class CutReport {
 public:
  CutReport(ContextStrategy strategy, ContextWindow const& window, std::int64_t tokens_before);
  void add(
      std::size_t index,
      DraftMessage const& entry,
      std::string_view action,
      std::int64_t before,
      std::int64_t after,
      std::size_t characters
  );
  json::object finish(std::int64_t tokens_after);

 private:
  json::object report_{};
  json::array cut_{};
  std::uint64_t count_ = 0;
};

}  // namespace ropewalk::ai

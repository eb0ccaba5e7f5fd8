#include "providers/ai/context_units.hpp"

#include <algorithm>
#include <cmath>

namespace ropewalk::ai {
namespace {

bool calls_tools(Message const& message) {
  return std::ranges::any_of(message.parts, [](Part const& part) {
    return std::holds_alternative<ToolCallPart>(part);
  });
}

bool is_tool_result(Message const& message) {
  return std::ranges::any_of(message.parts, [](Part const& part) {
    return std::holds_alternative<ToolResultPart>(part);
  });
}

}  // namespace

std::int64_t corrected_tokens(ContextWindow const& window, std::int64_t estimated) {
  return std::llround(std::ceil(static_cast<double>(estimated) * window.factor));
}

std::int64_t message_tokens(ContextWindow const& window, DraftMessage const& entry) {
  return corrected_tokens(window, estimate_tokens(window.family, entry.message));
}

std::size_t last_question(std::vector<DraftMessage> const& draft) {
  for (std::size_t i = draft.size(); i > 0; --i)
    if (draft[i - 1].origin == Origin::prompt && draft[i - 1].message.role == Role::user)
      return i - 1;
  return draft.size();
}

std::vector<Unit> units_of(std::vector<DraftMessage> const& draft, ContextWindow const& window) {
  std::vector<Unit> units;
  std::size_t const question = last_question(draft);
  for (std::size_t i = 0; i < draft.size();) {
    Unit unit;
    unit.first = i;
    bool const calls = calls_tools(draft[i].message);
    do {
      unit.must_stay |= draft[i].message.role == Role::system || i == question;
      unit.tokens += message_tokens(window, draft[i]);
      ++unit.count;
      ++i;
    } while (calls && i < draft.size() && is_tool_result(draft[i].message));
    units.push_back(unit);
  }
  if (!units.empty() && draft.back().origin == Origin::exchange) units.back().must_stay = true;
  return units;
}

TextPart* longest_text(Message& message) {
  TextPart* longest = nullptr;
  for (Part& part : message.parts)
    if (auto* text = std::get_if<TextPart>(&part))
      if (longest == nullptr || text->text.size() > longest->text.size()) longest = text;
  return longest;
}

CutReport::CutReport(
    ContextStrategy strategy, ContextWindow const& window, std::int64_t tokens_before
) {
  report_["strategy"] = to_string(strategy);
  report_["window"] = window.tokens;
  report_["reserved"] = window.reserved;
  report_["tokensBefore"] = tokens_before;
}

void CutReport::add(
    std::size_t index,
    DraftMessage const& entry,
    std::string_view action,
    std::int64_t before,
    std::int64_t after,
    std::size_t characters
) {
  constexpr std::size_t listed_max = 100;
  if (++count_ > listed_max) return;
  json::object row;
  row["message"] = index;
  row["origin"] = to_string(entry.origin);
  row["role"] = to_string(entry.message.role);
  if (!entry.label.empty()) row["label"] = entry.label;
  row["action"] = action;
  row["tokensBefore"] = before;
  row["tokensAfter"] = after;
  if (characters > 0) row["charactersCut"] = characters;
  cut_.push_back(std::move(row));
}

json::object CutReport::finish(std::int64_t tokens_after) {
  report_["tokensAfter"] = tokens_after;
  report_["cut"] = std::move(cut_);
  report_["cutCount"] = count_;
  return std::move(report_);
}

}  // namespace ropewalk::ai

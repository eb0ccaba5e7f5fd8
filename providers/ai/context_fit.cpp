#include "providers/ai/context_fit.hpp"

#include "providers/ai/context_units.hpp"
#include "providers/ai/text_cut.hpp"

#include <algorithm>
#include <utility>

namespace ropewalk::ai {
namespace {

Error too_long(std::int64_t tokens, ContextWindow const& window, std::string_view what) {
  json::object detail;
  detail["retryable"] = false;
  detail["tokens"] = tokens;
  detail["window"] = window.tokens;
  detail["reserved"] = window.reserved;
  std::string message(what);
  message += " is about " + std::to_string(tokens) + " tokens, where ";
  message += std::to_string(std::max<std::int64_t>(0, window.tokens - window.reserved));
  message += " fit (window " + std::to_string(window.tokens);
  message += ", kept for the answer " + std::to_string(window.reserved) + ")";
  return {
      .error_class = ErrorClass::resource,
      .code = "context_length",
      .message = std::move(message),
      .hint =
          "send less, set `contextStrategy`, lower `maxTokens`, or take a model with a larger "
          "window",
      .detail = std::move(detail)};
}

/// Works on one draft.
class Fitter {
 public:
  Fitter(std::vector<DraftMessage> draft, ContextWindow const& window, ContextStrategy strategy)
      : draft_(std::move(draft)),
        window_(window),
        units_(units_of(draft_, window)),
        fixed_(corrected_tokens(window, window.fixed)),
        dropped_(draft_.size(), false),
        strategy_(strategy) {
    tokens_ = fixed_;
    for (Unit const& unit : units_) tokens_ += unit.tokens;
    tokens_before_ = tokens_;
  }

  bool fits() const { return tokens_ <= room(); }
  std::int64_t room() const { return window_.tokens - window_.reserved; }
  Error error(std::string_view what) const { return too_long(tokens_, window_, what); }

  Result<FittedContext> truncate() {
    CutReport report(strategy_, window_, tokens_before_);
    CutAt const where =
        strategy_ == ContextStrategy::truncate_oldest ? CutAt::beginning : CutAt::middle;
    for (std::size_t const index : order()) {
      if (fits()) break;
      Unit const& unit = units_[index];
      std::int64_t const left = room() - (tokens_ - unit.tokens);
      if (left >= cut_tokens_min && unit.count == 1 && cut(unit.first, left, where, report)) break;
      drop(unit, report);
    }
    if (!fits()) {  // the last resort: the question itself
      std::size_t const question = last_question(draft_);
      if (question == draft_.size()) return error("what must be sent");
      std::int64_t const left = room() - (tokens_ - message_tokens(window_, draft_[question]));
      if (left < cut_tokens_min || !cut(question, left, CutAt::middle, report) || !fits())
        return error("what must be sent");
    }
    return finish(report);
  }

  /// Everything old enough goes into the summary.
  Result<FittedContext> plan(std::int64_t input_max) {
    std::int64_t const share = std::max(cut_tokens_min, room() / 5);
    SummaryPlan plan;
    std::int64_t left = tokens_ + share;
    for (Unit const& unit : units_) {
      if (left <= room()) break;
      if (unit.must_stay) continue;
      left -= unit.tokens;
      for (std::size_t i = 0; i < unit.count; ++i) plan.messages.push_back(unit.first + i);
    }
    if (plan.messages.empty() || left > room()) return error("what must be sent");
    plan.tokens_max = share;
    plan.requests = summary_requests(draft_, plan.messages, window_, input_max);
    constexpr std::size_t requests_max = 64;
    if (plan.requests.size() > requests_max)
      return error("too much to be summarized: what is sent");
    plan.answer_tokens_max = std::max<std::int64_t>(
        cut_tokens_min, share / static_cast<std::int64_t>(plan.requests.size())
    );
    FittedContext out;
    out.tokens = tokens_;
    out.messages = std::move(draft_);
    out.summary = std::move(plan);
    CutReport report(strategy_, window_, tokens_before_);
    out.report = report.finish(tokens_);
    return out;
  }

  FittedContext unchanged() {
    FittedContext out;
    out.tokens = tokens_;
    out.messages = std::move(draft_);
    return out;
  }

 private:
  /// In which the units that may go do so: the oldest first, or from the middle outwards.
  std::vector<std::size_t> order() const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < units_.size(); ++i)
      if (!units_[i].must_stay) out.push_back(i);
    if (strategy_ != ContextStrategy::truncate_middle) return out;
    std::vector<std::size_t> outwards;
    outwards.reserve(out.size());
    std::size_t before = (out.size() + 1) / 2;
    std::size_t after = before;
    while (outwards.size() < out.size()) {
      if (before > 0) outwards.push_back(out[--before]);
      if (after < out.size()) outwards.push_back(out[after++]);
    }
    return outwards;
  }

  void drop(Unit const& unit, CutReport& report) {
    for (std::size_t i = unit.first; i < unit.first + unit.count; ++i) {
      report.add(i, draft_[i], "dropped", message_tokens(window_, draft_[i]), 0, 0);
      dropped_[i] = true;
    }
    tokens_ -= unit.tokens;
  }

  /// Cuts the message's longest text so that it has `tokens_max`. False: that cannot be.
  bool cut(std::size_t index, std::int64_t tokens_max, CutAt where, CutReport& report) {
    DraftMessage entry = draft_[index];
    TextPart* const part = longest_text(entry.message);
    if (part == nullptr || part->text.size() < entry.head_bytes + entry.tail_bytes) return false;
    std::int64_t const before = message_tokens(window_, entry);
    std::string_view const text = part->text;
    std::string_view const head = text.substr(0, entry.head_bytes);
    std::string_view const tail = text.substr(text.size() - entry.tail_bytes);
    std::string_view const body = text.substr(head.size(), text.size() - head.size() - tail.size());
    // What is not the body's: in uncorrected tokens, as the body is cut in those.
    auto const target = static_cast<std::int64_t>(static_cast<double>(tokens_max) / window_.factor);
    std::int64_t const rest =
        estimate_tokens(window_.family, entry.message) - estimate_tokens(window_.family, body);
    if (target - rest < cut_tokens_min / 2) return false;
    CutText const shorter = cut_text(body, target - rest - 3, where, window_.family);
    std::string whole(head);
    whole += shorter.text;
    whole += tail;
    part->text = std::move(whole);
    std::int64_t const after = message_tokens(window_, entry);
    if (after > tokens_max) return false;
    report.add(index, entry, "cut", before, after, shorter.characters_cut);
    draft_[index] = std::move(entry);
    tokens_ += after - before;
    return true;
  }

  FittedContext finish(CutReport& report) {
    FittedContext out;
    out.tokens = tokens_;
    for (std::size_t i = 0; i < draft_.size(); ++i)
      if (!dropped_[i]) out.messages.push_back(std::move(draft_[i]));
    out.report = report.finish(tokens_);
    return out;
  }

  std::vector<DraftMessage> draft_;
  ContextWindow const& window_;
  std::vector<Unit> units_;
  std::int64_t fixed_;
  std::int64_t tokens_ = 0;
  std::int64_t tokens_before_ = 0;
  std::vector<bool> dropped_;
  ContextStrategy strategy_;
};

}  // namespace

Result<FittedContext> fit_context(
    std::vector<DraftMessage> messages,
    ContextWindow const& window,
    ContextStrategy strategy,
    std::int64_t summary_input_max
) {
  Fitter fitter(std::move(messages), window, strategy);
  if (fitter.fits()) return fitter.unchanged();
  switch (strategy) {
    case ContextStrategy::error:
      return fitter.error("what is to be sent");
    case ContextStrategy::summarize:
      return fitter.plan(summary_input_max);
    case ContextStrategy::truncate_oldest:
    case ContextStrategy::truncate_middle:
      break;
  }
  return fitter.truncate();
}

}  // namespace ropewalk::ai

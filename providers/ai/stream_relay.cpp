#include "providers/ai/stream_relay.hpp"

#include <algorithm>

namespace ropewalk::ai {

/// What fits of `text` is kept, cut between characters; nothing behind the cut.
void StreamRelay::keep(std::string_view text, Kept& kept) {
  if (kept.is_cut) return;
  auto end = std::min(text.size(), kept_bytes_max - kept.text.size());
  kept.is_cut = end < text.size();
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
    --end;
  kept.text.append(text.substr(0, end));
}

void StreamRelay::show(std::string_view channel, std::string_view text) {
  if (text.empty()) return;
  has_shown_ = true;
  if (channel == "text") keep(text, text_);
  if (channel == "reasoning") keep(text, reasoning_);
  sink_.token(channel, text);
}

void StreamRelay::pass(ChatEvent const& event) {
  if (auto const* text = std::get_if<TextDelta>(&event)) {
    show("text", text->text);
  } else if (auto const* reasoning = std::get_if<ReasoningDelta>(&event)) {
    show("reasoning", reasoning->text);
  } else if (auto const* started = std::get_if<ToolCallStarted>(&event)) {
    tool_channels_[started->index] =
        "tool:" + (started->id.empty() ? std::to_string(started->index) : started->id);
  } else if (auto const* arguments = std::get_if<ToolArgumentsDelta>(&event)) {
    auto const channel = tool_channels_.find(arguments->index);
    if (channel != tool_channels_.end()) show(channel->second, arguments->text);
  }
}

void StreamRelay::restart(std::string_view reason) {
  tool_channels_.clear();
  if (!has_shown_) return;
  has_shown_ = false;
  text_ = {};
  reasoning_ = {};
  ++generation_;
  sink_.restart_text(reason);
}

}  // namespace ropewalk::ai

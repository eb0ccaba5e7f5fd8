#pragma once
// Carries what a model says to who watches the task.
//
// One an attempt, on its shard. Text that is dropped (a fallback, a repair, a round of tools) is
// taken back before the next text begins, so that what watchers hold at the end is the answer.

#include "engine/ports/task_runner.hpp"
#include "providers/ai/chat.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ropewalk::ai {

class StreamRelay {
 public:
  explicit StreamRelay(AttemptSink& sink) : sink_(sink) {}

  /// Text goes to the channel "text", reasoning to "reasoning", arguments of tool calls to
  /// "tool:<id>".
  void pass(ChatEvent const& event);
  /// Drops what was shown, when something was. `reason`: "fallback", "repair", "tools", "hedge".
  void restart(std::string_view reason);
  bool has_shown() const { return has_shown_; }
  /// What is shown now: the beginning of it, where it is long.
  std::string const& text() const { return text_.text; }
  std::string const& reasoning() const { return reasoning_.text; }
  /// How often what was shown was taken back.
  std::uint32_t generation() const { return generation_; }

 private:
  struct Kept {
    std::string text{};
    bool is_cut = false;
  };

  static void keep(std::string_view text, Kept& kept);
  void show(std::string_view channel, std::string_view text);

  static constexpr std::size_t kept_bytes_max = 1024 * 1024;  // of a channel

  AttemptSink& sink_;
  Kept text_{};
  Kept reasoning_{};
  std::map<std::uint32_t, std::string> tool_channels_;  // by the call's index
  bool has_shown_ = false;
  std::uint32_t generation_ = 0;
};

}  // namespace ropewalk::ai

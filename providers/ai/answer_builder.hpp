#pragma once
// Gathers the events of a call into one answer.
//
// Pure; one builder a call. What it holds is as long as what the decoder let through.

#include "providers/ai/chat.hpp"

namespace ropewalk::ai {

class AnswerBuilder {
 public:
  /// In the order in which the decoder gave them.
  void add(ChatEvent const& event);
  /// What has come until now: the whole answer after ChatFinish.
  ChatAnswer const& answer() const { return answer_; }
  ChatAnswer take() { return std::move(answer_); }

 private:
  ChatAnswer answer_{};
};

/// The turn that goes into the next request: what only the provider reads, the text, the tool
/// calls.
Message assistant_message(ChatAnswer const& answer);

}  // namespace ropewalk::ai

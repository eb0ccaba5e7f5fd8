#pragma once
// Where a dialect's reader puts what it understood; keeps the promises of ChatEvent.
//
// ChatStarted comes first and once, tool calls are numbered from 0 without gaps, usage is told when
// it changes, and after one ChatFinish or ChatFailed nothing more comes.
// Pure; one sink an answer.

#include "providers/ai/chat.hpp"
#include "providers/ai/dialects/failure.hpp"
#include "providers/ai/dialects/surrogate_joiner.hpp"

#include <vector>

namespace ropewalk::ai {

class AnswerSink {
 public:
  /// Twice what a task may run at once; a stream of ever more calls must not fill the memory.
  static constexpr std::size_t tool_calls_max = 128;

  AnswerSink(CallContext context, std::string request_id, BodyRule rule);

  /// Where events go until the next call; `out` lives as long.
  void into(std::vector<ChatEvent>& out) { out_ = &out; }

  /// What the answer says about itself; empty fields are filled from the request. Only the first
  /// counts.
  void start(std::string_view model, std::string_view id);
  void text(std::string_view delta);
  void reasoning(std::string_view delta);
  /// Why the model refused, piece by piece; goes into ChatFinish.
  void refusal(std::string_view delta);
  /// Returns the index of the call. An empty id (or Mistral's "null") is replaced by a made one.
  /// One call too many fails the answer.
  std::uint32_t tool_call(std::string_view id, std::string_view name);
  void arguments(std::uint32_t index, std::string_view delta);
  /// The id that the call has for us.
  std::string const& call_id(std::uint32_t index) const { return call_ids_[index]; }
  /// Fails the answer: it has more calls than it may.
  void fail_too_many_calls();
  void opaque(json::value content);
  void usage(ChatUsage usage);

  /// The end. `stop` becomes tool_calls when there are some, content_filter after a refusal, and
  /// empty_output when nothing came.
  void finish(FinishReason reason, std::string_view raw);
  void fail(Error error);
  void fail(Verdict verdict, std::string_view what) { fail(failure_of(context_, verdict, what)); }
  /// The provider's own words, classified.
  void fail(json::object const& chunk);
  void fail(ProviderFailure failure);

  bool is_done() const { return is_done_; }
  CallContext const& context() const { return context_; }

 private:
  template <class Event>
  void emit(Event event);
  void end_halves();

  CallContext context_;
  std::string request_id_;
  BodyRule rule_;
  std::vector<ChatEvent>* out_ = nullptr;
  std::string response_id_{};
  std::string refusal_{};
  std::vector<std::string> call_ids_{};
  SurrogateJoiner text_halves_{};
  SurrogateJoiner reasoning_halves_{};
  SurrogateJoiner refusal_halves_{};
  std::vector<SurrogateJoiner> argument_halves_{};  // by the call's index
  ChatUsage usage_{};
  bool is_started_ = false;
  bool has_output_ = false;
  bool is_done_ = false;
};

/// Whether tool_call() made this id: the provider has never seen it.
bool is_made_call_id(std::string_view id);

}  // namespace ropewalk::ai

#include "providers/ai/dialects/gemini_reader.hpp"

#include "engine/base/json.hpp"
#include "providers/ai/dialects/json_access.hpp"

#include <array>

namespace ropewalk::ai {
namespace {

struct FinishRule {
  std::string_view raw;
  FinishReason reason;
};
constexpr std::array finish_rules{
    FinishRule{"STOP", FinishReason::stop},
    // Some gateways say so; that there are calls is seen from the parts.
    FinishRule{"FUNCTION_CALL", FinishReason::stop},
    FinishRule{"MAX_TOKENS", FinishReason::length},
    FinishRule{"CONTINUATION", FinishReason::pause},
    FinishRule{"SAFETY", FinishReason::content_filter},
    FinishRule{"RECITATION", FinishReason::content_filter},
    FinishRule{"BLOCKLIST", FinishReason::content_filter},
    FinishRule{"PROHIBITED_CONTENT", FinishReason::content_filter},
    FinishRule{"SPII", FinishReason::content_filter},
    FinishRule{"IMAGE_SAFETY", FinishReason::content_filter},
    FinishRule{"IMAGE_PROHIBITED_CONTENT", FinishReason::content_filter},
    FinishRule{"IMAGE_RECITATION", FinishReason::content_filter},
};

FinishReason finish_reason(std::string_view raw) {
  for (auto const& rule : finish_rules)
    if (rule.raw == raw) return rule.reason;
  return FinishReason::other;
}

/// The model wrote a call that cannot be read: another try may come out better.
bool is_bad_call(std::string_view raw) {
  return raw == "MALFORMED_FUNCTION_CALL" || raw == "UNEXPECTED_TOOL_CALL" ||
         raw == "TOO_MANY_TOOL_CALLS";
}

class GeminiReader final : public AnswerReader {
 public:
  void read(json::object const& chunk, AnswerSink& sink) override;
  void end(AnswerSink& sink) override;

 private:
  void read_candidate(json::object const& candidate, AnswerSink& sink);
  static void read_part(json::object const& part, AnswerSink& sink);
  static void read_usage(json::object const& chunk, AnswerSink& sink);

  std::string finish_{};
  std::string finish_message_{};
  std::string blocked_{};  // the prompt was refused
};

void GeminiReader::read(json::object const& chunk, AnswerSink& sink) {
  sink.start(text_at(chunk, "modelVersion"), text_at(chunk, "responseId"));
  read_usage(chunk, sink);
  if (auto const* candidates = array_at(chunk, "candidates"))
    for (auto const& element : *candidates) {
      auto const* candidate = element.if_object();
      if (candidate != nullptr && index_at(*candidate, "index").value_or(0) == 0)
        read_candidate(*candidate, sink);
    }
  auto const* feedback = object_at(chunk, "promptFeedback");
  if (feedback == nullptr || text_at(*feedback, "blockReason").empty()) return;
  blocked_ = text_at(*feedback, "blockReason");
  finish_message_ = text_at(*feedback, "blockReasonMessage");
  if (finish_message_.empty()) finish_message_ = "the prompt was blocked: " + blocked_;
}

void GeminiReader::read_candidate(json::object const& candidate, AnswerSink& sink) {
  auto const* content = object_at(candidate, "content");
  auto const* parts = content != nullptr ? array_at(*content, "parts") : nullptr;
  if (parts != nullptr)
    for (auto const& element : *parts) {
      if (auto const* part = element.if_object()) read_part(*part, sink);
      if (sink.is_done()) return;
    }
  if (finish_.empty()) finish_ = text_at(candidate, "finishReason");
  if (finish_message_.empty()) finish_message_ = text_at(candidate, "finishMessage");
}

void GeminiReader::read_part(json::object const& part, AnswerSink& sink) {
  auto const signature = text_at(part, "thoughtSignature");
  auto const* call = object_at(part, "functionCall");
  if (call != nullptr) {
    auto const index = sink.tool_call(text_at(*call, "id"), text_at(*call, "name"));
    auto const* arguments = object_at(*call, "args");
    sink.arguments(index, arguments != nullptr ? to_text(*arguments) : "{}");
    // The signature belongs to this call and has to be sent back with it.
    if (!signature.empty())
      sink.opaque(json::object{{"callId", sink.call_id(index)}, {"thoughtSignature", signature}});
    return;
  }
  auto const text = text_at(part, "text");
  if (bool_at(part, "thought", false))
    sink.reasoning(text);
  else
    sink.text(text);
  if (!signature.empty()) sink.opaque(json::object{{"thoughtSignature", signature}});
}

void GeminiReader::read_usage(json::object const& chunk, AnswerSink& sink) {
  auto const* usage = object_at(chunk, "usageMetadata");
  if (usage == nullptr) return;
  ChatUsage out;
  out.input = count_at(*usage, "promptTokenCount");
  if (auto const tools = count_at(*usage, "toolUsePromptTokenCount"); tools && out.input)
    *out.input += *tools;
  out.cached_input = count_at(*usage, "cachedContentTokenCount");
  out.reasoning = count_at(*usage, "thoughtsTokenCount");
  auto const candidates = count_at(*usage, "candidatesTokenCount");
  if (candidates || out.reasoning) out.output = candidates.value_or(0) + out.reasoning.value_or(0);
  sink.usage(out);
}

void GeminiReader::end(AnswerSink& sink) {
  if (!blocked_.empty()) {
    sink.refusal(finish_message_);
    return sink.finish(FinishReason::content_filter, blocked_);
  }
  if (finish_.empty()) return;
  if (is_bad_call(finish_))
    return sink.fail(
        Verdict::invalid_output,
        "the model's tool call cannot be read (" + finish_ + "): " + finish_message_
    );
  auto const reason = finish_reason(finish_);
  if (reason == FinishReason::content_filter) sink.refusal(finish_message_);
  sink.finish(reason, finish_);
}

}  // namespace

std::unique_ptr<AnswerReader> make_gemini_reader() {
  return std::make_unique<GeminiReader>();
}

}  // namespace ropewalk::ai

#include "providers/ai/answer_builder.hpp"

namespace ropewalk::ai {
namespace {

void replace(std::optional<std::int64_t>& field, std::optional<std::int64_t> const& by) {
  if (by) field = by;
}

struct Adder {
  ChatAnswer& answer;

  ToolCallPart& call(std::uint32_t index) const {
    // Decoders count calls from 0 without gaps; a recording that does not is not worth gigabytes.
    if (index >= answer.tool_calls.size()) return answer.tool_calls.emplace_back();
    return answer.tool_calls[index];
  }

  void operator()(ChatStarted const& event) const {
    answer.model = event.model;
    answer.request_id = event.request_id;
  }
  void operator()(TextDelta const& event) const { answer.text += event.text; }
  void operator()(ReasoningDelta const& event) const { answer.reasoning += event.text; }
  void operator()(ToolCallStarted const& event) const {
    auto& part = call(event.index);
    part.id = event.id;
    part.name = event.name;
  }
  void operator()(ToolArgumentsDelta const& event) const {
    call(event.index).arguments += event.text;
  }
  void operator()(OpaqueReceived const& event) const { answer.opaque.push_back(event.part); }
  void operator()(UsageReported const& event) const {
    replace(answer.usage.input, event.usage.input);
    replace(answer.usage.cached_input, event.usage.cached_input);
    replace(answer.usage.cache_write, event.usage.cache_write);
    replace(answer.usage.output, event.usage.output);
    replace(answer.usage.reasoning, event.usage.reasoning);
  }
  void operator()(ChatFinish const& event) const {
    answer.finish = event;
    // A tool without parameters is called with no arguments at all by some.
    for (auto& part : answer.tool_calls)
      if (part.arguments.empty()) part.arguments = "{}";
  }
  void operator()(ChatFailed const&) const {}
};

}  // namespace

void AnswerBuilder::add(ChatEvent const& event) {
  std::visit(Adder{answer_}, event);
}

Message assistant_message(ChatAnswer const& answer) {
  Message out;
  out.role = Role::assistant;
  for (auto const& part : answer.opaque) out.parts.emplace_back(part);
  if (!answer.text.empty()) out.parts.emplace_back(TextPart{answer.text});
  for (auto const& part : answer.tool_calls) out.parts.emplace_back(part);
  return out;
}

}  // namespace ropewalk::ai

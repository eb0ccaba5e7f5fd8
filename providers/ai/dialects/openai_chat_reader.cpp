#include "providers/ai/dialects/openai_chat_reader.hpp"

#include "engine/base/json.hpp"
#include "providers/ai/dialects/json_access.hpp"

namespace ropewalk::ai {
namespace {

struct Call {
  std::optional<std::uint32_t> wire_index{};
  std::string wire_id{};
  std::optional<std::uint32_t> index{};  // ours, once its name is known
  std::string early_arguments{};         // that came before the name
};

FinishReason finish_reason(std::string_view raw) {
  if (raw == "stop" || raw == "eos" || raw == "end_turn") return FinishReason::stop;
  if (raw == "length" || raw == "max_tokens" || raw == "model_length") return FinishReason::length;
  if (raw == "tool_calls" || raw == "function_call") return FinishReason::tool_calls;
  if (raw == "content_filter") return FinishReason::content_filter;
  return FinishReason::other;
}

class OpenAiChatReader final : public AnswerReader {
 public:
  void read(json::object const& chunk, AnswerSink& sink) override;
  void end(AnswerSink& sink) override;

 private:
  static void read_usage(json::object const& chunk, AnswerSink& sink);
  void read_choice(json::object const& choice, AnswerSink& sink);
  static void read_content(json::value const& content, AnswerSink& sink);
  static void read_reasoning(json::object const& delta, AnswerSink& sink);
  void read_calls(json::array const& deltas, AnswerSink& sink);
  void read_call(json::object const& delta, AnswerSink& sink);
  /// nullptr when there would be too many.
  Call* find_call(json::object const& delta, std::string_view name);

  std::vector<Call> calls_{};
  std::string finish_{};  // the terminal marker; usage may come after it
};

void OpenAiChatReader::read(json::object const& chunk, AnswerSink& sink) {
  auto const* choices = array_at(chunk, "choices");
  // Azure's first chunk has no model yet, only what it thinks of the prompt.
  if (!text_at(chunk, "model").empty() || (choices != nullptr && !choices->empty()))
    sink.start(text_at(chunk, "model"), text_at(chunk, "id"));
  read_usage(chunk, sink);
  if (choices == nullptr) return;
  for (auto const& element : *choices) {
    auto const* choice = element.if_object();
    if (choice != nullptr && index_at(*choice, "index").value_or(0) == 0)
      read_choice(*choice, sink);
    if (sink.is_done()) return;
  }
}

void OpenAiChatReader::end(AnswerSink& sink) {
  if (finish_.empty()) return;
  for (auto const& call : calls_)
    if (!call.index) return sink.fail(Verdict::malformed_response, "a tool call has no name");
  sink.finish(finish_reason(finish_), finish_);
}

void OpenAiChatReader::read_usage(json::object const& chunk, AnswerSink& sink) {
  auto const* usage = object_at(chunk, "usage");
  if (auto const* groq = object_at(chunk, "x_groq"); usage == nullptr && groq != nullptr)
    usage = object_at(*groq, "usage");
  if (usage == nullptr) return;
  ChatUsage out;
  out.input = count_at(*usage, "prompt_tokens");
  out.output = count_at(*usage, "completion_tokens");
  if (auto const* details = object_at(*usage, "prompt_tokens_details")) {
    out.cached_input = count_at(*details, "cached_tokens");
    out.cache_write = count_at(*details, "cache_write_tokens");
  }
  if (auto const* details = object_at(*usage, "completion_tokens_details"))
    out.reasoning = count_at(*details, "reasoning_tokens");
  sink.usage(out);
}

void OpenAiChatReader::read_choice(json::object const& choice, AnswerSink& sink) {
  auto const* delta = object_at(choice, "delta");
  if (delta == nullptr) delta = object_at(choice, "message");
  if (delta != nullptr) {
    read_reasoning(*delta, sink);
    if (auto const* content = member(*delta, "content")) read_content(*content, sink);
    sink.refusal(text_at(*delta, "refusal"));
    if (auto const* calls = array_at(*delta, "tool_calls")) read_calls(*calls, sink);
  }
  auto const finish = text_at(choice, "finish_reason");
  if (finish == "error")
    return sink.fail(Verdict::server_error, "the provider ended the answer with an error");
  if (finish_.empty()) finish_ = finish;
}

void OpenAiChatReader::read_content(json::value const& content, AnswerSink& sink) {
  if (auto const* text = content.if_string()) return sink.text(*text);
  auto const* parts = content.if_array();
  if (parts == nullptr) return;
  for (auto const& element : *parts) {
    auto const* part = element.if_object();
    if (part == nullptr) continue;
    sink.text(text_at(*part, "text"));
    auto const* thinking = array_at(*part, "thinking");
    if (thinking == nullptr) continue;
    for (auto const& thought : *thinking)
      if (auto const* object = thought.if_object()) sink.reasoning(text_at(*object, "text"));
  }
}

void OpenAiChatReader::read_reasoning(json::object const& delta, AnswerSink& sink) {
  // Some send both names with the same text.
  auto const text = text_at(delta, "reasoning_content");
  sink.reasoning(text.empty() ? text_at(delta, "reasoning") : text);
}

void OpenAiChatReader::read_calls(json::array const& deltas, AnswerSink& sink) {
  for (auto const& element : deltas) {
    if (auto const* delta = element.if_object()) read_call(*delta, sink);
    if (sink.is_done()) return;
  }
}

Call* OpenAiChatReader::find_call(json::object const& delta, std::string_view name) {
  auto const index = index_at(delta, "index");
  auto const id = text_at(delta, "id");
  // From the last: some servers give every call the index 0 but an id and a name of its own.
  for (auto call = calls_.rbegin(); call != calls_.rend(); ++call) {
    bool const is_same_id = id.empty() || id == call->wire_id || call->wire_id.empty();
    bool const is_other = !name.empty() && !is_same_id;
    if (index && call->wire_index == index && !is_other) return &*call;
    if (!index && !id.empty() && id == call->wire_id) return &*call;
    // Without index and id a fragment belongs to the last call, a name begins a new one.
    if (!index && id.empty() && name.empty()) return &*call;
  }
  if (calls_.size() == AnswerSink::tool_calls_max) return nullptr;
  auto& call = calls_.emplace_back();
  call.wire_index = index;
  return &call;
}

void OpenAiChatReader::read_call(json::object const& delta, AnswerSink& sink) {
  json::object const none;
  auto const* function = object_at(delta, "function");
  if (function == nullptr) function = &none;
  auto const name = text_at(*function, "name");
  auto* const found = find_call(delta, name);
  if (found == nullptr) return sink.fail_too_many_calls();
  auto& call = *found;
  if (call.wire_id.empty()) call.wire_id = text_at(delta, "id");
  std::string arguments(text_at(*function, "arguments"));
  if (auto const* object = object_at(*function, "arguments")) arguments = to_text(*object);
  if (!call.index && !name.empty()) {
    call.index = sink.tool_call(call.wire_id, name);
    sink.arguments(*call.index, call.early_arguments);
  }
  if (call.index)
    sink.arguments(*call.index, arguments);
  else
    call.early_arguments += arguments;
}

}  // namespace

std::unique_ptr<AnswerReader> make_openai_chat_reader() {
  return std::make_unique<OpenAiChatReader>();
}

}  // namespace ropewalk::ai

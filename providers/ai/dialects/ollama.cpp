// Ollama's own API: /api/chat, one JSON object a line.
//
// A prompt that is longer than the window is an error here: by itself Ollama would drop the oldest
// turns without a word. The window is `extra: {options: {num_ctx: …}}`.
#include "engine/base/json.hpp"
#include "providers/ai/dialects/answer_stream.hpp"
#include "providers/ai/dialects/dialect_list.hpp"
#include "providers/ai/dialects/json_access.hpp"
#include "providers/ai/dialects/openai_common.hpp"
#include "providers/ai/dialects/rate_limits.hpp"
#include "providers/ai/dialects/request_parts.hpp"
#include "providers/ai/dialects/wire_dialect.hpp"

#include <boost/json/value_from.hpp>

namespace ropewalk::ai {
namespace {

constexpr std::string_view type_name = "ollama";
constexpr std::string_view default_base = "http://127.0.0.1:11434";

class OllamaReader final : public AnswerReader {
 public:
  void read(json::object const& chunk, AnswerSink& sink) override {
    sink.start(text_at(chunk, "model"), text_at(chunk, "created_at"));
    if (auto const* message = object_at(chunk, "message")) read_message(*message, sink);
    if (!bool_at(chunk, "done", false)) return;
    ChatUsage usage;
    usage.input = count_at(chunk, "prompt_eval_count");
    usage.output = count_at(chunk, "eval_count");
    sink.usage(usage);
    auto const raw = text_at(chunk, "done_reason");
    // Versions before there were reasons say only that it is done.
    if (raw.empty() || raw == "stop") return sink.finish(FinishReason::stop, "stop");
    sink.finish(raw == "length" ? FinishReason::length : FinishReason::other, raw);
  }
  void end(AnswerSink&) override {}

 private:
  static void read_message(json::object const& message, AnswerSink& sink) {
    sink.reasoning(text_at(message, "thinking"));
    sink.text(text_at(message, "content"));
    auto const* calls = array_at(message, "tool_calls");
    if (calls == nullptr) return;
    for (auto const& element : *calls) {
      auto const* call = element.if_object();
      auto const* function = call != nullptr ? object_at(*call, "function") : nullptr;
      if (function == nullptr) continue;
      auto const index = sink.tool_call(text_at(*call, "id"), text_at(*function, "name"));
      auto const* arguments = member(*function, "arguments");
      if (arguments == nullptr) continue;
      auto const* text = arguments->if_string();
      sink.arguments(index, text != nullptr ? std::string(*text) : to_text(*arguments));
    }
  }
};

json::object assistant_turn(Message const& message) {
  json::object out{{"role", "assistant"}, {"content", text_of(message)}};
  json::array calls;
  for (auto const& part : message.parts) {
    auto const* call = std::get_if<ToolCallPart>(&part);
    if (call == nullptr) continue;
    json::object function{{"name", call->name}, {"arguments", arguments_object(call->arguments)}};
    json::object item{{"function", std::move(function)}};
    if (!call->id.empty() && !is_made_call_id(call->id)) item["id"] = call->id;
    calls.push_back(std::move(item));
  }
  if (!calls.empty()) out["tool_calls"] = std::move(calls);
  return out;
}

void add_user_turn(Message const& message, json::array& out) {
  json::array images;
  bool has_text = message.parts.empty();
  for (auto const& part : message.parts) {
    if (auto const* result = std::get_if<ToolResultPart>(&part)) {
      json::object item{{"role", "tool"}, {"tool_name", result->name}};
      item["content"] = result->content;
      if (!result->call_id.empty() && !is_made_call_id(result->call_id))
        item["tool_call_id"] = result->call_id;
      out.push_back(std::move(item));
    } else if (auto const* image = std::get_if<ImagePart>(&part)) {
      images.push_back(json::string(image->data));
    } else {
      has_text = true;
    }
  }
  if (!has_text && images.empty()) return;
  json::object item{{"role", "user"}, {"content", text_of(message)}};
  if (!images.empty()) item["images"] = std::move(images);
  out.push_back(std::move(item));
}

json::array messages_of(ChatRequest const& chat) {
  json::array out;
  for (auto const& message : chat.messages) {
    if (message.role == Role::system)
      out.push_back(json::object{{"role", "system"}, {"content", text_of(message)}});
    else if (message.role == Role::assistant)
      out.push_back(assistant_turn(message));
    else
      add_user_turn(message, out);
  }
  return out;
}

json::object options_of(ChatRequest const& chat) {
  json::object out;
  if (chat.temperature) out["temperature"] = *chat.temperature;
  if (chat.top_p) out["top_p"] = *chat.top_p;
  if (chat.max_tokens) out["num_predict"] = *chat.max_tokens;
  if (chat.seed) out["seed"] = *chat.seed;
  if (!chat.stop.empty()) out["stop"] = json::value_from(chat.stop);
  return out;
}

Result<> check_sayable(CallContext const& context, ChatRequest const& chat) {
  auto const& choice = chat.tool_choice;
  if (!chat.tools.empty() && !choice.empty() && choice != "auto" && choice != "none")
    return unsupported(
        context,
        "Ollama cannot be told which tool to call (toolChoice: " + choice + ")",
        "leave toolChoice out"
    );
  for (auto const& message : chat.messages)
    for (auto const& part : message.parts) {
      auto const* image = std::get_if<ImagePart>(&part);
      if (image != nullptr && image->data.empty())
        return unsupported(
            context, "Ollama takes images only as data, not by address", "attach the file itself"
        );
    }
  return {};
}

class OllamaDialect final : public WireDialect {
 public:
  std::string_view type() const override { return type_name; }
  std::string_view default_base_url() const override { return default_base; }
  Result<WireRequest> request(ProviderSettings const& provider, ChatRequest const& chat)
      const override;

 private:
  std::unique_ptr<AnswerReader> new_reader() const override {
    return std::make_unique<OllamaReader>();
  }
  BodyRule body_rule() const override { return openai_verdict; }
};

Result<WireRequest> OllamaDialect::request(
    ProviderSettings const& provider, ChatRequest const& chat
) const {
  CallContext const context(provider, type_name, chat.model);
  if (auto const done = check_parts(context, chat); !done) return done.error();
  if (auto const sayable = check_sayable(context, chat); !sayable) return sayable.error();
  json::object body{
      {"model", chat.model},
      {"messages", messages_of(chat)},
      {"stream", chat.stream},
      {"truncate", false}};
  if (!chat.tools.empty() && chat.tool_choice != "none") body["tools"] = openai_tools(chat);
  if (chat.schema)
    body["format"] = *chat.schema;
  else if (chat.format == OutputFormat::json)
    body["format"] = "json";
  if (auto options = options_of(chat); !options.empty()) body["options"] = std::move(options);
  HttpHeaders headers;
  if (!provider.api_key.empty()) headers.push_back({"Authorization", "Bearer " + provider.api_key});
  auto const base = provider.base_url.empty() ? default_base : std::string_view(provider.base_url);
  return make_request(
      provider, chat, join_url(base, "api", "/chat"), std::move(headers), std::move(body)
  );
}

}  // namespace

Dialect const& ollama_dialect() {
  static OllamaDialect const dialect;
  return dialect;
}

}  // namespace ropewalk::ai

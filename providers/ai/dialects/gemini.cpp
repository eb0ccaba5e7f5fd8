// Google's Gemini: generateContent and streamGenerateContent.
//
// `apiVersion` is v1beta unless it is set. An invalid key is a 400 there, and what may be spent and
// what may be asked per minute are both 429: the details of the error tell.
#include "engine/base/json.hpp"
#include "providers/ai/dialects/dialect_list.hpp"
#include "providers/ai/dialects/gemini_reader.hpp"
#include "providers/ai/dialects/json_access.hpp"
#include "providers/ai/dialects/rate_limits.hpp"
#include "providers/ai/dialects/request_parts.hpp"
#include "providers/ai/dialects/wire_dialect.hpp"

#include <boost/json/value_from.hpp>

#include <array>

namespace ropewalk::ai {
namespace {

constexpr std::string_view type_name = "gemini";
constexpr std::string_view default_base = "https://generativelanguage.googleapis.com";
constexpr std::string_view default_version = "v1beta";
constexpr Duration retry_delay_max = std::chrono::seconds(300);
constexpr Duration minute = std::chrono::seconds(60);

/// The signature that came with this call; empty: none did.
std::string_view signature_of_call(Message const& message, std::string_view call_id) {
  for (auto const& part : message.parts) {
    auto const* opaque = std::get_if<OpaquePart>(&part);
    auto const* content = opaque != nullptr ? opaque->content.if_object() : nullptr;
    if (content != nullptr && opaque->dialect == type_name &&
        text_at(*content, "callId") == call_id)
      return text_at(*content, "thoughtSignature");
  }
  return {};
}

json::object call_part(ToolCallPart const& call, Message const& message) {
  json::object function{{"name", call.name}, {"args", arguments_object(call.arguments)}};
  if (!call.id.empty() && !is_made_call_id(call.id)) function["id"] = call.id;
  json::object out{{"functionCall", std::move(function)}};
  auto const signature = signature_of_call(message, call.id);
  if (!call.id.empty() && !signature.empty()) out["thoughtSignature"] = signature;
  return out;
}

json::object result_part(ToolResultPart const& result) {
  auto content = parse_json(result.content);
  json::object response;
  if (result.is_error)
    response["error"] = result.content;
  else if (content && content->is_object())
    response = std::move(content->get_object());
  else
    response["result"] = result.content;
  json::object function{{"name", result.name}, {"response", std::move(response)}};
  if (!result.call_id.empty() && !is_made_call_id(result.call_id)) function["id"] = result.call_id;
  return {{"functionResponse", std::move(function)}};
}

json::object image_part(ImagePart const& image) {
  if (image.url.empty())
    return {{"inlineData", {{"mimeType", image.media_type}, {"data", image.data}}}};
  json::object file{{"fileUri", image.url}};
  if (!image.media_type.empty()) file["mimeType"] = image.media_type;
  return {{"fileData", std::move(file)}};
}

/// A signature that belongs to text goes to the text part behind it, or stands alone.
json::array content_parts(Message const& message) {
  json::array out;
  std::string_view signature;
  for (auto const& part : message.parts) {
    if (auto const* text = std::get_if<TextPart>(&part)) {
      if (text->text.empty()) continue;
      json::object item{{"text", text->text}};
      if (!signature.empty()) item["thoughtSignature"] = std::exchange(signature, {});
      out.push_back(std::move(item));
    } else if (auto const* image = std::get_if<ImagePart>(&part)) {
      out.push_back(image_part(*image));
    } else if (auto const* call = std::get_if<ToolCallPart>(&part)) {
      out.push_back(call_part(*call, message));
    } else if (auto const* result = std::get_if<ToolResultPart>(&part)) {
      out.push_back(result_part(*result));
    } else if (auto const* opaque = std::get_if<OpaquePart>(&part)) {
      auto const* content = opaque->content.if_object();
      bool const is_of_text =
          opaque->dialect == type_name && content != nullptr && text_at(*content, "callId").empty();
      if (is_of_text) signature = text_at(*content, "thoughtSignature");
    }
  }
  if (!signature.empty())
    out.push_back(json::object{{"text", ""}, {"thoughtSignature", signature}});
  return out;
}

void add_contents(ChatRequest const& chat, json::object& body) {
  json::array contents;
  json::array system;
  for (auto const& message : chat.messages) {
    auto parts = content_parts(message);
    if (parts.empty()) continue;
    if (message.role == Role::system) {
      for (auto& part : parts) system.push_back(std::move(part));
      continue;
    }
    std::string_view const role = message.role == Role::assistant ? "model" : "user";
    auto* last = contents.empty() ? nullptr : contents.back().if_object();
    if (last != nullptr && text_at(*last, "role") == role) {
      auto& place = last->at("parts").get_array();
      for (auto& part : parts) place.push_back(std::move(part));
    } else {
      contents.push_back(json::object{{"role", role}, {"parts", std::move(parts)}});
    }
  }
  body["contents"] = std::move(contents);
  if (!system.empty()) body["systemInstruction"] = json::object{{"parts", std::move(system)}};
}

void add_tools(ChatRequest const& chat, json::object& body) {
  if (chat.tools.empty()) return;
  json::array functions;
  for (auto const& tool : chat.tools) {
    json::object function{{"name", tool.name}, {"description", tool.description}};
    if (!tool.parameters.empty()) function["parametersJsonSchema"] = tool.parameters;
    functions.push_back(std::move(function));
  }
  json::object declarations{{"functionDeclarations", std::move(functions)}};
  json::array tools;
  tools.push_back(std::move(declarations));
  body["tools"] = std::move(tools);
  auto const& choice = chat.tool_choice;
  if (choice.empty()) return;
  json::object config;
  if (choice == "auto" || choice == "none") {
    config["mode"] = choice == "auto" ? "AUTO" : "NONE";
  } else {
    config["mode"] = "ANY";
    if (choice != "required") config["allowedFunctionNames"] = json::array{json::string(choice)};
  }
  body["toolConfig"] = json::object{{"functionCallingConfig", std::move(config)}};
}

void add_generation(ChatRequest const& chat, json::object& body) {
  json::object config;
  if (chat.temperature) config["temperature"] = *chat.temperature;
  if (chat.top_p) config["topP"] = *chat.top_p;
  if (chat.max_tokens) config["maxOutputTokens"] = *chat.max_tokens;
  if (!chat.stop.empty()) config["stopSequences"] = json::value_from(chat.stop);
  if (chat.seed) config["seed"] = *chat.seed;
  if (chat.schema || chat.format == OutputFormat::json)
    config["responseMimeType"] = "application/json";
  if (chat.schema) config["responseJsonSchema"] = *chat.schema;
  if (!config.empty()) body["generationConfig"] = std::move(config);
}

std::string request_url(ProviderSettings const& provider, ChatRequest const& chat) {
  auto const base = provider.base_url.empty() ? default_base : std::string_view(provider.base_url);
  auto const version =
      provider.api_version.empty() ? default_version : std::string_view(provider.api_version);
  bool const has_version = base.ends_with("/v1") || base.ends_with("/v1beta");
  // "tunedModels/x" and "models/x" are written as they are.
  bool const has_folder = chat.model.find('/') != std::string::npos;
  auto const path = "/" + std::string(has_folder ? "" : "models/") + percent_encoded(chat.model) +
                    (chat.stream ? ":streamGenerateContent?alt=sse" : ":generateContent");
  return join_url(base, has_version ? "" : version, path);
}

/// What the details of an error say, in Google's own order of importance.
struct Details {
  bool is_daily = false;
  bool is_per_minute = false;
  std::string reason{};
  std::optional<Duration> retry_delay{};
};

void read_quota_id(std::string_view id, Details& out) {
  if (id.find("PerDay") != std::string_view::npos || id.find("Daily") != std::string_view::npos)
    out.is_daily = true;
  if (id.find("PerMinute") != std::string_view::npos) out.is_per_minute = true;
}

Details read_details(json::object const& error) {
  Details out;
  auto const* details = array_at(error, "details");
  if (details == nullptr) return out;
  for (auto const& element : *details) {
    auto const* detail = element.if_object();
    if (detail == nullptr) continue;
    if (auto const delay = text_at(*detail, "retryDelay"); !delay.empty())
      out.retry_delay = parse_reset(delay);
    if (auto const reason = text_at(*detail, "reason"); !reason.empty()) out.reason = reason;
    if (auto const* metadata = object_at(*detail, "metadata"))
      read_quota_id(text_at(*metadata, "quota_limit"), out);
    auto const* violations = array_at(*detail, "violations");
    if (violations == nullptr) continue;
    for (auto const& violation : *violations)
      if (auto const* object = violation.if_object())
        read_quota_id(text_at(*object, "quotaId"), out);
  }
  return out;
}

std::optional<Verdict> by_status_name(std::string_view name) {
  if (name == "UNAUTHENTICATED" || name == "PERMISSION_DENIED") return Verdict::auth;
  if (name == "NOT_FOUND") return Verdict::not_found;
  if (name == "FAILED_PRECONDITION") return Verdict::invalid_request;
  if (name == "UNAVAILABLE") return Verdict::overloaded;
  if (name == "INTERNAL" || name == "DEADLINE_EXCEEDED" || name == "CANCELLED" ||
      name == "UNKNOWN" || name == "ABORTED")
    return Verdict::server_error;
  return std::nullopt;
}

std::optional<Verdict> gemini_verdict(ProviderFailure& failure) {
  auto const details = read_details(failure.error);
  bool const is_of_credits = details.reason == "INSUFFICIENT_G1_CREDITS_BALANCE";
  // Google counts the requests of a day for each model by itself.
  if (details.reason == "API_KEY_INVALID" || is_of_credits) failure.is_account_wide = true;
  if (details.reason == "API_KEY_INVALID" || details.reason == "API_KEY_SERVICE_BLOCKED")
    return Verdict::auth;
  bool const is_exhausted = failure.type == "RESOURCE_EXHAUSTED" || failure.status == 429;
  if (!is_exhausted) return by_status_name(failure.type);
  if (details.is_daily || details.reason == "QUOTA_EXHAUSTED" || is_of_credits)
    return Verdict::quota_exhausted;
  if (!failure.retry_after) failure.retry_after = details.retry_delay;
  if (!failure.retry_after) failure.retry_after = retry_after_in_words(failure.message);
  if (failure.retry_after && *failure.retry_after > retry_delay_max)
    return Verdict::quota_exhausted;
  if (!failure.retry_after && details.is_per_minute) failure.retry_after = minute;
  return Verdict::rate_limited;
}

class GeminiDialect final : public WireDialect {
 public:
  std::string_view type() const override { return type_name; }
  std::string_view default_base_url() const override { return default_base; }
  Result<WireRequest> request(ProviderSettings const& provider, ChatRequest const& chat)
      const override;

 private:
  std::unique_ptr<AnswerReader> new_reader() const override { return make_gemini_reader(); }
  BodyRule body_rule() const override { return gemini_verdict; }
};

Result<WireRequest> GeminiDialect::request(
    ProviderSettings const& provider, ChatRequest const& chat
) const {
  if (auto const done = check_parts(CallContext(provider, type_name, chat.model), chat); !done)
    return done.error();
  json::object body;
  add_contents(chat, body);
  add_tools(chat, body);
  add_generation(chat, body);
  HttpHeaders headers;
  if (!provider.api_key.empty()) headers.push_back({"x-goog-api-key", provider.api_key});
  return make_request(
      provider, chat, request_url(provider, chat), std::move(headers), std::move(body)
  );
}

}  // namespace

Dialect const& gemini_dialect() {
  static GeminiDialect const dialect;
  return dialect;
}

}  // namespace ropewalk::ai

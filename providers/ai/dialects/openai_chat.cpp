// OpenAI's Chat Completions, and what speaks like it: vLLM, llama.cpp, LM Studio, OpenRouter, Groq,
// Mistral by `baseUrl`, Azure by a type of its own.
//
// Options: maxTokensField (max_completion_tokens on api.openai.com and Azure, else max_tokens),
// randomSeed (true: the seed is sent as random_seed), systemRole (system or developer),
// schemaFormat (json_schema, json_object or none), includeUsage (false: stream_options is left
// out), bearer (Azure: the key is an Entra token).
#include "providers/ai/dialects/dialect_list.hpp"
#include "providers/ai/dialects/json_access.hpp"
#include "providers/ai/dialects/openai_chat_reader.hpp"
#include "providers/ai/dialects/openai_common.hpp"
#include "providers/ai/dialects/rate_limits.hpp"
#include "providers/ai/dialects/wire_dialect.hpp"

#include <boost/json/value_from.hpp>

namespace ropewalk::ai {
namespace {

constexpr std::string_view openai_base = "https://api.openai.com/v1";
constexpr std::string_view azure_version = "2024-10-21";

struct OpenAiOptions {
  std::string max_tokens_field{};
  std::string seed_field{};
  std::string system_role{};
  std::string schema_format{};
  bool include_usage = true;
};

std::string text_or(json::object const& options, std::string_view key, std::string_view otherwise) {
  auto const text = text_at(options, key);
  return std::string(text.empty() ? otherwise : text);
}

OpenAiOptions read_options(ProviderSettings const& provider, bool is_openai) {
  auto const& options = provider.options;
  OpenAiOptions out;
  out.max_tokens_field =
      text_or(options, "maxTokensField", is_openai ? "max_completion_tokens" : "max_tokens");
  out.seed_field = bool_at(options, "randomSeed", false) ? "random_seed" : "seed";
  out.system_role = text_or(options, "systemRole", "system");
  out.schema_format = text_or(options, "schemaFormat", "json_schema");
  out.include_usage = bool_at(options, "includeUsage", true);
  return out;
}

void add_format(ChatRequest const& chat, OpenAiOptions const& options, json::object& body) {
  if (chat.format != OutputFormat::json && !chat.schema) return;
  if (options.schema_format == "none") return;
  if (!chat.schema || options.schema_format == "json_object") {
    body["response_format"] = json::object{{"type", "json_object"}};
    return;
  }
  body["response_format"] = json::object{
      {"type", "json_schema"},
      {"json_schema",
       {{"name", "answer"}, {"schema", *chat.schema}, {"strict", is_strict_schema(*chat.schema)}}}};
}

void add_sampling(ChatRequest const& chat, OpenAiOptions const& options, json::object& body) {
  if (chat.temperature) body["temperature"] = *chat.temperature;
  if (chat.top_p) body["top_p"] = *chat.top_p;
  if (chat.max_tokens) body[options.max_tokens_field] = *chat.max_tokens;
  if (!chat.stop.empty()) body["stop"] = json::value_from(chat.stop);
  if (chat.seed) body[options.seed_field] = *chat.seed;
}

json::object make_body(ChatRequest const& chat, OpenAiOptions const& options) {
  json::object body{
      {"model", chat.model}, {"messages", openai_messages(chat, options.system_role)}};
  if (!chat.tools.empty()) body["tools"] = openai_tools(chat);
  if (!chat.tools.empty() && !chat.tool_choice.empty())
    body["tool_choice"] = openai_tool_choice(chat);
  add_sampling(chat, options, body);
  add_format(chat, options, body);
  body["stream"] = chat.stream;
  if (chat.stream && options.include_usage)
    body["stream_options"] = json::object{{"include_usage", true}};
  return body;
}

/// What OpenAI's and Azure's chat have in common: all but the address and the key.
class ChatDialect : public WireDialect {
 public:
  bool has_native_schema(ProviderSettings const& provider, ChatRequest const& chat) const override {
    return chat.schema && text_or(provider.options, "schemaFormat", "json_schema") == "json_schema";
  }

 private:
  std::unique_ptr<AnswerReader> new_reader() const override { return make_openai_chat_reader(); }
  BodyRule body_rule() const override { return openai_verdict; }
};

class OpenAiDialect final : public ChatDialect {
 public:
  std::string_view type() const override { return "openai"; }
  std::string_view default_base_url() const override { return openai_base; }
  Result<WireRequest> request(ProviderSettings const& provider, ChatRequest const& chat)
      const override;
};

Result<WireRequest> OpenAiDialect::request(
    ProviderSettings const& provider, ChatRequest const& chat
) const {
  if (auto const done = check_parts(CallContext(provider, type(), chat.model), chat); !done)
    return done.error();
  auto const base = provider.base_url.empty() ? openai_base : std::string_view(provider.base_url);
  bool const is_openai = base.find("//api.openai.com") != std::string_view::npos;
  return make_request(
      provider,
      chat,
      join_url(base, "", "/chat/completions"),
      openai_headers(provider, chat),
      make_body(chat, read_options(provider, is_openai))
  );
}

class AzureDialect final : public ChatDialect {
 public:
  std::string_view type() const override { return "azure"; }
  std::string_view default_base_url() const override { return {}; }
  Result<WireRequest> request(ProviderSettings const& provider, ChatRequest const& chat)
      const override;
};

/// The model is the deployment. An address that ends in /openai/v1 is the newer API, which takes it
/// in the body and has no versions.
std::string azure_url(ProviderSettings const& provider, ChatRequest const& chat) {
  auto const& base = provider.base_url;
  if (base.ends_with("/v1")) return join_url(base, "", "/chat/completions");
  auto const version = provider.api_version.empty() ? std::string(azure_version)
                                                    : percent_encoded(provider.api_version);
  return join_url(
      base,
      "",
      "/openai/deployments/" + percent_encoded(chat.model) +
          "/chat/completions?api-version=" + version
  );
}

Result<WireRequest> AzureDialect::request(ProviderSettings const& provider, ChatRequest const& chat)
    const {
  CallContext const context(provider, type(), chat.model);
  if (auto const done = check_parts(context, chat); !done) return done.error();
  if (provider.base_url.empty())
    return unsupported(
        context,
        "Azure has no address of its own",
        "set baseUrl to the resource's endpoint: https://NAME.openai.azure.com"
    );
  auto headers = openai_headers(provider, chat);
  if (!bool_at(provider.options, "bearer", false))
    for (auto& header : headers)
      if (header.name == "Authorization") header = {"api-key", provider.api_key};
  return make_request(
      provider,
      chat,
      azure_url(provider, chat),
      std::move(headers),
      make_body(chat, read_options(provider, /*is_openai=*/true))
  );
}

}  // namespace

Dialect const& openai_dialect() {
  static OpenAiDialect const dialect;
  return dialect;
}

Dialect const& azure_dialect() {
  static AzureDialect const dialect;
  return dialect;
}

}  // namespace ropewalk::ai

#include "providers/ai/provider_config.hpp"

#include "engine/base/text.hpp"
#include "providers/ai/fields.hpp"
#include "providers/http/http_url.hpp"
#include "providers/http/proxy.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

struct Builtin {
  std::string_view name{};
  std::string_view key_env{};
};
constexpr std::array builtins{
    Builtin{"openai", "OPENAI_API_KEY"},
    Builtin{"openai-responses", "OPENAI_API_KEY"},
    Builtin{"anthropic", "ANTHROPIC_API_KEY"},
    Builtin{"gemini", "GEMINI_API_KEY"},
    Builtin{"ollama", ""},
    Builtin{"sim", ""}};

constexpr std::string_view sim_type = "sim";
constexpr std::size_t name_bytes_max = 64;

/// Where nothing is set: no call that hangs, whatever comes of it, is waited for without end.
constexpr Duration total_default = std::chrono::hours(1);

ProviderConfig make_builtin(Builtin const& builtin) {
  ProviderConfig out;
  out.settings.name = builtin.name;
  out.settings.type = builtin.name;
  out.key_env = builtin.key_env;
  out.needs_key = !out.key_env.empty();
  out.settings.timeouts.total = total_default;
  return out;
}

bool is_known_type(std::string_view type) {
  return type == sim_type || find_dialect(type) != nullptr;
}

std::vector<std::string_view> all_types() {
  auto out = dialect_types();
  out.push_back(sim_type);
  return out;
}

/// Whether `url` leads to the type's own service: what may be sent a key that was set for it.
bool is_own_service(std::string const& url, std::string_view type) {
  auto const* dialect = find_dialect(type);
  if (dialect == nullptr || dialect->default_base_url().empty()) return false;
  auto const given = http::parse_http_url(url);
  auto const own = http::parse_http_url(dialect->default_base_url());
  return given && own && given->host == own->host && given->port == own->port &&
         given->is_tls == own->is_tls;
}

bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

constexpr std::int64_t count_max = 1'000'000'000'000;

void read_limits(Fields const& fields, LimitSettings& limits) {
  if (auto const value = fields.integer("maxConcurrent", 1, count_max))
    limits.max_concurrent = *value;
  if (auto const value = fields.integer("requestsPerMinute", 1, count_max))
    limits.requests_per_minute = *value;
  if (auto const value = fields.integer("tokensPerMinute", 1, count_max))
    limits.tokens_per_minute = *value;
  if (auto const value = fields.duration("burst")) limits.burst = *value;
}

void read_timeouts(Fields const& fields, HttpTimeouts& timeouts) {
  constexpr std::array<std::string_view, 4> known{"connect", "firstByte", "idle", "total"};
  fields.allow_only(known);
  if (auto const value = fields.duration("connect")) timeouts.connect = *value;
  if (auto const value = fields.duration("firstByte")) timeouts.first_byte = *value;
  if (auto const value = fields.duration("idle")) timeouts.idle = *value;
  if (auto const value = fields.duration("total")) timeouts.total = *value;
}

void read_tls(Fields const& fields, TlsOptions& tls) {
  constexpr std::array<std::string_view, 4> known{"caFile", "clientCert", "clientKey", "verify"};
  fields.allow_only(known);
  if (auto value = fields.text("caFile")) tls.ca_file = std::move(*value);
  if (auto value = fields.text("clientCert")) tls.client_cert = std::move(*value);
  if (auto value = fields.text("clientKey")) tls.client_key = std::move(*value);
  if (auto const value = fields.boolean("verify")) tls.verify = *value;
}

void read_breaker(Fields const& fields, BreakerSettings& breaker) {
  constexpr std::array<std::string_view, 4> known{"failures", "within", "pause", "pauseMax"};
  fields.allow_only(known);
  if (auto const value = fields.integer("failures", 0, 1'000'000))
    breaker.failures_max = static_cast<std::size_t>(*value);
  if (auto const value = fields.duration("within")) breaker.within = *value;
  if (auto const value = fields.duration("pause")) breaker.pause = *value;
  if (auto const value = fields.duration("pauseMax")) breaker.pause_max = *value;
}

/// Reads one entry of `providers`.
class EntryReader {
 public:
  EntryReader(json::object const& entry, std::string name, Reading const& reading)
      : fields_(entry, name, reading), name_(std::move(name)), reading_(reading) {}

  void read(ProviderConfig& out) {
    constexpr std::array<std::string_view, 18> known{
        "type",
        "baseUrl",
        "apiKeyEnv",
        "apiKeyFile",
        "apiKey",
        "apiVersion",
        "organization",
        "project",
        "headers",
        "maxConcurrent",
        "requestsPerMinute",
        "tokensPerMinute",
        "burst",
        "models",
        "timeouts",
        "tls",
        "options",
        "breaker"};
    fields_.allow_only(known);
    read_type(out);
    read_address(out);
    read_key(out);
    ProviderSettings& settings = out.settings;
    if (auto value = fields_.text("apiVersion")) settings.api_version = std::move(*value);
    if (auto value = fields_.text("organization")) settings.organization = std::move(*value);
    if (auto value = fields_.text("project")) settings.project = std::move(*value);
    if (auto const* value = fields_.object("headers")) read_headers(*value, settings.headers);
    if (auto const* value = fields_.object("options")) settings.options = *value;
    read_limits(fields_, out.limits.limits);
    read_sections(out);
  }

 private:
  Fields section(json::object const& object, std::string_view name) const {
    return Fields(object, fields_.path(name), reading_);
  }

  void read_type(ProviderConfig& out) {
    auto const type = fields_.text("type");
    if (!type) {
      if (out.settings.type.empty() && !fields_.has("type"))
        fields_.add("type", "missing_field", "a provider needs its `type`", "add type: openai");
      return;
    }
    auto const types = all_types();
    if (!is_known_type(*type)) {
      auto const near = closest_match(*type, types);
      std::string list;
      for (auto const known : types) list.append(list.empty() ? "" : ", ").append(known);
      return fields_.add(
          "type",
          "invalid_value",
          "there is no provider type \"" + *type + "\"",
          near.empty() ? "use one of " + list : "did you mean \"" + std::string(near) + "\"?"
      );
    }
    if (out.settings.type == *type) return;
    out = ProviderConfig{};  // what the built-in one of this name set is not meant
    out.settings.name = name_;
    out.settings.type = *type;
    out.settings.timeouts.total = total_default;
    for (auto const& builtin : builtins)
      if (builtin.name == *type) out.key_env = builtin.key_env;
    out.needs_key = !out.key_env.empty();
  }

  void read_address(ProviderConfig& out) {
    auto url = fields_.text("baseUrl");
    if (url) {
      while (url->ends_with('/')) url->pop_back();
      if (!url->starts_with("http://") && !url->starts_with("https://"))
        fields_.add(
            "baseUrl",
            "invalid_value",
            "`baseUrl` is an address that begins with http:// or https://",
            "write baseUrl: http://127.0.0.1:8000/v1"
        );
      out.settings.base_url = std::move(*url);
      out.needs_key = false;  // a server of one's own may want none
    }
    auto const* dialect = find_dialect(out.settings.type);
    if (out.settings.base_url.empty() && dialect != nullptr && dialect->default_base_url().empty())
      fields_.add(
          "baseUrl",
          "missing_field",
          "a provider of type " + out.settings.type + " needs its `baseUrl`",
          "add the address that its service shows"
      );
  }

  void read_key(ProviderConfig& out) {
    if (fields_.has("apiKey"))
      fields_.add(
          "apiKey",
          "secret_in_file",
          "a key does not belong into the configuration file",
          "name the variable or the file that holds it: apiKeyEnv or apiKeyFile"
      );
    // A key of the environment is meant for the service that it is named after, for no other.
    if (!out.settings.base_url.empty() && !is_own_service(out.settings.base_url, out.settings.type))
      out.key_env.clear();
    if (auto value = fields_.text("apiKeyEnv")) {
      out.key_env = std::move(*value);
      out.needs_key = true;
    }
    if (auto value = fields_.text("apiKeyFile")) {
      out.key_file = std::move(*value);
      out.needs_key = true;
    }
  }

  void read_headers(json::object const& object, HttpHeaders& headers) {
    auto const inside = section(object, "headers");
    headers.clear();
    for (auto const& entry : object) {
      std::string const name(entry.key());
      auto value = inside.text(name);
      if (!value) continue;
      if (!is_header_value(name) || name.find(':') != std::string::npos || !is_header_value(*value))
        inside.add(name, "invalid_value", "a header is one line of text", "take line ends out");
      else
        headers.push_back({name, std::move(*value)});
    }
  }

  void read_sections(ProviderConfig& out) {
    if (auto const* value = fields_.object("timeouts"))
      read_timeouts(section(*value, "timeouts"), out.settings.timeouts);
    if (auto const* value = fields_.object("tls"))
      read_tls(section(*value, "tls"), out.settings.tls);
    if (auto const* value = fields_.object("breaker"))
      read_breaker(section(*value, "breaker"), out.limits.breaker);
    auto const* models = fields_.object("models");
    if (models == nullptr) return;
    auto const inside = section(*models, "models");
    for (auto const& entry : *models) {
      std::string const model(entry.key());
      auto const* limits = inside.object(model);
      if (limits == nullptr) continue;
      Fields const fields(*limits, inside.path(model), reading_);
      constexpr std::array<std::string_view, 4> known{
          "maxConcurrent", "requestsPerMinute", "tokensPerMinute", "burst"};
      fields.allow_only(known);
      read_limits(fields, out.limits.models[model]);
    }
  }

  Fields fields_;
  std::string name_;
  Reading const& reading_;
};

std::string address_of(ProviderSettings const& settings) {
  auto const* dialect = find_dialect(settings.type);
  if (!settings.base_url.empty() || dialect == nullptr) return settings.base_url;
  return std::string(dialect->default_base_url());
}

/// The address as it may be shown: without a user, a password and a query, which may be keys.
std::string shown_url(std::string url) {
  url.resize(std::min(url.find_first_of("?#"), url.size()));
  auto const scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  auto const start = scheme + 3;
  auto const end = std::min(url.find('/', start), url.size());
  auto const at = url.rfind('@', end);
  if (at != std::string::npos && at >= start) url.erase(start, at + 1 - start);
  return url;
}

void add_limits(json::object& out, LimitSettings const& limits) {
  if (limits.max_concurrent > 0) out["maxConcurrent"] = limits.max_concurrent;
  if (limits.requests_per_minute > 0) out["requestsPerMinute"] = limits.requests_per_minute;
  if (limits.tokens_per_minute > 0) out["tokensPerMinute"] = limits.tokens_per_minute;
}

}  // namespace

ProviderConfigs builtin_providers() {
  ProviderConfigs out;
  for (auto const& builtin : builtins)
    out.emplace(std::string(builtin.name), make_builtin(builtin));
  return out;
}

ProviderConfigs read_providers(json::object const& providers, ReportConfigProblem const& report) {
  ProviderConfigs out = builtin_providers();
  Reading const reading{report, true};
  for (auto const& entry : providers) {
    std::string name(entry.key());
    if (!is_identifier(name, name_bytes_max)) {
      report(
          name,
          "invalid_name",
          "a provider's name has letters, digits, '_' and '-', and begins with a letter",
          "models are written name/model"
      );
      continue;
    }
    auto const* object = entry.value().if_object();
    if (object == nullptr) {
      report(name, "wrong_type", "a provider is a map of its fields", "write type: openai in it");
      continue;
    }
    ProviderConfig& provider = out[name];
    provider.settings.name = name;
    EntryReader(*object, std::move(name), reading).read(provider);
  }
  return out;
}

Result<> resolve_key(ProviderConfig& provider, KeySources const& sources) {
  std::string key;
  if (!provider.key_file.empty()) {
    TRY(key, sources.file(provider.key_file));
  } else if (!provider.key_env.empty()) {
    key = sources.variable(provider.key_env);
  }
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r' || key.back() == ' '))
    key.pop_back();
  if (!is_header_value(key))
    return Error{
        ErrorClass::permanent,
        "invalid_key",
        "the key of provider " + provider.settings.name + " is more than one line of text",
        "look at " + (provider.key_file.empty() ? provider.key_env : provider.key_file)};
  provider.settings.api_key = std::move(key);
  return {};
}

std::optional<Error> missing_key(ProviderConfig const& provider) {
  if (!provider.needs_key || !provider.settings.api_key.empty()) return std::nullopt;
  std::string const source = provider.key_file.empty() ? "the variable " + provider.key_env
                                                       : "the file " + provider.key_file;
  return Error{
      ErrorClass::permanent,
      "auth",
      "provider " + provider.settings.name + " has no key: " + source + " is empty or not there",
      "set it for the server and start it again"};
}

std::optional<std::string> exposed_key_warning(ProviderConfig const& provider) {
  auto const url = http::parse_http_url(address_of(provider.settings));
  bool const is_readable = url && !url->is_tls && url->unix_path.empty() &&
                           !http::is_loopback(url->host) && !provider.settings.api_key.empty();
  if (!is_readable) return std::nullopt;
  return "the key of provider " + provider.settings.name + " goes to " + url->peer() +
         " without encryption: anyone between here and there can read it; use https://";
}

json::object to_json(ProviderConfig const& provider) {
  auto const& settings = provider.settings;
  json::object out{{"name", settings.name}, {"type", settings.type}};
  if (auto base_url = address_of(settings); !base_url.empty())
    out["baseUrl"] = shown_url(std::move(base_url));
  if (!provider.key_file.empty())
    out["apiKeyFile"] = provider.key_file;
  else if (!provider.key_env.empty())
    out["apiKeyEnv"] = provider.key_env;
  out["ready"] = !missing_key(provider).has_value();
  if (auto warning = exposed_key_warning(provider)) out["warning"] = std::move(*warning);
  if (settings.type == sim_type) out["simulated"] = true;
  add_limits(out, provider.limits.limits);
  return out;
}

json::object public_view(ProviderConfig const& provider) {
  auto const& settings = provider.settings;
  json::object out{{"name", settings.name}, {"type", settings.type}};
  auto const base_url = shown_url(address_of(settings));
  if (!base_url.empty()) out["baseUrl"] = base_url;
  out["hasKey"] = !settings.api_key.empty();
  out["ready"] = !missing_key(provider).has_value();
  if (auto warning = exposed_key_warning(provider)) out["warning"] = std::move(*warning);
  if (settings.type == sim_type) out["simulated"] = true;
  return out;
}

}  // namespace ropewalk::ai

#pragma once
// The providers of `ropewalk.yaml` (`providers:`), checked, and those that are there without it.
//
// Plain values; any thread. A key is read from the environment or a file, never from the
// configuration itself, and is held by nothing but ProviderSettings::api_key.

#include "providers/ai/dialect.hpp"
#include "providers/ai/provider_limits.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace ropewalk::ai {

struct ProviderConfig {
  ProviderSettings settings{};
  ProviderLimitSettings limits{};
  std::string key_env{};   // the variable that holds the key; empty: none
  std::string key_file{};  // the file that holds it; wins over key_env
  bool needs_key = false;  // no call can succeed without one
};
using ProviderConfigs = std::map<std::string, ProviderConfig, std::less<>>;

/// A problem at a field: its path below `providers` ("openai.baseUrl"), code, message, hint.
using ReportConfigProblem =
    std::function<void(std::string path, std::string code, std::string message, std::string hint)>;

/// openai, openai-responses, anthropic, gemini, ollama and sim with their own addresses and usual
/// variables: a key in the environment is all that it takes.
ProviderConfigs builtin_providers();

/// `providers` over builtin_providers(): an entry of the same name and type keeps what it does not
/// set. Every problem is reported.
ProviderConfigs read_providers(json::object const& providers, ReportConfigProblem const& report);

struct KeySources {
  std::function<std::string(std::string const& name)> variable{};  // empty: not set
  std::function<Result<std::string>(std::string const& path)> file{};
};
/// Fills in api_key. A variable that is not set leaves it empty: a call says what is missing.
/// Errors: invalid_key (permanent) for a file that cannot be read or a key that no header can hold.
Result<> resolve_key(ProviderConfig& provider, KeySources const& sources);

/// The settings without their key, for the one who has them before him (`ropewalk providers`).
json::object to_json(ProviderConfig const& provider);

/// The same for whoever may ask the server: "name", "type", "baseUrl", "hasKey", "ready",
/// "simulated", "warning". It does not say where keys are kept, and of the address neither user,
/// password nor query.
json::object public_view(ProviderConfig const& provider);

/// Set where the key would go over the network for all to read: http to another machine.
std::optional<std::string> exposed_key_warning(ProviderConfig const& provider);

/// Why no call can be made: no key. nullopt when there is one or none is needed.
std::optional<Error> missing_key(ProviderConfig const& provider);

}  // namespace ropewalk::ai

#include "server/ai/node_ai.hpp"

#include "server/observe/log.hpp"
#include "server/observe/metrics.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace ropewalk::server {
namespace {

constexpr std::size_t key_bytes_max = 16 * 1024;
constexpr std::size_t models_bytes_max = 4 * 1024 * 1024;

std::string variable(std::string const& name) {
  char const* const value = std::getenv(name.c_str());
  return value == nullptr ? std::string() : std::string(value);
}

Result<std::string> read_file(
    std::string const& path, std::size_t bytes_max, std::string const& code
) {
  std::ifstream in(path, std::ios::binary);
  std::string text(bytes_max + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.eof() || text.empty())
    return Error{
        ErrorClass::permanent,
        code,
        "the file " + path + " cannot be read, or is larger than " + std::to_string(bytes_max) +
            " bytes",
        "look at its path and its rights"};
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace

Result<std::unique_ptr<NodeAi>> NodeAi::make(Config const& config) {
  auto out = std::unique_ptr<NodeAi>(new NodeAi());
  // Problems were reported when the configuration was read.
  auto const ignore = [](std::string, std::string, std::string, std::string) {};
  out->providers_ = ai::read_providers(config.providers, ignore);
  ai::KeySources const sources{variable, [](std::string const& path) {
                                 return read_file(path, key_bytes_max, "invalid_key");
                               }};
  for (auto& [name, provider] : out->providers_) {
    if (auto const resolved = ai::resolve_key(provider, sources); !resolved)
      return resolved.error();
    if (auto const warning = ai::exposed_key_warning(provider)) log::warn(*warning);
  }
  out->models_ = ai::ModelTable::built_in();
  if (!config.models_file.empty()) {
    TRY(auto const text, read_file(config.models_file, models_bytes_max, "models_file"));
    TRY(out->models_, ai::ModelTable::with(text));
  }
  out->http_ = http_options_from_environment(variable);
  return out;
}

std::map<std::string, std::string> NodeAi::keys() const {
  std::map<std::string, std::string> out;
  for (auto const& [name, provider] : providers_)
    if (!provider.settings.api_key.empty())
      out.emplace("the key of " + name, provider.settings.api_key);
  return out;
}

void NodeAi::start(Executor home, Clock const& clock, Metrics& metrics) {
  std::map<std::string, ai::ProviderLimitSettings> limits;
  for (auto const& [name, provider] : providers_) limits.emplace(name, provider.limits);
  auto observe = [&metrics](std::vector<ai::ProviderLimits::Counts> const& counts) {
    for (auto const& count : counts)
      metrics.set_provider(
          count.provider, static_cast<double>(count.running), static_cast<double>(count.waiting)
      );
  };
  limits_.emplace(home, clock, std::move(limits), std::move(observe));
  budgets_.emplace(home);
}

void NodeAi::stop() {
  limits_.reset();
  budgets_.reset();
}

Async<boost::json::array> NodeAi::describe() {
  auto asking = limits_->describe();
  auto const states = co_await std::move(asking);
  boost::json::array out;
  for (auto const& state : states) {
    auto const& live = state.get_object();
    auto const found = providers_.find(std::string_view(live.at("name").get_string()));
    if (found == providers_.end()) continue;
    auto view = ai::public_view(found->second);
    for (auto const& field : live) view[field.key()] = field.value();
    out.emplace_back(std::move(view));
  }
  co_return out;
}

}  // namespace ropewalk::server

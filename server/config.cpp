// Reads a configuration: the file first, then the environment over it, then the flags over both.
#include "server/config.hpp"

#include "engine/base/text.hpp"
#include "server/config_providers.hpp"

#include <yaml-cpp/yaml.h>

#include <set>

namespace ropewalk::server {
namespace {

Problem problem(std::string code, std::string path, std::string message, std::string hint) {
  Problem out;
  out.code = std::move(code);
  out.path = std::move(path);
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

ConfigField const* find_field(std::string_view name) {
  for (auto const& field : config_fields())
    if (field.name == name) return &field;
  return nullptr;
}

std::string did_you_mean(std::string_view word, std::vector<std::string_view> const& candidates) {
  auto const match = closest_match(word, candidates);
  return match.empty() ? std::string("`ropewalk config` lists what there is")
                       : "did you mean \"" + std::string(match) + "\"?";
}

std::vector<std::string_view> names_below(std::string_view section) {
  std::vector<std::string_view> out;
  for (auto const& field : config_fields()) {
    auto name = field.name;
    if (!section.empty()) {
      if (!name.starts_with(section) || name.size() <= section.size()) continue;
      name.remove_prefix(section.size() + 1);
    }
    name = name.substr(0, name.find('.'));
    if (out.empty() || out.back() != name) out.push_back(name);
  }
  if (section.empty()) out.insert(out.end(), {"providers", "secrets"});
  return out;
}

class FileReader {
 public:
  explicit FileReader(LoadedConfig& loaded) : loaded_(loaded) {}

  void read(std::string const& text) {
    try {
      auto const root = YAML::Load(text);
      if (root.IsNull()) return;
      if (!root.IsMap())
        return add("wrong_type", "", root.Mark(), "this is not a map", "write NAME: VALUE");
      read_map(root, "");
      if (has_providers_) read_provider_section(text, loaded_);
    } catch (YAML::Exception const& fault) {
      add("invalid_yaml", "", fault.mark, fault.msg, "mend the YAML");
    }
  }

 private:
  void add(
      std::string code,
      std::string path,
      YAML::Mark const& mark,
      std::string message,
      std::string hint
  ) {
    auto out = problem(std::move(code), std::move(path), std::move(message), std::move(hint));
    if (!mark.is_null()) {
      out.line = static_cast<std::uint32_t>(mark.line + 1);
      out.column = static_cast<std::uint32_t>(mark.column + 1);
    }
    loaded_.problems.push_back(std::move(out));
  }

  void read_map(YAML::Node const& map, std::string const& section) {
    std::set<std::string> seen;
    for (auto const& entry : map) {
      auto const key = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
      std::string path = section;
      if (!path.empty()) path += '.';
      path += key;
      auto const names = names_below(section);
      auto const* field = find_field(path);
      if (!seen.insert(key).second) {
        add("duplicate_key", path, entry.first.Mark(), "\"" + path + "\" stands twice", "keep one");
      } else if (field != nullptr) {
        read_field(*field, entry.second);
      } else if (path == "providers") {
        has_providers_ = true;
      } else if (path == "secrets") {
        read_secrets(entry.second);
      } else if (section.empty() && !names_below(path).empty()) {
        if (entry.second.IsMap())
          read_map(entry.second, path);
        else
          add("wrong_type", path, entry.second.Mark(), path + " is a map", "write " + path + ": {…}"
          );
      } else {
        add("unknown_field",
            path,
            entry.first.Mark(),
            "there is no \"" + path + "\"",
            did_you_mean(key, names));
      }
    }
  }

  void read_secrets(YAML::Node const& map) {
    char const* const mend = "write secrets: { NAME: { env: VARIABLE } }, or { file: PATH }";
    if (!map.IsMap()) return add("wrong_type", "secrets", map.Mark(), "secrets is a map", mend);
    for (auto const& entry : map) {
      auto const name = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
      auto const path = "secrets." + name;
      auto const& node = entry.second;
      SecretPlace place;
      bool fits = node.IsMap() && node.size() == 1;
      for (auto const* kind : {"env", "file"})
        if (fits && node[kind] && node[kind].IsScalar())
          (std::string_view(kind) == "env" ? place.env : place.file) = node[kind].Scalar();
      fits = fits && (!place.env.empty() || !place.file.empty());
      if (!is_identifier(name))
        add("invalid_name", path, entry.first.Mark(), "this is no name of a secret", mend);
      else if (!fits)
        add("wrong_type", path, node.Mark(), path + " does not say where the secret is", mend);
      else if (!loaded_.config.secrets.emplace(name, std::move(place)).second)
        add("duplicate_key", path, entry.first.Mark(), "\"" + path + "\" stands twice", "keep one");
    }
  }

  void read_field(ConfigField const& field, YAML::Node const& node) {
    std::string text;
    bool fits = true;
    if (node.IsScalar()) {
      text = node.Scalar();
    } else if (node.IsSequence() && field.kind == ConfigKind::list) {
      for (auto const& item : node) {
        fits = fits && item.IsScalar() && item.Scalar().find(',') == std::string::npos;
        if (fits) text += item.Scalar() + ",";
      }
    } else if (node.IsMap() && field.kind == ConfigKind::pools) {
      for (auto const& item : node) {
        fits = fits && item.first.IsScalar() && item.second.IsScalar();
        if (fits)
          text.append(item.first.Scalar()).append("=").append(item.second.Scalar()).append(",");
      }
    } else {
      fits = node.IsNull();
    }
    std::string const name(field.name);
    if (!fits)
      return add(
          "wrong_type", name, node.Mark(), name + " cannot be read", std::string(field.help)
      );
    if (node.IsNull()) return;
    if (auto const set = set_field(loaded_.config, field, text); !set)
      return add(set.error().code, name, node.Mark(), set.error().message, set.error().hint);
    loaded_.origins[name] = "file";
  }

  LoadedConfig& loaded_;
  bool has_providers_ = false;
};

void read_text(
    LoadedConfig& loaded, ConfigField const& field, std::string_view text, std::string_view origin
) {
  auto const set = set_field(loaded.config, field, text);
  if (set) {
    loaded.origins[std::string(field.name)] = origin;
    return;
  }
  auto const place = origin == "flag" ? field.flag : field.env;
  loaded.problems.push_back(
      problem(set.error().code, std::string(place), set.error().message, set.error().hint)
  );
}

void read_environment(LoadedConfig& loaded, std::map<std::string, std::string> const& environment) {
  // Names that other parts of the program read: what tasks see, and what scripts set for the
  // command line.
  static std::set<std::string_view> const elsewhere{
      "ROPEWALK_CONFIG",
      "ROPEWALK_ARTIFACTS",
      "ROPEWALK_CONTEXT",
      "ROPEWALK_OUTPUT",
      "ROPEWALK_IDEMPOTENCY_KEY",
      "ROPEWALK_SERVER",
      "ROPEWALK_EXECUTION",
      "ROPEWALK_TASK",
      "ROPEWALK_ATTEMPT"};
  std::vector<std::string_view> names;
  for (auto const& field : config_fields()) {
    names.push_back(field.env);
    auto found = environment.find(std::string(field.env));
    if (!field.env_alias.empty()) {
      names.push_back(field.env_alias);
      if (found == environment.end()) found = environment.find(std::string(field.env_alias));
    }
    if (found != environment.end()) read_text(loaded, field, found->second, "environment");
  }
  for (auto const& [name, value] : environment) {
    if (!name.starts_with("ROPEWALK_") || elsewhere.contains(name)) continue;
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    auto const match = closest_match(name, names);
    if (match.empty())
      continue;  // somebody else's: only what looks like a slip of the hand is reported
    loaded.problems.push_back(
        problem("unknown_field", name, "there is no variable " + name, did_you_mean(name, names))
    );
  }
}

}  // namespace

LoadedConfig load_config(ConfigSources const& sources) {
  LoadedConfig loaded;
  for (auto const& field : config_fields()) loaded.origins[std::string(field.name)] = "default";
  if (!sources.file.empty()) FileReader(loaded).read(sources.file_text);
  read_environment(loaded, sources.environment);
  for (auto const& [name, text] : sources.flags) {
    if (auto const* field = find_field(name)) {
      read_text(loaded, *field, text, "flag");
    } else {
      loaded.problems.push_back(problem("unknown_field", name, "there is no field " + name, ""));
    }
  }
  return loaded;
}

}  // namespace ropewalk::server

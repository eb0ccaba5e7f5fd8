#include "server/config_providers.hpp"

#include "engine/model/yaml_text.hpp"
#include "providers/ai/provider_config.hpp"

namespace ropewalk::server {
namespace {

std::vector<std::string> steps_of(std::string_view path) {
  std::vector<std::string> out{"providers"};
  while (!path.empty()) {
    auto const dot = path.find('.');
    out.emplace_back(path.substr(0, dot));
    path = dot == path.npos ? std::string_view() : path.substr(dot + 1);
  }
  return out;
}

/// Where the field stands; where it is missing, the nearest thing above it.
TextPlace find_place(std::string const& text, std::vector<std::string> steps) {
  for (; !steps.empty(); steps.pop_back()) {
    PlaceTree tree;
    auto& wanted = tree.at(steps);
    find_yaml_places(text, tree);
    auto const offset = wanted.place.key ? wanted.place.key : wanted.place.value;
    if (offset) return place_of(text, *offset);
  }
  return {};
}

Problem to_problem(Error const& error) {
  Problem out;
  out.code = error.code;
  out.path = "providers";
  out.message = error.message;
  out.hint = error.hint;
  return out;
}

}  // namespace

void read_provider_section(std::string const& text, LoadedConfig& loaded) {
  auto document = read_yaml(text);
  if (!document) return loaded.problems.push_back(to_problem(document.error()));
  auto const* section = document->get_object().if_contains("providers");
  if (section == nullptr || section->is_null()) return;
  auto report = [&](std::string path, std::string code, std::string message, std::string hint) {
    auto const place = find_place(text, steps_of(path));
    Problem problem;
    problem.code = std::move(code);
    problem.path = path.empty() ? "providers" : "providers." + path;
    problem.message = std::move(message);
    problem.hint = std::move(hint);
    problem.line = place.line;
    problem.column = place.column;
    loaded.problems.push_back(std::move(problem));
  };
  auto const* providers = section->if_object();
  if (providers == nullptr)
    return report("", "wrong_type", "providers is a map by name", "write providers: { NAME: {…} }");
  ai::read_providers(*providers, report);
  loaded.config.providers = *providers;
}

}  // namespace ropewalk::server

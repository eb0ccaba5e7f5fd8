#include "engine/base/json.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/cli/settings.hpp"

namespace ropewalk::cli {

int config_command(Arguments const& arguments) {
  auto const loaded = load_settings(arguments);
  if (!loaded) {
    Console(stderr).line(error_line(loaded.error()));
    return exit_status_of(loaded.error());
  }
  auto const origin_of = [&](std::string_view name) {
    auto const found = loaded->origins.find(std::string(name));
    return found == loaded->origins.end() ? std::string("default") : found->second;
  };
  Console out(stdout);
  if (arguments.json) {
    json::object origins;
    for (auto const& field : server::config_fields()) origins[field.name] = origin_of(field.name);
    json::object report;
    report["config"] = server::to_json(loaded->config);
    report["origins"] = std::move(origins);
    out.line(to_text(report));
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"FIELD", "FROM", "VALUE"}};
  for (auto const& field : server::config_fields())
    rows.push_back(
        {std::string(field.name), origin_of(field.name), server::show_field(loaded->config, field)}
    );
  out.lines(table(rows, 0, out.style()));
  return 0;
}

}  // namespace ropewalk::cli

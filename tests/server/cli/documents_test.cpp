// Goal: the documentation does not lie: its examples are accepted, and it names all there is.
// Method: reads the documents and examples of the repository.
#include "engine/base/json.hpp"
#include "engine/model/yaml_text.hpp"
#include "server/cli/definition.hpp"
#include "server/cli/settings.hpp"
#include "server/config.hpp"
#include "server/triggers/hook_spec.hpp"
#include "server/triggers/schedule_spec.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

namespace ropewalk::cli {
namespace {

std::string const root = ROPEWALK_SOURCE_DIR;

/// The fenced blocks of `language`, each with the line where it begins.
std::vector<std::pair<int, std::string>> blocks(
    std::string const& text, std::string const& language
) {
  std::vector<std::pair<int, std::string>> out;
  std::istringstream in(text);
  bool is_inside = false;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (is_inside && line == "```") {
      is_inside = false;
    } else if (is_inside) {
      out.back().second += line + "\n";
    } else if (line == "```" + language) {
      is_inside = true;
      out.emplace_back(number, "");
    }
  }
  return out;
}

void expect_fine(std::string const& text, std::string const& place) {
  for (auto const& problem : load_workflow(text, all_task_types()).problems)
    ADD_FAILURE() << to_line(problem, place);
}

TEST(Documents, ExamplesInTextAreWorkflows) {
  for (auto const* file :
       {"/README.md", "/docs/workflow.md", "/docs/http.md", "/docs/secrets.md"}) {
    auto const found = blocks(read_file(root + file).value(), "yaml");
    EXPECT_FALSE(found.empty()) << file;
    for (auto const& [line, text] : found)
      expect_fine(text, std::string(file) + " block at line " + std::to_string(line));
  }
}

TEST(Documents, ExamplesOfTriggersAreAccepted) {
  auto const text = read_file(root + "/docs/triggers.md").value();
  auto const hooks = blocks(text, "yaml");
  EXPECT_GE(hooks.size(), 3U);
  for (auto const& [line, hook] : hooks) {
    auto const read = server::read_hook("hook", read_yaml(hook).value().as_object());
    EXPECT_TRUE(read) << "line " << line << ": " << read.error().message;
  }
  auto const schedules = blocks(text, "json");
  EXPECT_FALSE(schedules.empty());
  for (auto const& [line, schedule] : schedules) {
    auto const read = server::read_schedule("schedule", parse_json(schedule).value().as_object());
    EXPECT_TRUE(read) << "line " << line << ": " << read.error().message;
  }
}

TEST(Documents, ExampleFilesAreWorkflows) {
  std::size_t count = 0;
  for (auto const& entry : std::filesystem::recursive_directory_iterator(root + "/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    expect_fine(read_file(entry.path().string()).value(), entry.path().string());
  }
  EXPECT_GE(count, 5U);
}

TEST(Documents, ExampleConfigurationIsAccepted) {
  auto const found = blocks(read_file(root + "/docs/configuration.md").value(), "yaml");
  ASSERT_FALSE(found.empty());
  server::ConfigSources sources;
  sources.file = "configuration.md";
  sources.file_text = found.front().second;
  for (auto const& problem : server::load_config(sources).problems)
    ADD_FAILURE() << to_line(problem, sources.file);
}

TEST(Documents, EveryFieldOfTheConfigurationIsDescribed) {
  auto const text = read_file(root + "/docs/configuration.md").value();
  for (auto const& field : server::config_fields())
    EXPECT_NE(text.find("| `" + std::string(field.name) + "` |"), std::string::npos) << field.name;
}

TEST(Documents, EveryTypeOfTaskIsDescribed) {
  auto const text = read_file(root + "/docs/workflow.md").value();
  for (auto const name : all_task_types().names())
    EXPECT_NE(text.find("### " + std::string(name) + "\n"), std::string::npos) << name;
}

}  // namespace
}  // namespace ropewalk::cli

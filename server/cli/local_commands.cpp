// Commands that need no server: validate, graph, eval, version.
#include "engine/base/json.hpp"
#include "engine/model/cel/expression.hpp"
#include "engine/model/cel/value_json.hpp"
#include "engine/model/graph_export.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/cli/definition.hpp"
#include "server/cli/settings.hpp"

namespace ropewalk::cli {
namespace {

constexpr int usage_status = 2;

int fail(Error const& error) {
  Console(stderr).line(error_line(error));
  return exit_status_of(error);
}

/// The fields of a JSON object as variables.
class ObjectActivation : public cel::Activation {
 public:
  explicit ObjectActivation(json::object const& fields) : fields_(fields) {}

  std::optional<cel::Value> lookup(std::string_view name) const override {
    auto const* found = fields_.if_contains(name);
    if (found == nullptr) return std::nullopt;
    return cel::Value::view(*found);
  }

 private:
  json::object const& fields_;
};

Result<json::object> variables_from(std::string const& path) {
  if (path.empty()) return json::object();
  TRY(auto const text, read_file(path));
  auto document = parse_json(text, JsonLimits{.bytes_max = 64 * 1024 * 1024});
  if (!document) {
    auto error = document.error();
    error.message = path + ": " + error.message;
    return error;
  }
  if (auto* object = document->if_object()) return std::move(*object);
  Error error;
  error.code = "invalid_input";
  error.message = path + " holds no object";
  error.hint = "write {\"inputs\": {…}, \"tasks\": {…}}";
  return error;
}

Result<json::value> evaluate(Arguments const& arguments, json::object const& variables) {
  TRY(auto const expression, cel::Expression::compile(arguments.expression));
  ObjectActivation const activation(variables);
  TRY(auto const value, expression.evaluate(activation));
  return cel::to_json(value);
}

std::string counted(std::size_t count, std::string const& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

}  // namespace

int validate_command(Arguments const& arguments) {
  Console out(stdout);
  json::array report;
  bool is_fine = true;
  for (auto const& file : arguments.files) {
    auto const loaded = load_definition(file);
    if (!loaded) return fail(loaded.error());
    is_fine = is_fine && loaded->workflow != nullptr;
    json::array problems;
    for (auto const& problem : loaded->problems) {
      if (!arguments.json) out.line(strip_control(to_line(problem, file)));
      problems.push_back(to_json(problem));
    }
    json::object entry;
    entry["file"] = file;
    entry["problems"] = std::move(problems);
    report.push_back(std::move(entry));
    if (!arguments.json && loaded->workflow != nullptr) {
      auto line = file + ": fine, " + counted(loaded->workflow->tasks.size(), "task");
      if (!loaded->problems.empty()) line += ", " + counted(loaded->problems.size(), "warning");
      out.line(line);
    }
  }
  if (arguments.json) out.line(to_text(report));
  return is_fine ? 0 : usage_status;
}

int graph_command(Arguments const& arguments) {
  auto const& file = arguments.files.front();
  auto const loaded = load_definition(file);
  if (!loaded) return fail(loaded.error());
  Console complaints(stderr);
  for (auto const& problem : loaded->problems)
    complaints.line(strip_control(to_line(problem, file)));
  if (loaded->workflow == nullptr) return usage_status;
  Console out(stdout);
  if (arguments.json || arguments.format == "json") {
    out.line(to_text(to_graph_json(*loaded->workflow)));
  } else {
    out.write(
        arguments.format == "dot" ? to_dot(*loaded->workflow) : to_mermaid(*loaded->workflow)
    );
  }
  return 0;
}

int eval_command(Arguments const& arguments) {
  auto const variables = variables_from(arguments.with_file);
  if (!variables) return fail(variables.error());
  auto const value = evaluate(arguments, *variables);
  if (!value) {
    Console(stderr).line(error_line(value.error()));
    return value.error().code == "bad_expression" ? usage_status : 1;
  }
  Console(stdout).line(to_text(*value));
  return 0;
}

int version_command(Arguments const& arguments) {
  json::object version;
  version["version"] = ROPEWALK_VERSION;
  Console(stdout).line(arguments.json ? to_text(version) : "ropewalk " ROPEWALK_VERSION);
  return 0;
}

}  // namespace ropewalk::cli

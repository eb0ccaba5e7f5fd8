#include "providers/process/process_types.hpp"

#include "engine/model/cel/template.hpp"
#include "engine/model/make_field.hpp"
#include "providers/process/code_arguments.hpp"
#include "providers/process/languages.hpp"
#include "providers/process/process_fields.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <utility>

namespace ropewalk {
namespace {

namespace json = boost::json;

/// What stands in it becomes code that runs.
FieldSpec code_field(std::string name, std::string description) {
  auto spec = make_field(std::move(name), FieldKind::any, std::move(description));
  spec.code = true;
  return spec;
}

FieldSpec working_directory() {
  return make_field(
      "workingDirectory",
      FieldKind::string,
      "Where it runs; a relative path is taken from the folder of the workflow file. Default: a "
      "fresh folder, removed afterwards."
  );
}

/// What commands and scripts have in common.
void add_common_fields(TaskType& type) {
  type.fields.push_back(working_directory());
  auto input = make_field(
      "stdin", FieldKind::any, "What it reads from standard input: a text, or any value as JSON."
  );
  input.secrets = true;
  type.fields.push_back(std::move(input));
  type.fields.push_back(make_field(
      "artifacts",
      FieldKind::list,
      "Patterns of files (report.html, dist/**) that are kept until the execution is removed."
  ));
  type.fields.push_back(make_field(
      "limits",
      FieldKind::object,
      "{cpu, memory, processes, fileSize, openFiles, wall, cores}: what an attempt may use before "
      "it is ended."
  ));
  type.fields.push_back(make_field(
      "sandbox",
      FieldKind::any,
      "bwrap, or {type: bwrap, network, writable, readable}: a read-only root, a /tmp of its own, "
      "no network unless it is asked for."
  ));
}

bool has(json::object const& task, std::string_view name) {
  auto const* value = task.if_contains(name);
  return value != nullptr && !value->is_null();
}

/// Elements of an argument list are texts, numbers or booleans.
void check_arguments(
    json::object const& task, std::string const& name, ReportProblem const& report
) {
  auto const* list = task.if_contains(name);
  if (list == nullptr || !list->is_array()) return;
  std::size_t index = 0;
  for (auto const& value : list->get_array()) {
    if (value.is_object() || value.is_array() || value.is_null())
      report(
          name + "[" + std::to_string(index) + "]",
          "wrong_type",
          "an argument is a text or a number, not " + std::string(
                                                          value.is_null()    ? "null"
                                                          : value.is_array() ? "a list"
                                                                             : "an object"
                                                      ),
          "put it in quotes"
      );
    ++index;
  }
}

bool has_expression(json::value const& value) {
  auto const* text = value.if_string();
  if (text == nullptr || !cel::has_template_syntax(*text)) return false;
  auto const compiled = cel::Template::compile(*text);
  return !compiled || !compiled->is_constant();  // a constant has only the escaped sign, $${{
}

/// Data must not become code: not in a `source`, and not in `sh -c` either.
void check_code_arguments(
    json::object const& task, std::string const& name, ReportProblem const& report
) {
  auto const* list = task.if_contains(name);
  if (list == nullptr || !list->is_array()) return;
  auto const& argv = list->get_array();
  for (auto const index : code_arguments(argv))
    if (has_expression(argv[index]))
      report(
          name + "[" + std::to_string(index) + "]",
          "interpolation_in_code",
          "`${{ }}` inside code would let data become code: a shell or an interpreter reads this "
          "argument",
          "pass it by env: and read the variable (\"$NAME\" in a shell), or as an argument behind "
          "the code; write $${{ for the sign itself"
      );
}

void check_common(json::object const& task, ReportProblem const& report) {
  fields::Reading const reading{report, false};
  static_cast<void>(read_process_fields(task, reading));
}

void check_command(json::object const& task, ReportProblem const& report) {
  check_common(task, report);
  auto const* command = task.if_contains("command");
  if (command == nullptr || !command->is_array()) return;  // the kinds of fields say that
  auto const& argv = command->get_array();
  auto const is_empty_text = [](json::value const& v) {
    return v.is_string() && v.get_string().empty();
  };
  if (argv.empty() || is_empty_text(argv.front()))
    report(
        "command",
        "empty_command",
        "`command` names no program",
        "give the program and its arguments: command: [echo, hello]"
    );
  check_arguments(task, "command", report);
  check_code_arguments(task, "command", report);
}

std::string known_languages() {
  std::string out;
  for (auto const& language : all_languages())
    out += (out.empty() ? "" : ", ") + std::string(language.name);
  return out;
}

void check_language(json::object const& task, ReportProblem const& report) {
  auto const* interpreter = task.if_contains("interpreter");
  if (interpreter != nullptr && interpreter->is_array() && interpreter->get_array().empty())
    report(
        "interpreter",
        "empty_command",
        "`interpreter` names no program",
        "give the program and its arguments: interpreter: [awk, -f]"
    );
  auto const* language = task.if_contains("language");
  if (language == nullptr) {
    if (!has(task, "interpreter"))
      report(
          "",
          "missing_field",
          "a script needs `language` or `interpreter`",
          "add language: python (known: " + known_languages() + "), or interpreter: [program]"
      );
    return;
  }
  if (!language->is_string() || has(task, "interpreter")) return;
  std::string const name(language->get_string());
  if (name.find("${{") == std::string::npos && find_language(name) == nullptr)
    report(
        "language",
        "unknown_language",
        "`" + name + "` is not a language that is known by name",
        "use one of " + known_languages() + ", or name its program in `interpreter`"
    );
}

void check_script(json::object const& task, ReportProblem const& report) {
  check_common(task, report);
  bool const has_source = has(task, "source");
  if (has_source == has(task, "file"))
    report(
        has_source ? "file" : "",
        has_source ? "conflicting_fields" : "missing_field",
        has_source ? "`source` and `file` exclude each other"
                   : "a script needs its text: `source` or `file`",
        has_source ? "leave one of them away" : "add source: | and the script below it"
    );
  check_language(task, report);
  check_arguments(task, "interpreter", report);
  check_code_arguments(task, "interpreter", report);
  check_arguments(task, "args", report);
}

}  // namespace

void register_process_types(TaskTypes& types) {
  TaskType command;
  command.name = "command";
  command.description = "Runs a program. No shell reads its arguments.";
  auto argv = make_field(
      "command",
      FieldKind::list,
      "The program and its arguments. A program with a '/' is taken from the folder of the "
      "workflow "
      "file, any other is looked up in PATH."
  );
  argv.required = true;
  argv.secrets = true;
  command.fields = {std::move(argv)};
  add_common_fields(command);
  command.check = check_command;
  types.add(std::move(command));

  TaskType script;
  script.name = "script";
  script.description = "Runs a script in an interpreter that is installed on the server.";
  auto source = make_field(
      "source", FieldKind::string, "The text of the script. Values come by `env` or the context."
  );
  source.code = true;
  auto args = make_field("args", FieldKind::list, "Arguments of the script.");
  args.secrets = true;
  script.fields = {
      make_field("language", FieldKind::string, "One of " + known_languages() + "."),
      std::move(source),
      make_field(
          "file",
          FieldKind::string,
          "A script file instead of `source`; relative to the folder of the workflow file."
      ),
      make_field(
          "interpreter",
          FieldKind::list,
          "For any other language: the program and its arguments before the script's path."
      ),
      std::move(args),
      code_field(
          "requirements",
          "Of Python: what pip installs for it, as a list or as the path of a requirements file."
      ),
      make_field(
          "warm",
          FieldKind::boolean,
          "Of Python and Node: run it in an interpreter that has started already, where one waits."
      ),
      code_field("packages", "Of Node: what npm installs for it, as a list.")};
  add_common_fields(script);
  script.check = check_script;
  types.add(std::move(script));
}

}  // namespace ropewalk

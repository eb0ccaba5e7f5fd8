#include "providers/process/command_plan.hpp"

#include "engine/base/json.hpp"
#include "providers/process/sandbox.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace ropewalk {
namespace {

Error permanent(std::string code, std::string message, std::string hint) {
  return {ErrorClass::permanent, std::move(code), std::move(message), std::move(hint), nullptr};
}

std::string_view text_field(json::object const& config, std::string_view name) {
  auto const* value = config.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view{};
}

/// Adds the elements of a list field: texts as they are, numbers and what expressions gave as JSON.
Result<> add_arguments(
    json::object const& config, std::string_view name, std::vector<std::string>& argv
) {
  auto const* list = config.if_contains(name);
  if (list == nullptr || list->is_null()) return {};
  std::string const field(name);
  if (!list->is_array())
    return permanent("invalid_command", "`" + field + "` is not a list", "write it as [a, b, c]");
  for (auto const& value : list->get_array()) {
    auto const place = field + "[" + std::to_string(&value - list->get_array().data()) + "]";
    if (value.is_null())
      return permanent(
          "invalid_command", place + " is null", "an expression in it gave nothing: check its path"
      );
    std::string text = value.is_string() ? std::string(value.get_string()) : to_text(value);
    if (text.find('\0') != std::string::npos)
      return permanent(
          "invalid_command", place + " holds a NUL character", "no program can take one"
      );
    argv.push_back(std::move(text));
  }
  return {};
}

std::string resolve(std::string_view path, std::string_view directory) {
  if (path.starts_with('/') || directory.empty()) return std::string(path);
  return std::string(directory) + "/" + std::string(path);
}

/// "import" and "export" statements make a source a module.
bool is_module(std::string_view source) {
  for (std::size_t begin = 0; begin < source.size();) {
    auto const line = source.substr(begin);
    if (line.starts_with("import ") || line.starts_with("import{") || line.starts_with("export "))
      return true;
    auto const end = source.find('\n', begin);
    if (end == source.npos) return false;
    begin = end + 1;
  }
  return false;
}

Environment make_environment(Environment const& inherited, WorkDirectory const& work) {
  Environment out = inherited;
  out["HOME"] = work.path();
  out["TMPDIR"] = work.path();
  out["PYTHONUNBUFFERED"] = "1";
  out["PYTHONDONTWRITEBYTECODE"] = "1";
  return out;
}

void add_own_variables(
    AttemptRequest const& request, WorkDirectory const& work, Environment& environment
) {
  environment["ROPEWALK_CONTEXT"] = work.file(context_file_name);
  environment["ROPEWALK_OUTPUT"] = work.file(output_file_name);
  environment["ROPEWALK_EXECUTION_ID"] = request.execution.to_string();
  environment["ROPEWALK_TASK_ID"] = request.task;
  environment["ROPEWALK_ATTEMPT"] = std::to_string(request.attempt);
  environment["ROPEWALK_IDEMPOTENCY_KEY"] = request.idempotency_key;
  if (!request.directory.empty()) environment["ROPEWALK_WORKFLOW_DIR"] = request.directory;
}

/// Writes `source`, or finds `file`: the path that the interpreter gets.
Result<std::string> place_script(
    AttemptRequest const& request, Language const* language, WorkDirectory& work
) {
  auto const file = text_field(request.config, "file");
  if (!file.empty()) {
    if (!file.starts_with('/') && request.directory.empty())
      return permanent(
          "script_not_found",
          "`file: " + std::string(file) + "` has no folder to start from",
          "this workflow came without its folder: give an absolute path, or the text as `source`"
      );
    std::string path = resolve(file, request.directory);
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode) ||
        ::access(path.c_str(), R_OK) != 0)
      return permanent(
          "script_not_found",
          "there is no readable file " + path,
          "`file` is taken from the folder of the workflow file"
      );
    return path;
  }
  auto const source = text_field(request.config, "source");
  std::string name = "script";
  if (language != nullptr) {
    bool const as_module = !language->module_extension.empty() && is_module(source);
    name += as_module ? language->module_extension : language->extension;
  }
  auto const written = work.write(name, source);
  if (!written) return written.error();
  return work.file(name);
}

/// The first of the language's programs that there is; else the error about the first.
Result<std::string> find_interpreter(Language const& language, std::string_view path) {
  auto first = find_program(language.programs[0], path, {});
  for (std::size_t i = 1; i < language.programs.size() && !first; ++i) {
    if (language.programs[i].empty()) break;
    auto other = find_program(language.programs[i], path, {});
    if (other) return other;
  }
  return first;
}

Result<> plan_script(AttemptRequest const& request, WorkDirectory& work, CommandPlan& plan) {
  auto const path = plan.environment.find("PATH")->second;
  std::vector<std::string> interpreter;
  auto const added = add_arguments(request.config, "interpreter", interpreter);
  if (!added) return added.error();
  auto const name = text_field(request.config, "language");
  Language const* language = find_language(name);
  if (!interpreter.empty()) {
    TRY(plan.program, find_program(interpreter.front(), path, request.directory));
    plan.argv = interpreter;
    plan.shown = interpreter.front();
    plan.error_style = error_style_of(interpreter.front());
  } else if (language != nullptr) {
    TRY(plan.program, find_interpreter(*language, path));
    plan.shown = plan.program.substr(plan.program.rfind('/') + 1);
    plan.argv.push_back(plan.shown);
    for (auto const argument : language->arguments)
      if (!argument.empty()) plan.argv.emplace_back(argument);
    plan.error_style = language->error_style;
  } else {
    return permanent(
        "unknown_language",
        "`language: " + std::string(name) + "` is not known",
        "name its program in `interpreter`, such as interpreter: [awk, -f]"
    );
  }
  TRY(plan.script, place_script(request, language, work));
  plan.argv.push_back(plan.script);
  return add_arguments(request.config, "args", plan.argv);
}

Result<> plan_command(AttemptRequest const& request, CommandPlan& plan) {
  auto const added = add_arguments(request.config, "command", plan.argv);
  if (!added) return added.error();
  if (plan.argv.empty() || plan.argv.front().empty())
    return permanent(
        "invalid_command", "`command` names no program", "write command: [program, …]"
    );
  plan.shown = plan.argv.front();
  plan.error_style = error_style_of(plan.shown);
  std::string_view const base = request.directory.empty() ? plan.directory : request.directory;
  TRY(plan.program, find_program(plan.shown, plan.environment.find("PATH")->second, base));
  return {};
}

/// A venv is chosen by the path of its program; Node looks for libraries beside the script, and in
/// NODE_PATH for what is required from elsewhere.
void use_packages_of(PackagePlace const& packages, WorkDirectory const& work, CommandPlan& plan) {
  auto& path = plan.environment["PATH"];
  if (packages.is_python) {
    plan.program = packages.folder + "/bin/python";
    plan.argv.front() = plan.program;
    plan.environment["VIRTUAL_ENV"] = packages.folder;
    path = packages.folder + "/bin:" + path;
    return;
  }
  auto const modules = packages.folder + "/node_modules";
  static_cast<void>(::symlink(modules.c_str(), work.file("node_modules").c_str()));
  plan.environment["NODE_PATH"] = modules;
  path = modules + "/.bin:" + path;
}

/// The ids of the tasks that this one depends on, as its context names them.
std::vector<std::string> upstream_of(std::string_view context) {
  std::vector<std::string> out;
  JsonLimits limits;
  limits.bytes_max = context.size() + 1;
  auto const parsed = parse_json(context, limits);
  if (!parsed || !parsed->is_object()) return out;
  auto const* tasks = parsed->get_object().if_contains("dependencies");
  if (tasks == nullptr || !tasks->is_object()) return out;
  for (auto const& task : tasks->get_object()) out.emplace_back(task.key());
  return out;
}

/// What tasks upstream kept lies in a folder of this attempt, under their names.
void add_artifacts(
    AttemptRequest const& request,
    std::string_view context,
    ProcessOptions const& options,
    WorkDirectory const& work,
    Environment& environment
) {
  auto const execution = request.execution.to_string();
  auto const kept = options.artifact_root + "/" + execution;
  if (options.artifact_root.empty() || ::access(kept.c_str(), F_OK) != 0) return;
  auto const at = work.file(".artifacts");
  if (link_artifacts(options.artifact_root, execution, upstream_of(context), at))
    environment["ROPEWALK_ARTIFACTS"] = at;
}

/// Limits, input and walls.
Result<> confine(
    AttemptRequest const& request,
    ProcessOptions const& options,
    ProcessFields const& fields,
    PackagePlace const& packages,
    WorkDirectory& work,
    CommandPlan& plan
) {
  plan.limits = tighter_of(fields.limits, options.limits_max);
  plan.stdin_text = fields.stdin_text;
  auto const possible = check_isolation(options.isolation, plan.limits, fields.sandbox.has_value());
  if (!possible) return possible.error();
  bool const needs_group = plan.limits.cpu_us != 0 || plan.limits.memory_bytes != 0 ||
                           plan.limits.processes != 0 || plan.limits.cores_thousandth != 0;
  if (needs_group) plan.group_base = options.isolation.groups.place;
  if (!fields.sandbox) return {};
  SandboxPlaces places;
  places.work = work.path();
  places.data = options.data_root;
  places.workflow = request.directory;
  if (!options.artifact_root.empty())
    places.readable.push_back(options.artifact_root + "/" + request.execution.to_string());
  if (!packages.folder.empty()) places.readable.push_back(packages.folder);
  TRY(places.temporary, work.make_folder(".tmp"));
  return put_in_sandbox(plan, *fields.sandbox, options.isolation.bwrap, plan.limits, places);
}

}  // namespace

Result<std::string> find_script_interpreter(
    AttemptRequest const& request, Environment const& inherited
) {
  Environment environment = inherited;
  auto const added = add_task_environment(environment, request.config);
  if (!added) return added.error();
  environment.try_emplace("PATH", path_default);
  auto const* language = find_language(text_field(request.config, "language"));
  if (language == nullptr)
    return permanent("unknown_language", "the script's language is not known", "set `language`");
  return find_interpreter(*language, environment.find("PATH")->second);
}

Result<CommandPlan> make_command_plan(
    AttemptRequest const& request,
    std::string_view context,
    Environment const& inherited,
    ProcessOptions const& options,
    ProcessFields const& fields,
    PackagePlace const& packages,
    WorkDirectory& work
) {
  CommandPlan plan;
  plan.environment = make_environment(inherited, work);
  auto const added = add_task_environment(plan.environment, request.config);
  if (!added) return added.error();
  plan.environment.try_emplace("PATH", path_default);
  add_own_variables(request, work, plan.environment);
  add_artifacts(request, context, options, work, plan.environment);
  auto const directory = text_field(request.config, "workingDirectory");
  plan.directory = directory.empty() ? work.path() : resolve(directory, request.directory);
  plan.runs_in = plan.directory;
  auto const written = work.write(context_file_name, context);
  if (!written) return written.error();
  auto const planned =
      request.type == "script" ? plan_script(request, work, plan) : plan_command(request, plan);
  if (!planned) return planned.error();
  if (!packages.folder.empty()) use_packages_of(packages, work, plan);
  auto const confined = confine(request, options, fields, packages, work, plan);
  if (!confined) return confined.error();
  return plan;
}

}  // namespace ropewalk

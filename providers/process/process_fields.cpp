#include "providers/process/process_fields.hpp"

#include "engine/base/json.hpp"
#include "providers/process/languages.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace ropewalk {
namespace {

using fields::Fields;

constexpr std::int64_t processes_most = 4'000'000;
constexpr std::int64_t open_files_least = 16;  // what an interpreter and the sandbox open to start
constexpr std::int64_t open_files_most = 1'000'000;
constexpr std::uint64_t memory_least = 1024 * 1024;
constexpr double cores_least = 0.01;
constexpr double cores_most = 10'000;
constexpr std::size_t paths_max = 100;

/// An expression that gave nothing must not lift a limit or a wall.
void refuse_null(Fields const& fields, json::object const& object, std::string_view name) {
  auto const* value = object.if_contains(name);
  if (value != nullptr && value->is_null())
    fields.add(
        name, "wrong_type", "this is null", "give it a value, or leave the whole field away"
    );
}

std::uint64_t read_time(Fields const& fields, std::string_view name) {
  auto const value = fields.duration(name);
  if (!value) return 0;
  if (value->count() <= 0)
    fields.add(name, "out_of_range", "this limit leaves no time", "write 30s, 5m, …");
  return static_cast<std::uint64_t>(std::max<std::int64_t>(value->count(), 0));
}

std::uint64_t read_bytes(Fields const& fields, std::string_view name, std::uint64_t least) {
  auto const value = fields.size(name);
  if (value && *value < least)
    fields.add(
        name,
        "out_of_range",
        "it is at least " + std::to_string(least) + " bytes",
        "write 64MiB, 1GiB, …"
    );
  return value.value_or(0);
}

std::uint64_t read_count(
    Fields const& fields, std::string_view name, std::int64_t least, std::int64_t most
) {
  return static_cast<std::uint64_t>(fields.integer(name, least, most).value_or(0));
}

ResourceLimits read_limits(json::object const& task, fields::Reading const& reading) {
  static constexpr std::array<std::string_view, 7> known{
      "cpu", "cores", "memory", "processes", "fileSize", "openFiles", "wall"};
  ResourceLimits out;
  Fields const outer(task, "", reading);
  refuse_null(outer, task, "limits");
  auto const* object = outer.object("limits");
  if (object == nullptr) return out;
  Fields const limits(*object, "limits", reading);
  limits.allow_only(known);
  for (auto const name : known) refuse_null(limits, *object, name);
  out.cpu_us = read_time(limits, "cpu");
  auto const cores = limits.number("cores", cores_least, cores_most);
  if (cores) out.cores_thousandth = static_cast<std::uint64_t>(std::llround(*cores * 1000));
  out.memory_bytes = read_bytes(limits, "memory", memory_least);
  out.processes = read_count(limits, "processes", 1, processes_most);
  out.file_bytes = read_bytes(limits, "fileSize", 1);
  out.open_files = read_count(limits, "openFiles", open_files_least, open_files_most);
  out.wall_us = read_time(limits, "wall");
  return out;
}

std::vector<std::string> read_paths(
    Fields const& fields, std::string_view name, fields::Reading const& reading
) {
  std::vector<std::string> out;
  auto const* list = fields.array(name);
  if (list == nullptr) return out;
  if (list->size() > paths_max)
    fields.add(
        name, "out_of_range", "it names more than 100 paths", "name the folders that hold them"
    );
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto const& value = (*list)[i];
    if (!reading.is_rendered && fields::has_expression(value)) continue;
    auto const* text = value.if_string();
    if (text != nullptr && !text->empty() && text->find('\0') == json::string::npos) {
      out.emplace_back(*text);
      continue;
    }
    std::string place(name);
    place += "[" + std::to_string(i) + "]";
    fields.add(place, "wrong_type", "this is not a path", "give paths of files or folders");
  }
  return out;
}

/// Whether a task is walled in must be seen in the file: data does not decide it.
bool is_literal(Fields const& fields, json::object const& object, std::string_view name) {
  auto const* value = object.if_contains(name);
  if (value == nullptr || !fields::has_expression(*value)) return true;
  fields.add(
      name,
      "not_literal",
      "data does not decide what a sandbox allows",
      "write it out; use `when` and two tasks where it depends"
  );
  return false;
}

void check_type(Fields const& fields, std::string_view name, std::string_view type) {
  if (type != "bwrap")
    fields.add(
        name,
        "unknown_word",
        "\"" + std::string(type) + "\" is no sandbox",
        "write sandbox: bwrap, or leave it away"
    );
}

std::optional<SandboxSpec> read_sandbox(json::object const& task, fields::Reading const& reading) {
  static constexpr std::array<std::string_view, 4> known{"type", "network", "writable", "readable"};
  Fields const outer(task, "", reading);
  auto const* value = task.if_contains("sandbox");
  if (value == nullptr) return std::nullopt;
  refuse_null(outer, task, "sandbox");
  SandboxSpec out;
  if (!is_literal(outer, task, "sandbox")) return out;
  if (value->is_string()) {
    check_type(outer, "sandbox", std::string_view(value->get_string()));
    return out;
  }
  if (!value->is_object()) {
    outer.add("sandbox", "wrong_kind", "`sandbox` is neither a word nor a map", "write bwrap");
    return out;
  }
  auto const& object = value->get_object();
  Fields const fields(object, "sandbox", reading);
  fields.allow_only(known);
  for (auto const name : known) refuse_null(fields, object, name);
  if (!fields.has("type"))
    fields.add("type", "missing_field", "`sandbox` has no type", "add type: bwrap");
  if (is_literal(fields, object, "type"))
    if (auto const type = fields.text("type")) check_type(fields, "type", *type);
  if (is_literal(fields, object, "network"))
    out.network = fields.boolean("network").value_or(false);
  out.writable = read_paths(fields, "writable", reading);
  out.readable = read_paths(fields, "readable", reading);
  return out;
}

/// A text as it is, anything else as JSON; null and no field are no input.
std::optional<std::string> read_stdin(json::object const& task) {
  auto const* value = task.if_contains("stdin");
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (auto const* text = value->if_string()) return std::string(*text);
  return to_text(*value);
}

bool leads_out(std::string_view pattern) {
  if (pattern.starts_with('/')) return true;
  for (auto rest = pattern; !rest.empty();) {
    auto const slash = rest.find('/');
    if (rest.substr(0, slash) == "..") return true;
    rest = slash == rest.npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return false;
}

std::vector<std::string> read_artifacts(json::object const& task, fields::Reading const& reading) {
  Fields const outer(task, "", reading);
  auto out = read_paths(outer, "artifacts", reading);
  for (auto const& pattern : out)
    if (leads_out(pattern))
      outer.add(
          "artifacts",
          "out_of_range",
          "\"" + pattern + "\" leads out of the folder that the task runs in",
          "write patterns like report.html or dist/**"
      );
  return out;
}

constexpr std::size_t package_bytes_max = 1000;

/// What pip or npm is to install. Data never stands here: a package's code runs.
std::vector<std::string> read_wanted(
    Fields const& fields, std::string_view name, json::array const& list
) {
  std::vector<std::string> out;
  if (list.size() > paths_max)
    fields.add(name, "out_of_range", "it names more than 100 packages", "put them into a file");
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto const* text = list[i].if_string();
    bool const is_good = text != nullptr && !text->empty() && text->size() <= package_bytes_max &&
                         text->find_first_of(std::string_view("\n\r\0", 3)) == json::string::npos &&
                         !text->starts_with('-');
    if (is_good) {
      out.emplace_back(*text);
      continue;
    }
    std::string place(name);
    place += "[" + std::to_string(i) + "]";
    fields.add(place, "wrong_type", "this names no package", "write names like requests==2.31");
  }
  return out;
}

bool has_language(json::object const& task, std::string_view name) {
  auto const* text = task.if_contains("language");
  auto const* language = text != nullptr && text->is_string()
                             ? find_language(std::string_view(text->get_string()))
                             : nullptr;
  auto const* interpreter = task.if_contains("interpreter");
  bool const has_own = interpreter != nullptr && !interpreter->is_null();
  return language != nullptr && language->name == name && !has_own;
}

PackageFields read_packages(json::object const& task, fields::Reading const& reading) {
  PackageFields out;
  Fields const outer(task, "", reading);
  for (std::string_view const name : {"requirements", "packages"}) {
    auto const* value = task.if_contains(name);
    if (value == nullptr || value->is_null()) continue;
    bool const is_python = name == "requirements";
    if (!has_language(task, is_python ? "python" : "node"))
      outer.add(
          name,
          "conflicting_fields",
          "`requirements` go with language: python, `packages` with language: node",
          "set `language`, and leave `interpreter` away"
      );
    out.is_python = is_python;
    if (auto const* list = value->if_array())
      out.wanted = read_wanted(outer, name, *list);
    else if (auto const* file = value->if_string(); file != nullptr && is_python && !file->empty())
      out.file = *file;
    else
      outer.add(
          name,
          "wrong_type",
          "this is no list of packages",
          is_python ? "write [requests==2.31, …], or the path of a requirements file"
                    : "write [lodash@4, …]"
      );
  }
  return out;
}

bool read_warm(json::object const& task, fields::Reading const& reading) {
  Fields const outer(task, "", reading);
  auto const warm = outer.boolean("warm").value_or(false);
  if (warm && !has_language(task, "python") && !has_language(task, "node"))
    outer.add(
        "warm",
        "conflicting_fields",
        "only Python and Node can wait for a script",
        "set language: python or language: node, and leave `interpreter` away"
    );
  return warm;
}

std::uint64_t tighter(std::uint64_t a, std::uint64_t b) {
  return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

}  // namespace

ProcessFields read_process_fields(json::object const& task, fields::Reading const& reading) {
  ProcessFields out;
  out.limits = read_limits(task, reading);
  out.sandbox = read_sandbox(task, reading);
  out.stdin_text = read_stdin(task);
  out.artifacts = read_artifacts(task, reading);
  out.packages = read_packages(task, reading);
  out.warm = read_warm(task, reading);
  return out;
}

Result<ProcessFields> read_process_fields(json::object const& config) {
  fields::FieldProblems problems;
  auto const reading = problems.reading();
  auto out = read_process_fields(config, reading);
  auto const read = problems.result();
  if (!read) return read.error();
  return out;
}

ResourceLimits tighter_of(ResourceLimits const& a, ResourceLimits const& b) {
  ResourceLimits out;
  out.cpu_us = tighter(a.cpu_us, b.cpu_us);
  out.cores_thousandth = tighter(a.cores_thousandth, b.cores_thousandth);
  out.memory_bytes = tighter(a.memory_bytes, b.memory_bytes);
  out.processes = tighter(a.processes, b.processes);
  out.file_bytes = tighter(a.file_bytes, b.file_bytes);
  out.open_files = tighter(a.open_files, b.open_files);
  out.wall_us = tighter(a.wall_us, b.wall_us);
  return out;
}

}  // namespace ropewalk

#include "providers/process/environment.hpp"

#include "engine/base/json.hpp"
#include "providers/process/languages.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace ropewalk {
namespace {

Error invalid_env(std::string message) {
  return {
      ErrorClass::permanent,
      "invalid_env",
      std::move(message),
      "`env` maps names (no '=', not empty) to texts without NUL characters",
      nullptr};
}

enum class Executable : unsigned char { yes, no, missing };

Executable check_executable(std::string const& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return Executable::missing;
  if (!S_ISREG(info.st_mode) || ::access(path.c_str(), X_OK) != 0) return Executable::no;
  return Executable::yes;
}

Error not_executable(std::string_view program, std::string const& path) {
  return {
      ErrorClass::permanent,
      "not_executable",
      std::string(program) + " is there, but it is not an executable file",
      "chmod +x " + path + " (and give a script a first line such as #!/bin/sh)",
      nullptr};
}

Error program_not_found(std::string_view program, std::string_view path) {
  Error error;
  error.code = "program_not_found";
  if (program.find('/') != std::string_view::npos) {
    error.message = "there is no file " + std::string(program);
    error.hint = "a relative path is taken from the folder of the workflow file";
    return error;
  }
  error.message = std::string(program) + " is not installed (looked in " + std::string(path) + ")";
  auto const install = install_hint_of(program);
  error.hint = install.empty() ? "install it, or give its path" : std::string(install);
  return error;
}

}  // namespace

Environment inherited_environment(std::vector<std::string> const& pass_env) {
  Environment out;
  out["PATH"] = std::string(path_default);
  out["LANG"] = "C.UTF-8";
  auto const pass = [&](char const* name) {
    if (char const* value = std::getenv(name); value != nullptr) out[name] = value;
  };
  pass("PATH");
  pass("TZ");
  for (auto const& name : pass_env) pass(name.c_str());
  return out;
}

Result<> add_task_environment(Environment& environment, json::object const& config) {
  auto const* env = config.if_contains("env");
  if (env == nullptr || env->is_null()) return {};
  if (!env->is_object()) return invalid_env("`env` is not an object");
  for (auto const& [key, value] : env->get_object()) {
    std::string name(key);
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos)
      return invalid_env("`" + name + "` cannot be the name of an environment variable");
    std::string text = value.is_string() ? std::string(value.get_string()) : to_text(value);
    if (value.is_null()) text.clear();
    if (text.find('\0') != std::string::npos)
      return invalid_env("env." + name + " holds a NUL character");
    environment[name] = std::move(text);
  }
  return {};
}

std::vector<std::string> to_env_strings(Environment const& environment) {
  std::vector<std::string> out;
  out.reserve(environment.size() + 1);
  for (auto const& [name, value] : environment)
    out.emplace_back(name).append("=").append(value);
  return out;
}

Result<std::string> find_program(
    std::string_view program, std::string_view path, std::string_view directory
) {
  if (program.find('/') != std::string_view::npos) {
    std::string full(program);
    if (program.front() != '/' && !directory.empty())
      full = std::string(directory) + "/" + std::string(program);
    switch (check_executable(full)) {
      case Executable::yes:
        return full;
      case Executable::no:
        return not_executable(program, full);
      case Executable::missing:
        return program_not_found(full, path);
    }
  }
  std::string unusable;
  for (auto rest = path; !program.empty();) {
    auto const end = rest.find(':');
    std::string full(rest.substr(0, end));
    full += full.empty() ? "./" : "/";
    full += program;
    auto const found = check_executable(full);
    if (found == Executable::yes && full.front() == '/') return full;
    if (found == Executable::no && unusable.empty()) unusable = full;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (!unusable.empty()) return not_executable(program, unusable);
  return program_not_found(program, path);
}

}  // namespace ropewalk

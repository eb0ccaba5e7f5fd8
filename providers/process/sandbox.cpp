#include "providers/process/sandbox.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

namespace ropewalk {
namespace {

using Strings = std::vector<std::string>;

// Homes with their keys, sockets of services and what other users leave lying about.
constexpr std::array<std::string_view, 5> hidden_places{"/home", "/root", "/run", "/media", "/mnt"};
constexpr std::array<std::string_view, 2> temporary_places{"/tmp", "/var/tmp"};
constexpr std::uint64_t shared_memory_bytes =
    64 * 1024 * 1024;  // /dev/shm, unless memory is limited
constexpr std::uint64_t empty_place_bytes = 1024 * 1024;

/// Without links; empty when there is nothing.
std::string real_path(std::string const& path) {
  std::unique_ptr<char, void (*)(void*)> const found(::realpath(path.c_str(), nullptr), &::free);
  return found ? std::string(found.get()) : std::string();
}

bool is_within(std::string_view path, std::string_view folder) {
  if (folder == "/") return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_within_any(std::string_view path, Strings const& folders) {
  return std::ranges::any_of(folders, [&](auto const& folder) { return is_within(path, folder); });
}

/// Those of the places that there are here, by their real names.
template <class Places>
Strings existing(Places const& places) {
  Strings out;
  for (auto const place : places) {
    auto const real = real_path(std::string(place));
    if (!real.empty() && real != "/" && std::ranges::find(out, real) == out.end())
      out.push_back(real);
  }
  return out;
}

void add(Strings& arguments, std::initializer_list<std::string_view> more) {
  for (auto const each : more) arguments.emplace_back(each);
}

void add_empty(Strings& arguments, std::string_view path, std::uint64_t bytes) {
  add(arguments, {"--size", std::to_string(bytes), "--tmpfs", path});
}

Error hidden(std::string code, std::string const& what, std::string const& path) {
  return {
      ErrorClass::permanent,
      std::move(code),
      what + " " + path + " is hidden by the sandbox",
      "name its folder in `sandbox.readable`, or move it out of /home, /root, /run and /tmp",
      nullptr};
}

Error bad_path(std::string message, std::string hint) {
  return {ErrorClass::permanent, "invalid_task", std::move(message), std::move(hint), nullptr};
}

/// What a task may see beside what everybody may: real paths, in the order in which they are laid
/// over the hidden places.
struct View {
  Strings readable{};
  Strings writable{};
  Strings own{};  // the work folder and what the server made for this attempt

  bool shows(std::string const& path) const {
    return is_within_any(path, readable) || is_within_any(path, writable) ||
           is_within_any(path, own);
  }
};

/// Adds the paths that the task names. Errors: invalid_task.
Result<> add_named(
    Strings& out, Strings const& paths, SandboxPlaces const& places, std::string_view field
) {
  for (auto const& path : paths) {
    bool const is_relative = path.front() != '/';
    auto const full = is_relative ? places.workflow + "/" + path : path;
    auto const real = is_relative && places.workflow.empty() ? std::string() : real_path(full);
    std::string const name = "`sandbox." + std::string(field) + "`: " + path;
    if (real.empty())
      return bad_path(
          name + " is not there",
          "give a path that exists on the server; a relative one is taken from the folder of the "
          "workflow file"
      );
    if (is_within(real, real_path(places.data)))
      return bad_path(
          name + " lies in the server's data directory", "tasks get no part of it but their own"
      );
    out.push_back(real);
  }
  return {};
}

Result<View> make_view(
    SandboxSpec const& spec, SandboxPlaces const& places, Strings const& veiled
) {
  View out;
  auto const data = real_path(places.data);
  auto const workflow = real_path(places.workflow);
  // One that everybody sees needs nothing; laid anew, it could uncover what is hidden below it.
  if (!workflow.empty() && is_within_any(workflow, veiled) && !is_within(workflow, data))
    out.readable.push_back(workflow);
  auto const readable = add_named(out.readable, spec.readable, places, "readable");
  if (!readable) return readable.error();
  auto const writable = add_named(out.writable, spec.writable, places, "writable");
  if (!writable) return writable.error();
  for (auto const& path : places.readable)
    if (auto real = real_path(path); !real.empty()) out.own.push_back(std::move(real));
  out.own.push_back(real_path(places.work));
  return out;
}

/// What the program starts from must be there inside as well.
Result<> check_view(View const& view, CommandPlan const& plan, Strings const& veiled) {
  auto const is_hidden = [&](std::string const& path) {
    auto const real = real_path(path);
    return (is_within_any(real, veiled) || is_within_any(path, veiled)) && !view.shows(real);
  };
  if (is_hidden(plan.program)) return hidden("program_not_found", "the program", plan.program);
  if (is_hidden(plan.directory))
    return hidden("working_directory_not_found", "the working directory", plan.directory);
  if (!plan.script.empty() && is_hidden(plan.script))
    return hidden("script_not_found", "the script", plan.script);
  return {};
}

void add_mounts(Strings& arguments, View const& view, SandboxPlaces const& places, bool network) {
  for (auto const& place : existing(temporary_places))
    add(arguments, {"--bind", places.temporary, place});
  // The usual /etc/resolv.conf is a link to there.
  if (network) add(arguments, {"--ro-bind-try", "/run/systemd/resolve", "/run/systemd/resolve"});
  for (auto const& path : view.readable) add(arguments, {"--ro-bind", path, path});
  for (auto const& path : view.writable) add(arguments, {"--bind", path, path});
  auto const data = real_path(places.data);
  add_empty(arguments, data, empty_place_bytes);
  for (auto const& path : view.own)
    add(arguments, {path == view.own.back() ? "--bind" : "--ro-bind", path, path});
  for (auto const& place : existing(hidden_places))
    if (!is_within_any(place, view.readable) && !is_within_any(place, view.writable))
      add(arguments, {"--remount-ro", place});
  add(arguments, {"--remount-ro", data});
}

}  // namespace

void add_sandbox_walls(Strings& arguments, bool network) {
  add(arguments,
      {"--unshare-user",
       "--unshare-pid",
       "--unshare-ipc",
       "--unshare-uts",
       "--unshare-cgroup-try",
       "--die-with-parent",
       "--cap-drop",
       "ALL"});
  if (!network) add(arguments, {"--unshare-net"});
  add(arguments, {"--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"});
  for (auto const& place : existing(hidden_places)) add_empty(arguments, place, empty_place_bytes);
}

Result<> put_in_sandbox(
    CommandPlan& plan,
    SandboxSpec const& spec,
    Means const& bwrap,
    ResourceLimits const& limits,
    SandboxPlaces const& places
) {
  Strings veiled = existing(hidden_places);
  for (auto const& place : existing(temporary_places)) veiled.push_back(place);
  veiled.push_back(real_path(places.data));
  TRY(auto const view, make_view(spec, places, veiled));
  auto const checked = check_view(view, plan, veiled);
  if (!checked) return checked.error();
  Strings arguments{bwrap.place};
  add_sandbox_walls(arguments, spec.network);
  add_empty(
      arguments, "/dev/shm", limits.memory_bytes == 0 ? shared_memory_bytes : limits.memory_bytes
  );
  add(arguments, {"--remount-ro", "/dev"});
  add_mounts(arguments, view, places, spec.network);
  add(arguments, {"--chdir", plan.directory, "--", plan.program});
  for (std::size_t i = 1; i < plan.argv.size(); ++i) arguments.push_back(plan.argv[i]);
  plan.argv = std::move(arguments);
  plan.program = bwrap.place;
  plan.directory = "/";
  plan.is_sandboxed = true;
  return {};
}

}  // namespace ropewalk

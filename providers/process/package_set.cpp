#include "providers/process/package_set.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "providers/process/file_descriptor.hpp"
#include "providers/process/remove_tree.hpp"
#include "providers/process/sha256.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>

namespace ropewalk {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t key_digits = 32;

struct KnownFailure {
  std::string_view text;
  ErrorClass error_class;
  std::string_view hint;
};

// What pip and npm say when another try cannot help, or when something ran out.
constexpr std::array known_failures{
    KnownFailure{
        "ensurepip is not",
        ErrorClass::permanent,
        "apt-get install python3-venv, or a Python that has ensurepip"},
    KnownFailure{"No module named venv", ErrorClass::permanent, "apt-get install python3-venv"},
    KnownFailure{"No module named pip", ErrorClass::permanent, "apt-get install python3-pip"},
    KnownFailure{"npm is not installed", ErrorClass::permanent, "apt-get install npm"},
    KnownFailure{
        "No matching distribution",
        ErrorClass::permanent,
        "check names and versions of `requirements`"},
    KnownFailure{
        "Invalid requirement", ErrorClass::permanent, "check what stands in `requirements`"},
    KnownFailure{
        "ResolutionImpossible",
        ErrorClass::permanent,
        "the versions exclude each other: loosen them"},
    KnownFailure{
        "Failed building wheel",
        ErrorClass::permanent,
        "it has to be compiled: install what it needs for that, or take a version with a wheel"},
    KnownFailure{"E404", ErrorClass::permanent, "check the names in `packages`"},
    KnownFailure{"ETARGET", ErrorClass::permanent, "check the versions in `packages`"},
    KnownFailure{"ERESOLVE", ErrorClass::permanent, "the versions exclude each other: loosen them"},
    KnownFailure{"EINVALIDPACKAGENAME", ErrorClass::permanent, "check the names in `packages`"},
    KnownFailure{
        "No space left on device", ErrorClass::resource, "free space on the server's disk"},
    KnownFailure{"ENOSPC", ErrorClass::resource, "free space on the server's disk"},
};

struct KeptSet {
  fs::path folder{};
  std::int64_t used_at = 0;
  std::uint64_t bytes = 0;
};

std::uint64_t bytes_of(fs::path const& folder) {
  std::uint64_t out = 0;
  std::error_code ec;
  for (fs::recursive_directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored) && !it->is_symlink(ignored)) out += it->file_size(ignored);
  }
  return out;
}

std::vector<KeptSet> kept_sets(std::string const& root) {
  std::vector<KeptSet> out;
  std::error_code ec;
  for (fs::directory_iterator it(root, ec), end; !ec && it != end; it.increment(ec)) {
    struct stat info {};
    auto const mark = it->path() / "ready";
    if (::stat(mark.c_str(), &info) != 0) continue;
    out.push_back({it->path(), static_cast<std::int64_t>(info.st_mtime), 0});
  }
  std::ranges::sort(out, {}, &KeptSet::used_at);
  return out;
}

/// False when somebody installs it just now.
bool remove_set(fs::path const& folder) {
  auto const lock_path = folder.string() + ".lock";
  FileDescriptor const lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock.is_open() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return false;
  // The mark goes first: what is left of it never counts as whole.
  ::unlink((folder / "ready").c_str());
  while (remove_tree(folder.string(), 100'000) == Removal::unfinished) continue;
  return true;
}

bool configures_installers(std::string_view name) {
  constexpr std::array<std::string_view, 4> prefixes{"PIP_", "npm_config_", "NPM_CONFIG_", "UV_"};
  constexpr std::array<std::string_view, 12> names{
      "HOME",
      "HTTP_PROXY",
      "HTTPS_PROXY",
      "NO_PROXY",
      "http_proxy",
      "https_proxy",
      "no_proxy",
      "ALL_PROXY",
      "SSL_CERT_FILE",
      "SSL_CERT_DIR",
      "REQUESTS_CA_BUNDLE",
      "NODE_EXTRA_CA_CERTS"};
  return std::ranges::find(names, name) != names.end() ||
         std::ranges::any_of(prefixes, [&](auto prefix) { return name.starts_with(prefix); });
}

}  // namespace

std::string package_folder(
    std::string const& root, PackageSet const& set, std::string_view version
) {
  // With their lengths, so that no two lists read alike.
  std::string text;
  auto const add = [&text](std::string_view part) {
    text += std::to_string(part.size()) + ":";
    text += part;
  };
  add(version);
  add(set.interpreter);
  add(set.list);
  if (!set.list.empty()) add(set.list_folder);
  for (auto const& wanted : set.wanted) add(wanted);
  auto const hash = sha256_hex(text).substr(0, key_digits);
  return root + (set.kind == PackageKind::python ? "/python-" : "/node-") + hash;
}

bool use_packages(std::string const& folder) {
  // Sets times; there is no file, no effect.
  return ::utimensat(AT_FDCWD, (folder + "/ready").c_str(), nullptr, 0) == 0;
}

Environment installer_environment(Environment const& inherited) {
  Environment out = inherited;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    std::string_view const entry = *each;
    auto const equals = entry.find('=');
    if (equals != entry.npos && configures_installers(entry.substr(0, equals)))
      out[std::string(entry.substr(0, equals))] = entry.substr(equals + 1);
  }
  return out;
}

std::string to_text(PackageSet const& set) {
  json::object out;
  out["kind"] = set.kind == PackageKind::python ? "python" : "node";
  out["interpreter"] = set.interpreter;
  json::array wanted;
  for (auto const& each : set.wanted) wanted.emplace_back(each);
  out["wanted"] = std::move(wanted);
  out["list"] = set.list;
  out["listFolder"] = set.list_folder;
  out["folder"] = set.folder;
  return to_text(json::value(std::move(out)));
}

Error classify_install(PackageKind kind, std::vector<std::string> const& last_lines) {
  bool const is_python = kind == PackageKind::python;
  Error out;
  out.error_class = ErrorClass::transient;
  out.code = "install_failed";
  out.hint =
      is_python
          ? "what pip said is in the log; its index comes from the server's environment (PIP_…)"
          : "what npm said is in the log; its registry comes from the server's environment "
            "(npm_config_…)";
  std::string why;
  for (auto const& line : last_lines) {
    for (auto const& known : known_failures) {
      if (line.find(known.text) == std::string::npos || !why.empty()) continue;
      out.error_class = known.error_class;
      out.hint = known.hint;
      why = line;
    }
  }
  if (why.empty() && !last_lines.empty()) why = last_lines.back();
  out.message = std::string(is_python ? "pip" : "npm") +
                " could not install what the script asks for" +
                (why.empty() ? "" : ": " + shorten(why, 400));
  json::array lines;
  for (auto const& line : last_lines) lines.emplace_back(line);
  out.detail = json::object{{"stderr", std::move(lines)}};
  return out;
}

std::size_t prune_packages(
    std::string const& root, std::int64_t unused_seconds, std::uint64_t bytes_max
) {
  auto const oldest = static_cast<std::int64_t>(::time(nullptr)) - unused_seconds;
  auto sets = kept_sets(root);
  std::uint64_t total = 0;
  if (bytes_max != 0)
    for (auto& set : sets) total += set.bytes = bytes_of(set.folder);
  std::size_t count = 0;
  for (auto const& set : sets) {
    bool const is_over = bytes_max != 0 && total > bytes_max;
    if (set.used_at > oldest && !is_over) continue;
    if (!remove_set(set.folder)) continue;
    total -= set.bytes;
    ++count;
  }
  return count;
}

}  // namespace ropewalk

#include "providers/process/artifacts.hpp"

#include "engine/base/json.hpp"
#include "providers/process/artifact_glob.hpp"
#include "providers/process/remove_tree.hpp"
#include "providers/process/sha256.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace ropewalk {
namespace {

constexpr std::size_t order_bytes_max = 1024 * 1024;
constexpr std::size_t chunk_bytes = 256 * 1024;

Error failed(std::string const& what, std::string const& path) {
  int const number = errno;
  bool const is_full = number == ENOSPC || number == EDQUOT;
  Error out;
  out.error_class = is_full ? ErrorClass::resource : ErrorClass::transient;
  out.code = is_full ? "disk_full" : "artifacts_failed";
  out.message = "artifacts: cannot " + what + " " + path + ": " + std::strerror(number);
  out.hint = is_full ? "free space on the disk of the server's data directory"
                     : "the server must be able to write its data directory";
  return out;
}

Error too_large(std::string what) {
  Error out;
  out.code = "artifacts_too_large";
  out.message = "artifacts: " + std::move(what);
  out.hint =
      "name fewer files in `artifacts`, or raise the server's limits.artifactBytes and "
      "limits.artifactFiles";
  return out;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto const n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Makes the folders above `path`.
bool make_parents(std::string const& path) {
  for (auto end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1))
    if (::mkdir(path.substr(0, end).c_str(), 0755) != 0 && errno != EEXIST) return false;
  return true;
}

class Collection {
 public:
  Collection(ArtifactOrder const& order, std::string folder)
      : order_(order), folder_(std::move(folder)) {}

  /// False when it cannot go on: error() says why.
  bool take(std::string const& name, FileDescriptor const& file) {
    if (std::ranges::find(order_.except, name) != order_.except.end()) return true;
    if (items_.size() >= order_.limits.files_max)
      return refuse(too_large("more than " + std::to_string(order_.limits.files_max) + " files"));
    std::string const path = folder_ + "/files/" + name;
    FileDescriptor out;
    if (make_parents(path))
      out.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
    if (!out.is_open()) return refuse(failed("make", path));
    Sha256 hash;
    std::uint64_t bytes = 0;
    std::string chunk(chunk_bytes, '\0');
    for (;;) {
      auto const n = ::read(file.get(), chunk.data(), chunk.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return refuse(failed("read", name));
      if (n == 0) break;
      std::string_view const part(chunk.data(), static_cast<std::size_t>(n));
      bytes += part.size();
      if (total_ + bytes > order_.limits.bytes_max)
        return refuse(
            too_large("more than " + std::to_string(order_.limits.bytes_max) + " bytes, at " + name)
        );
      hash.add(part);
      if (!write_all(out.get(), part)) return refuse(failed("write", path));
    }
    total_ += bytes;
    json::object item;
    item["name"] = name;
    item["bytes"] = bytes;
    item["sha256"] = hash.hex();
    items_.push_back(std::move(item));
    return true;
  }

  std::optional<Error> const& error() const { return error_; }
  json::array take_items() { return std::move(items_); }

 private:
  bool refuse(Error error) {
    error_ = std::move(error);
    return false;
  }

  ArtifactOrder const& order_;
  std::string folder_;
  json::array items_{};
  std::uint64_t total_ = 0;
  std::optional<Error> error_{};
};

void remove_all(std::string const& path) {
  while (remove_tree(path, 100'000) == Removal::unfinished) continue;
}

Result<> write_manifest(std::string const& folder, json::array const& items) {
  std::string const path = folder + "/manifest.json";
  FileDescriptor const fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
  if (!fd.is_open() || !write_all(fd.get(), to_text(json::value(items))))
    return failed("write", path);
  return {};
}

std::string read_all(int fd, std::size_t bytes_max) {
  std::string out;
  std::string chunk(64 * 1024, '\0');
  while (out.size() < bytes_max) {
    auto const n = ::read(fd, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.append(chunk.data(), static_cast<std::size_t>(n));
  }
  return out;
}

json::array to_array(std::vector<std::string> const& texts) {
  json::array out;
  for (auto const& text : texts) out.emplace_back(text);
  return out;
}

std::optional<ArtifactOrder> read_order(std::string const& text) {
  auto const parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  auto const& object = parsed->get_object();
  ArtifactOrder out;
  out.from = object.at("from").as_string();
  out.to = object.at("to").as_string();
  out.limits.files_max = object.at("filesMax").to_number<std::uint64_t>();
  out.limits.bytes_max = object.at("bytesMax").to_number<std::uint64_t>();
  for (auto const& pattern : object.at("patterns").as_array())
    out.patterns.emplace_back(pattern.as_string());
  for (auto const& name : object.at("except").as_array()) out.except.emplace_back(name.as_string());
  return out;
}

}  // namespace

std::string artifact_folder(
    std::string const& root, std::string const& execution, std::string_view task
) {
  return root + "/" + execution + "/" + std::string(task);
}

bool link_artifacts(
    std::string const& root,
    std::string const& execution,
    std::vector<std::string> const& tasks,
    std::string const& at
) {
  std::string const kept = root + "/" + execution;
  std::unique_ptr<DIR, int (*)(DIR*)> const directory(::opendir(kept.c_str()), &::closedir);
  bool has_any = false;
  while (dirent const* entry = directory ? ::readdir(directory.get()) : nullptr) {
    std::string_view const name = entry->d_name;
    auto const owner = name.substr(0, name.find('['));
    if (name.ends_with(".part") || std::ranges::find(tasks, owner) == tasks.end()) continue;
    if (!has_any && ::mkdir(at.c_str(), 0700) != 0) return false;
    has_any = true;
    auto const files = artifact_folder(root, execution, name) + "/files";
    if (::symlink(files.c_str(), (at + "/" + std::string(name)).c_str()) != 0) return false;
  }
  return has_any;
}

std::string to_text(ArtifactOrder const& order) {
  json::object out;
  out["from"] = order.from;
  out["to"] = order.to;
  out["filesMax"] = order.limits.files_max;
  out["bytesMax"] = order.limits.bytes_max;
  out["patterns"] = to_array(order.patterns);
  out["except"] = to_array(order.except);
  return to_text(json::value(std::move(out)));
}

Result<json::array> collect_artifacts(ArtifactOrder const& order) {
  std::string const part = order.to + ".part";
  remove_all(part);
  if (!make_parents(part + "/files/x")) return failed("make", part);
  Collection collection(order, part);
  bool const has_seen_all = for_each_match(
      order.from,
      order.patterns,
      GlobLimits{},
      [&](std::string const& name, FileDescriptor file) { return collection.take(name, file); }
  );
  auto items = collection.take_items();
  auto error = collection.error();
  if (!error && !has_seen_all) error = too_large("its folder has too many entries to look through");
  if (!error)
    if (auto const written = write_manifest(part, items); !written) error = written.error();
  if (error) {
    remove_all(part);
    return *error;
  }
  remove_all(order.to);
  if (::rename(part.c_str(), order.to.c_str()) != 0) return failed("put in place", order.to);
  return items;
}

int run_collector() {
  auto const order = read_order(read_all(0, order_bytes_max));
  if (!order) return 2;
  auto kept = collect_artifacts(*order);
  json::object out;
  if (kept)
    out["artifacts"] = std::move(*kept);
  else
    out["error"] = to_json(kept.error());
  return write_all(1, to_text(json::value(std::move(out))) + "\n") ? 0 : 2;
}

json::array read_manifest(std::string const& folder) {
  FileDescriptor const fd(
      ::open((folder + "/manifest.json").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
  );
  if (!fd.is_open()) return {};
  JsonLimits limits;
  limits.bytes_max = manifest_bytes_max;
  auto parsed = parse_json(read_all(fd.get(), manifest_bytes_max), limits);
  if (!parsed || !parsed->is_array()) return {};
  return std::move(parsed->get_array());
}

}  // namespace ropewalk

#include "providers/process/artifact_glob.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

namespace ropewalk {
namespace {

using Parts = std::vector<std::string>;

Parts split(std::string_view path) {
  Parts out;
  while (!path.empty()) {
    auto const slash = path.find('/');
    auto const part = path.substr(0, slash);
    if (!part.empty() && part != ".") out.emplace_back(part);
    path = slash == path.npos ? std::string_view{} : path.substr(slash + 1);
  }
  return out;
}

bool part_matches(std::string const& pattern, std::string const& part) {
  return ::fnmatch(pattern.c_str(), part.c_str(), FNM_PERIOD) == 0;
}

/// `whole`: to the end of the path; else whether a path that goes on below may still fit.
bool parts_match(
    Parts const& pattern, std::size_t p, Parts const& path, std::size_t i, bool whole
) {
  if (i == path.size() && !whole) return p < pattern.size();
  if (p == pattern.size()) return i == path.size();
  if (pattern[p] == "**") {
    if (parts_match(pattern, p + 1, path, i, whole)) return true;
    return i < path.size() && !path[i].starts_with('.') &&
           parts_match(pattern, p, path, i + 1, whole);
  }
  return i < path.size() && part_matches(pattern[p], path[i]) &&
         parts_match(pattern, p + 1, path, i + 1, whole);
}

struct Search {
  std::vector<Parts> patterns{};
  GlobLimits limits{};
  std::function<bool(std::string const&, FileDescriptor)> const& take;
  Parts path{};
  std::size_t entries = 0;
  bool is_over = false;  // nothing more is wanted
  bool is_cut = false;

  bool fits(bool whole) const {
    return std::ranges::any_of(patterns, [&](Parts const& pattern) {
      return parts_match(pattern, 0, path, 0, whole);
    });
  }
  std::string name() const {
    std::string out;
    for (auto const& part : path) out += (out.empty() ? "" : "/") + part;
    return out;
  }
};

Parts sorted_names(FileDescriptor folder, Search& search) {
  Parts out;
  std::unique_ptr<DIR, int (*)(DIR*)> const directory(::fdopendir(folder.get()), &::closedir);
  if (!directory) return out;
  folder.release();  // now the stream's
  while (dirent const* entry = ::readdir(directory.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (++search.entries > search.limits.entries_max) {
      search.is_cut = true;
      break;
    }
    out.push_back(std::move(name));
  }
  std::ranges::sort(out);
  return out;
}

void look(int folder, Search& search) {
  auto names = sorted_names(
      FileDescriptor(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), search
  );
  for (auto& name : names) {
    if (search.is_over || search.is_cut) return;
    constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    search.path.push_back(std::move(name));
    auto const depth = static_cast<int>(search.path.size());
    bool const may_be_file = search.fits(true);
    bool const may_lead_on = depth < search.limits.depth_max && search.fits(false);
    if (may_be_file || may_lead_on) {
      FileDescriptor entry(::openat(folder, search.path.back().c_str(), flags));
      struct stat info {};
      bool const is_there = entry.is_open() && ::fstat(entry.get(), &info) == 0;
      if (is_there && S_ISDIR(info.st_mode) && may_lead_on) look(entry.get(), search);
      if (is_there && S_ISREG(info.st_mode) && may_be_file)
        search.is_over = !search.take(search.name(), std::move(entry));
    }
    search.path.pop_back();
  }
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view path) {
  return parts_match(split(pattern), 0, split(path), 0, true);
}

bool for_each_match(
    std::string const& folder,
    std::vector<std::string> const& patterns,
    GlobLimits const& limits,
    std::function<bool(std::string const& path, FileDescriptor file)> const& take
) {
  Search search{{}, limits, take};
  for (auto const& pattern : patterns) search.patterns.push_back(split(pattern));
  FileDescriptor const root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root.is_open()) look(root.get(), search);
  return !search.is_cut;
}

}  // namespace ropewalk

#include "providers/process/remove_tree.hpp"

#include "providers/process/file_descriptor.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <string_view>

namespace ropewalk {
namespace {

constexpr int depth_max =
    128;  // one descriptor a level; deeper directories are moved up to the root first
constexpr int moved_names_max = 10'000;

struct Walk {
  int root = -1;
  dev_t device = 0;
  std::size_t entries_left = 0;
  bool is_unfinished = false;
  bool has_failed = false;
};

int open_below(int parent, char const* name) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int const fd = ::openat(parent, name, flags);
  if (fd >= 0 || errno != EACCES) return fd;
  struct stat info {};
  if (::fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(info.st_mode)) return -1;
  if (::fchmodat(parent, name, 0700, 0) != 0) return -1;
  return ::openat(parent, name, flags);
}

void empty_directory(FileDescriptor fd, int depth, Walk& walk);

void move_up(int parent, char const* name, Walk& walk) {
  for (int i = 0; i < moved_names_max; ++i) {
    std::string const up = ".moved-up-" + std::to_string(i);
    if (::renameat(parent, name, walk.root, up.c_str()) == 0) {
      walk.is_unfinished = true;
      return;
    }
    if (errno != EEXIST && errno != ENOTEMPTY) break;  // else one from an earlier call stands there
  }
  walk.has_failed = true;
}

void remove_entry(int parent, char const* name, int depth, Walk& walk) {
  if (walk.entries_left == 0) {
    walk.is_unfinished = true;
    return;
  }
  if (::unlinkat(parent, name, 0) == 0) {
    --walk.entries_left;
    return;
  }
  if (errno != EISDIR && errno != EPERM) {
    walk.has_failed = walk.has_failed || errno != ENOENT;
    return;
  }
  if (depth >= depth_max) {
    return move_up(parent, name, walk);
  }
  FileDescriptor below(open_below(parent, name));
  struct stat info {};
  if (!below.is_open() || ::fstat(below.get(), &info) != 0 || info.st_dev != walk.device) {
    walk.has_failed = true;
    return;
  }
  empty_directory(std::move(below), depth + 1, walk);
  if (walk.is_unfinished) return;
  if (::unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT) walk.has_failed = true;
  if (walk.entries_left > 0) --walk.entries_left;
}

void empty_directory(FileDescriptor fd, int depth, Walk& walk) {
  ::fchmod(fd.get(), 0700);
  std::unique_ptr<DIR, int (*)(DIR*)> const directory(::fdopendir(fd.get()), &::closedir);
  if (!directory) {
    walk.has_failed = true;
    return;
  }
  int const own = fd.release();  // now the stream's
  while (dirent const* entry = ::readdir(directory.get())) {
    std::string_view const name = entry->d_name;
    if (name == "." || name == "..") continue;
    remove_entry(own, entry->d_name, depth, walk);
    if (walk.is_unfinished && walk.entries_left == 0) return;
  }
}

}  // namespace

Removal remove_tree(std::string const& path, std::size_t entries_max) {
  Walk walk;
  walk.entries_left = entries_max;
  FileDescriptor root(open_below(AT_FDCWD, path.c_str()));
  if (!root.is_open()) return errno == ENOENT ? Removal::done : Removal::failed;
  struct stat info {};
  if (::fstat(root.get(), &info) != 0) return Removal::failed;
  walk.device = info.st_dev;
  walk.root = root.get();
  empty_directory(std::move(root), 0, walk);
  if (walk.is_unfinished) return Removal::unfinished;
  if (::rmdir(path.c_str()) != 0 && errno != ENOENT) return Removal::failed;
  return walk.has_failed ? Removal::failed : Removal::done;
}

}  // namespace ropewalk

#include "providers/process/work_directory.hpp"

#include "providers/process/remove_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ropewalk {
namespace {

constexpr int tries_max = 100;

Error cannot(std::string_view what, std::string const& path) {
  int const number = errno;
  bool const is_full = number == ENOSPC || number == EDQUOT;
  Error error;
  error.error_class = ErrorClass::transient;
  if (is_full || number == EMFILE || number == ENFILE) error.error_class = ErrorClass::resource;
  error.code = is_full ? "disk_full" : "work_directory";
  error.message =
      "cannot " + std::string(what) + " " + path + ": " + std::string(std::strerror(number));
  error.hint = is_full ? "free space on the disk of the server's data directory"
                       : "the server must be able to write its data directory";
  return error;
}

bool make_directory(std::string const& path) {
  return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
}

bool make_all(std::string const& path) {
  for (auto end = path.find('/', 1); end != std::string::npos; end = path.find('/', end + 1))
    if (!make_directory(path.substr(0, end))) return false;
  return make_directory(path);
}

/// Task ids are safe already; ids made for the items of a forEach need not be.
std::string safe_name(std::string_view task) {
  std::string out(task.substr(0, 150));
  for (char& c : out)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') c = '_';
  return out;
}

}  // namespace

Result<WorkDirectory> WorkDirectory::create(
    Launcher& launcher,
    std::string const& root,
    std::string const& execution,
    std::string_view task,
    std::uint32_t attempt
) {
  std::string parent = root + "/" + execution;
  std::string const name = parent + "/" + safe_name(task) + "." + std::to_string(attempt);
  std::string path = name;
  for (int i = 1; i <= tries_max; ++i) {
    if (::mkdir(path.c_str(), 0700) == 0)
      return WorkDirectory(launcher, std::move(parent), std::move(path));
    int const number = errno;  // make_all() has its own
    // The folder of the execution goes with its last attempt, so it may be missing at any time.
    if (number == ENOENT && !make_all(parent)) return cannot("make", parent);
    if (number == EEXIST)
      path = name + "~" + std::to_string(i);  // left behind, or two names alike
    else if (number != ENOENT)
      break;
  }
  return cannot("make", path);
}

WorkDirectory::WorkDirectory(WorkDirectory&& other) noexcept
    : launcher_(other.launcher_),
      parent_(std::move(other.parent_)),
      path_(std::exchange(other.path_, {})),
      written_(std::move(other.written_)) {}

WorkDirectory::~WorkDirectory() {
  if (path_.empty()) return;
  for (auto const& name : written_) ::unlink(file(name).c_str());
  ::unlink(file(output_file_name).c_str());
  if (::rmdir(path_.c_str()) == 0)
    ::rmdir(parent_.c_str());  // fails while other attempts have theirs in it
  else if (errno != ENOENT)
    launcher_->remove(path_);
}

Result<std::string> WorkDirectory::make_folder(std::string_view name) {
  auto path = file(name);
  if (::mkdir(path.c_str(), 0700) != 0) return cannot("make", path);
  return path;
}

Result<> WorkDirectory::write(std::string_view name, std::string_view content) {
  std::string const path = file(name);
  FileDescriptor const fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)
  );
  if (!fd.is_open()) return cannot("write", path);
  written_.emplace_back(name);
  for (std::size_t done = 0; done < content.size();) {
    auto const n = ::write(fd.get(), content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return cannot("write", path);
    done += static_cast<std::size_t>(n);
  }
  return {};
}

void clear_work_root(std::string const& root) {
  while (remove_tree(root, 1'000'000) == Removal::unfinished) continue;
}

}  // namespace ropewalk

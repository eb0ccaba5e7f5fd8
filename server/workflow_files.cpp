#include "server/workflow_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <random>
#include <system_error>

namespace ropewalk::server {
namespace {

namespace fs = std::filesystem;

Error file_error(
    std::string code, std::string const& path, std::string const& why, std::string hint
) {
  return Error{
      ErrorClass::permanent, std::move(code), "the file " + path + " " + why, std::move(hint)};
}

Error write_error(int number, std::string const& path) {
  bool const is_full = number == ENOSPC || number == EDQUOT;
  auto error = file_error(
      is_full ? "disk_full" : "write_failed",
      path,
      "cannot be written: " + std::generic_category().message(number),
      is_full ? "free some space" : "look at the rights of its folder"
  );
  if (is_full) error.error_class = ErrorClass::resource;
  return error;
}

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<std::string> read_all(Descriptor const& file, std::string const& name, std::size_t size) {
  std::string out(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    auto const count = ::read(file.get(), out.data() + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("file_refused", name, "cannot be read", "look at its disk");
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  out.resize(done);
  return out;
}

Result<fs::path> root_of(std::string const& directory, std::string const& name) {
  if (directory.empty())
    return file_error(
        "file_refused",
        name,
        "has no folder to be looked for in: the workflow came over the wire",
        "start it from its file with `ropewalk run`, or put the text into the task"
    );
  std::error_code ec;
  auto root = fs::canonical(directory, ec);
  if (ec)
    return file_error("file_not_found", name, "is not there", "the workflow's folder is gone");
  return root;
}

/// REQUIRES: both without links.
bool is_below(fs::path const& path, fs::path const& root) {
  auto const relative = path.lexically_relative(root);
  return !relative.empty() && *relative.begin() != "..";
}

Error outside(std::string const& name, fs::path const& root) {
  return file_error(
      "file_refused", name, "is outside the workflow's folder", "keep it below " + root.string()
  );
}

Result<std::string> read_below(
    std::string const& directory, std::string const& name, std::size_t bytes_max
) {
  TRY(auto const root, root_of(directory, name));
  std::error_code ec;
  auto const path = fs::canonical(root / name, ec);
  if (ec)
    return file_error(
        "file_not_found", name, "is not there", "it is looked for in " + root.string()
    );
  if (!is_below(path, root)) return outside(name, root);
  Descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return file_error("file_refused", name, "is no file that can be read", "look at its rights");
  auto const size = static_cast<std::size_t>(info.st_size);
  if (size > bytes_max)
    return file_error(
        "file_too_large",
        name,
        "has " + std::to_string(size) + " bytes, where " + std::to_string(bytes_max) +
            " are allowed",
        "take a smaller one"
    );
  return read_all(file, name, size);
}

/// A file under a name of its own until it is whole. Touched by one thread at a time.
class Part {
 public:
  Part(std::string shown, int folder, std::string name)
      : shown_(std::move(shown)), folder_(folder), name_(std::move(name)) {
    std::random_device random;
    part_ = "." + name_.substr(0, 200) + "." + std::to_string(random()) + ".part";
    int const flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    file_.emplace(::openat(folder_.get(), part_.c_str(), flags, 0644));
    failed_with_ = file_->get() < 0 ? errno : 0;
  }
  Part(Part const&) = delete;
  Part& operator=(Part const&) = delete;
  ~Part() {
    bool const is_left = file_->get() >= 0 && !is_finished_;
    if (is_left) ::unlinkat(folder_.get(), part_.c_str(), 0);
  }

  Result<> opened() const {
    if (failed_with_ != 0) return write_error(failed_with_, shown_);
    return {};
  }

  Result<> write(std::string_view bytes) {
    while (!bytes.empty()) {
      auto const count = ::write(file_->get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return write_error(errno, shown_);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

  Result<> finish() {
    int const folder = folder_.get();
    bool const is_done =
        ::fsync(file_->get()) == 0 && ::renameat(folder, part_.c_str(), folder, name_.c_str()) == 0;
    if (!is_done) return write_error(errno, shown_);
    is_finished_ = true;
    return {};
  }

 private:
  std::string shown_;
  Descriptor folder_;
  std::string name_;
  std::string part_;
  std::optional<Descriptor> file_;
  int failed_with_ = 0;
  bool is_finished_ = false;
};

Result<std::shared_ptr<Part>> begin_below(std::string const& directory, std::string const& name) {
  TRY(auto const root, root_of(directory, name));
  fs::path const wanted(name);
  auto const file = wanted.filename().string();
  if (file.empty() || file == "." || file == ".." || name.find('\0') != name.npos)
    return file_error("file_refused", name, "is no name of a file", "name a file, not a folder");
  std::error_code ec;
  // What is there of the way is looked at without its links; the rest is made.
  auto const folder = fs::weakly_canonical(root / wanted.parent_path(), ec);
  if (ec || (folder != root && !is_below(folder, root))) return outside(name, root);
  fs::create_directories(folder, ec);
  if (ec) return write_error(ec.value(), name);
  int const opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (opened < 0) return write_error(errno, name);
  auto part = std::make_shared<Part>(name, opened, file);
  if (auto const begun = part->opened(); !begun) return begun.error();
  return part;
}

class PartWriter final : public FileWriter {
 public:
  PartWriter(BlockingPool& blocking, std::shared_ptr<Part> part)
      : blocking_(blocking), part_(std::move(part)) {}

  Async<Result<>> write(std::string bytes) override {
    auto work = [part = part_, text = std::move(bytes)] { return part->write(text); };
    auto writing = blocking_.run(std::move(work));
    co_return co_await std::move(writing);
  }

  Async<Result<>> finish() override {
    auto work = [part = part_] { return part->finish(); };
    auto finishing = blocking_.run(std::move(work));
    co_return co_await std::move(finishing);
  }

 private:
  BlockingPool& blocking_;
  std::shared_ptr<Part> part_;
};

}  // namespace

Async<Result<std::string>> WorkflowFiles::read(
    std::string directory, std::string path, std::size_t bytes_max
) {
  auto work = [directory, path, bytes_max] { return read_below(directory, path, bytes_max); };
  auto reading = blocking_.run(std::move(work));
  co_return co_await std::move(reading);
}

Async<Result<std::unique_ptr<FileWriter>>> WorkflowFiles::write(
    std::string directory, std::string path
) {
  auto work = [directory, path] { return begin_below(directory, path); };
  auto beginning = blocking_.run(std::move(work));
  auto part = co_await std::move(beginning);
  if (!part) co_return part.error();
  std::unique_ptr<FileWriter> out = std::make_unique<PartWriter>(blocking_, std::move(*part));
  co_return out;
}

}  // namespace ropewalk::server

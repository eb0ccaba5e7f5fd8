#include "server/ai/shard_ai.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace ropewalk::server {
namespace {

namespace fs = std::filesystem;

Error file_error(
    std::string code, std::string const& path, std::string const& why, std::string hint
) {
  return Error{
      ErrorClass::permanent, std::move(code), "the file " + path + " " + why, std::move(hint)};
}

class OpenFile {
 public:
  explicit OpenFile(std::string const& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) {}
  OpenFile(OpenFile const&) = delete;
  OpenFile& operator=(OpenFile const&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<std::string> read_all(OpenFile const& file, std::string const& name, std::size_t size) {
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

Result<std::string> read_below(
    std::string const& directory, std::string const& name, std::size_t bytes_max
) {
  if (directory.empty())
    return file_error(
        "file_refused",
        name,
        "has no folder to be looked for in: the workflow came over the wire",
        "start it from its file with `ropewalk run`, or put the text into the task"
    );
  std::error_code ec;
  auto const root = fs::canonical(directory, ec);
  if (ec)
    return file_error("file_not_found", name, "is not there", "the workflow's folder is gone");
  auto const path = fs::canonical(root / name, ec);
  if (ec)
    return file_error(
        "file_not_found", name, "is not there", "it is looked for in " + root.string()
    );
  auto const relative = path.lexically_relative(root);
  if (relative.empty() || *relative.begin() == "..")
    return file_error(
        "file_refused", name, "is outside the workflow's folder", "copy it into " + root.string()
    );
  OpenFile const file(path.string());
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
        "attach a smaller one"
    );
  return read_all(file, name, size);
}

}  // namespace

Async<Result<std::string>> WorkflowFiles::read(
    std::string directory, std::string path, std::size_t bytes_max
) {
  auto work = [directory, path, bytes_max] { return read_below(directory, path, bytes_max); };
  auto reading = blocking_.run(std::move(work));
  co_return co_await std::move(reading);
}

}  // namespace ropewalk::server

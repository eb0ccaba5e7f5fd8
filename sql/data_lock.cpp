#include "sql/data_lock.hpp"

#include "engine/base/text.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace ropewalk::sql {
namespace {

namespace fs = std::filesystem;

Error data_directory(fs::path const& path, std::string const& what) {
  Error error;
  error.code = "data_directory";
  error.message = path.string() + ": " + what;
  error.hint = "Choose another data directory with --data.";
  return error;
}

Error in_use(fs::path const& data, int file) {
  std::array<char, 32> pid{};
  auto const size = ::pread(file, pid.data(), pid.size(), 0);
  std::string holder(pid.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!holder.empty() && holder.back() == '\n') holder.pop_back();
  Error error;
  error.code = "data_directory_in_use";
  error.message = "another Ropewalk server" + (holder.empty() ? "" : " (pid " + holder + ")") +
                  " uses the data directory " + data.string();
  error.hint = "Stop it first, or give this one its own directory with --data.";
  return error;
}

std::string message_of(int code) {
  return std::generic_category().message(code);
}

}  // namespace

Result<DataLock> DataLock::take(fs::path const& data) {
  std::error_code ec;
  auto const path = fs::absolute(data, ec).lexically_normal();
  if (fs::create_directories(path, ec))
    // Others may pass through (PostgreSQL's user must), not look around.
    fs::permissions(path, fs::perms(0711), ec);
  if (ec) return data_directory(path, "cannot be made: " + ec.message());
  int const file = ::open((path / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return data_directory(path / "lock", message_of(errno));
  DataLock lock(path, file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return in_use(path, file);
    return data_directory(path / "lock", message_of(errno));
  }
  auto const pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, pid.data(), pid.size(), 0) < 0)
    return data_directory(path / "lock", message_of(errno));
  return lock;
}

DataLock::DataLock(DataLock&& other) noexcept
    : data_(std::move(other.data_)), file_(std::exchange(other.file_, -1)) {}

DataLock& DataLock::operator=(DataLock&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(file_, other.file_);
  return *this;
}

DataLock::~DataLock() {
  if (file_ >= 0) ::close(file_);
}

Result<std::string> DataLock::node_id() const {
  auto const path = data_ / "node_id";
  std::string id;
  if (std::ifstream(path) >> id && id.size() == 32) return id;
  std::array<unsigned char, 16> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    return data_directory(path, "no random bytes");
  id = to_hex(random);
  std::ofstream out(path);
  if (!(out << id << '\n' << std::flush)) return data_directory(path, "cannot be written");
  return id;
}

}  // namespace ropewalk::sql

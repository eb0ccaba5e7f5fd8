#include "server/secrets/key_file.hpp"

#include "providers/process/file_descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace ropewalk::server {
namespace {

constexpr std::size_t file_bytes_max = 64 * 1024;  // about 1,400 keys

Error permanent(std::string code, std::string message, std::string hint) {
  return {ErrorClass::permanent, std::move(code), std::move(message), std::move(hint), nullptr};
}

Error unreadable(std::string const& path, std::string const& why) {
  return permanent(
      "secret_key_invalid", "the file of keys " + path + " cannot be read: " + why, "look at it"
  );
}

Result<std::string> read_all(int fd, std::string const& path) {
  std::string out(file_bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < out.size()) {
    auto const n = ::read(fd, out.data() + size, out.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(path, std::generic_category().message(errno));
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  if (size > file_bytes_max) return unreadable(path, "it is larger than 64 KiB");
  out.resize(size);
  return out;
}

/// Whole or not at all, and on the disk when it returns.
bool replace_file(std::string const& path, std::string const& text) {
  auto const draft = path + ".new";
  ::unlink(draft.c_str());
  FileDescriptor file(
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)
  );
  if (!file.is_open()) return false;
  std::size_t done = 0;
  while (done < text.size()) {
    auto const n = ::write(file.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(file.get()) != 0 || ::rename(draft.c_str(), path.c_str()) != 0) return false;
  auto const slash = path.rfind('/');
  FileDescriptor folder(::open(
      slash == path.npos ? "." : path.substr(0, slash + 1).c_str(),
      O_RDONLY | O_DIRECTORY | O_CLOEXEC
  ));
  return folder.is_open() && ::fsync(folder.get()) == 0;
}

}  // namespace

Error KeyFile::missing(std::string const& id) const {
  if (id.empty())
    return permanent(
        "secret_key_missing",
        "there is no file of keys " + path_,
        "put it there (head -c 32 /dev/urandom | base64, mode 600), or leave secretsKeyFile away"
    );
  return permanent(
      "secret_key_missing",
      "the key " + id + " is not in " + path_,
      "copy the file of keys of the node that set the secret, or set the secret again"
  );
}

Result<> KeyFile::read() {
  keys_.clear();
  FileDescriptor const file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT) return {};
    return unreadable(path_, std::generic_category().message(errno));
  }
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return unreadable(path_, "it is no plain file");
  bool const is_ours = info.st_uid == ::geteuid() || info.st_uid == 0;
  if ((info.st_mode & 077U) != 0 || !is_ours)
    return permanent(
        "secret_key_exposed",
        "the file of keys " + path_ + " may be read by others, or belongs to another user",
        "chmod 600 " + path_ + ", and think about whether the secrets are still ones"
    );
  TRY(auto const text, read_all(file.get(), path_));
  TRY(keys_, read_keys(text));
  return {};
}

/// REQUIRES: the file was read.
Result<SecretKey> KeyFile::add() {
  auto const key = SecretKey::random();
  std::string text;
  for (auto const& each : keys_) text += key_line(each);
  if (!replace_file(path_, text + key_line(key)))
    return permanent(
        "secret_key_unwritable",
        "the file of keys " + path_ +
            " cannot be written: " + std::generic_category().message(errno),
        "look at the rights of its folder"
    );
  keys_.push_back(key);
  return key;
}

Result<SecretKey> KeyFile::current() {
  std::lock_guard const lock(mutex_);
  if (auto const done = read(); !done) return done.error();
  if (!keys_.empty()) return keys_.back();
  if (!may_create_) return missing({});
  return add();
}

Result<SecretKey> KeyFile::find(std::string const& id) {
  std::lock_guard const lock(mutex_);
  for (bool is_fresh : {false, true}) {
    if (is_fresh)
      if (auto const done = read(); !done) return done.error();
    for (auto const& key : keys_)
      if (key.id() == id) return key;
  }
  return missing(keys_.empty() ? std::string() : id);
}

Result<SecretKey> KeyFile::rotate() {
  std::lock_guard const lock(mutex_);
  if (auto const done = read(); !done) return done.error();
  if (keys_.empty() && !may_create_) return missing({});
  return add();
}

}  // namespace ropewalk::server

#pragma once
// A directory under /tmp that PostgreSQL's user can pass through; removed at the end.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace ropewalk::system_test {

class TempDirectory {
 public:
  TempDirectory() {
    std::string name = "/tmp/ropewalk-system-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    ::chmod(name.c_str(), 0711);
    path_ = name;
  }
  TempDirectory(TempDirectory const&) = delete;
  TempDirectory& operator=(TempDirectory const&) = delete;
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string path() const { return path_.string(); }
  std::string path(std::string const& name) const { return (path_ / name).string(); }

  std::string write(std::string const& name, std::string const& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

/// Empty when it cannot be read.
inline std::string read_text(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();  // a process in /proc that ends meanwhile has no text; it is no fault
  return std::move(text).str();
}

}  // namespace ropewalk::system_test

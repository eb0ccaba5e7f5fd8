#pragma once
// A running `ropewalk sim` on a free port.

#include "tests/system/support/process.hpp"
#include "tests/system/support/temp_directory.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk::system_test {

class SimProcess {
 public:
  /// Returns when it listens; throws when it does not.
  explicit SimProcess(std::vector<std::string> const& flags = {});

  /// "http://127.0.0.1:PORT/v1"
  std::string const& url() const { return url_; }
  std::uint16_t port() const;
  /// What it has printed.
  std::string said() const { return read_text(directory_.path("out")); }
  void signal(int number) const { program_->signal(number); }
  /// Its exit status; nullopt when it does not end.
  std::optional<int> wait() { return program_->wait(seconds(20)); }

 private:
  TempDirectory directory_;
  std::unique_ptr<Program> program_;
  std::string url_;
};

}  // namespace ropewalk::system_test

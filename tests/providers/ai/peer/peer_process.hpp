#pragma once
// An independent server of the providers' APIs, from npm, as a child of the test.
//
// It is installed by `scripts/setup.sh --peers`; where that could not be done there is none.

#include <sys/types.h>

#include <string>

namespace ropewalk::ai {

class PeerProcess {
 public:
  /// Starts it on a free port of loopback and returns when it listens.
  PeerProcess();
  PeerProcess(PeerProcess const&) = delete;
  PeerProcess& operator=(PeerProcess const&) = delete;
  ~PeerProcess();

  /// "http://127.0.0.1:PORT"; empty when it does not run.
  std::string const& url() const { return url_; }
  /// Why it does not run, and what to do.
  std::string const& missing() const { return missing_; }

 private:
  void start(std::string const& program);
  void wait_until_it_listens(int output);

  pid_t pid_ = -1;
  int output_ = -1;
  std::string url_{};
  std::string missing_{};
};

}  // namespace ropewalk::ai

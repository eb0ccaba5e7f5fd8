#include "tests/providers/ai/peer/peer_process.hpp"

#include "engine/async/async.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

namespace ropewalk::ai {
namespace {

constexpr auto start_time_max = std::chrono::seconds(30);

[[noreturn]] void become(std::string const& program, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it does not outlive a test that crashes
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  std::array<char const*, 14> const arguments{
      "node",
      program.c_str(),
      "-h",
      "127.0.0.1",
      "-p",
      "0",
      "-f",
      ROPEWALK_PEER_FIXTURES,
      "--strict",
      "--chunk-size",
      "8",
      "-l",
      "2",
      nullptr};
  ::execvp("node", const_cast<char* const*>(arguments.data()));
  ::_exit(127);
}

}  // namespace

PeerProcess::PeerProcess() {
  std::string const program =
      std::string(ROPEWALK_PEER_FOLDER) + "/node_modules/@copilotkit/aimock/dist/cli.js";
  if (!std::filesystem::exists(program)) {
    missing_ = "the peer is not installed: scripts/setup.sh --peers needs npm and its registry";
    return;
  }
  start(program);
  if (url_.empty()) missing_ = "the peer does not start: is there a node of version 20 or later?";
}

PeerProcess::~PeerProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (output_ >= 0) ::close(output_);
}

void PeerProcess::start(std::string const& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
  output_ = ends[0];
  pid_ = ::fork();
  if (pid_ == 0) become(program, ends[1]);
  ::close(ends[1]);
  wait_until_it_listens(output_);
}

/// It says where: "… listening on http://127.0.0.1:PORT".
void PeerProcess::wait_until_it_listens(int output) {
  std::string_view const mark = "listening on ";
  auto const give_up = Steady::now() + start_time_max;
  std::string said;
  std::array<char, 4096> piece{};
  for (;;) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(give_up - Steady::now());
    pollfd ready{output, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return;
    auto const count = ::read(output, piece.data(), piece.size());
    if (count <= 0) return;
    said.append(piece.data(), static_cast<std::size_t>(count));
    auto const at = said.find(mark);
    auto const end = at == said.npos ? said.npos : said.find('\n', at);
    if (end == said.npos) continue;
    url_ = said.substr(at + mark.size(), end - at - mark.size());
    return;
  }
}

}  // namespace ropewalk::ai

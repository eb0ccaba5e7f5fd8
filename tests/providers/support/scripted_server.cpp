#include "tests/providers/support/scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace ropewalk::test {
namespace {

[[noreturn]] void fail(char const* what) {
  throw std::runtime_error(
      std::string("the scripted server cannot ") + what + ": " + std::strerror(errno)
  );
}

sockaddr_storage address_of(ScriptedOptions const& options, socklen_t& size) {
  sockaddr_storage out{};
  if (!options.unix_path.empty()) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    options.unix_path.copy(local.sun_path, sizeof local.sun_path - 1);
    std::memcpy(&out, &local, size = sizeof local);
  } else if (options.address.find(':') != std::string::npos) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    ::inet_pton(AF_INET6, options.address.c_str(), &six.sin6_addr);
    std::memcpy(&out, &six, size = sizeof six);
  } else {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    ::inet_pton(AF_INET, options.address.c_str(), &four.sin_addr);
    std::memcpy(&out, &four, size = sizeof four);
  }
  return out;
}

}  // namespace

ScriptedServer::ScriptedServer(Script script, ScriptedOptions options)
    : script_(std::move(script)), options_(std::move(options)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  listen_on(options_);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
    for (auto& session : sessions_)
      if (!session.ended) session.connection->interrupt();
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& session : sessions_) session.thread.join();
  ::close(listener_);
}

void ScriptedServer::listen_on(ScriptedOptions const& options) {
  socklen_t size = 0;
  auto address = address_of(options, size);
  listener_ = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0) fail("open a socket");
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, any, size) != 0) fail("bind");
  if (::listen(listener_, 512) != 0) fail("listen");
  if (::getsockname(listener_, any, &size) != 0) fail("ask for its port");
  if (address.ss_family == AF_INET)
    port_ = ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
  if (address.ss_family == AF_INET6)
    port_ = ntohs(reinterpret_cast<sockaddr_in6*>(&address)->sin6_port);
}

void ScriptedServer::accept_all() {
  for (;;) {
    auto const accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard const lock(mutex_);
    if (stopping_ || accepted < 0) {
      if (accepted >= 0) ::close(accepted);
      return;
    }
    int const yes = 1;
    if (port_ != 0) ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (options_.send_buffer > 0)
      ::setsockopt(accepted, SOL_SOCKET, SO_SNDBUF, &options_.send_buffer, sizeof(int));
    auto& session = sessions_.emplace_back();
    session.connection = std::make_unique<ScriptedConnection>(accepted, sessions_.size() - 1);
    session.thread = std::thread([this, &session] { run_session(session); });
  }
}

void ScriptedServer::run_session(Session& session) {
  if (!options_.tls || session.connection->start_tls(*options_.tls)) script_(*session.connection);
  std::lock_guard const lock(mutex_);
  session.connection.reset();
  session.ended = true;
  changed_.notify_all();
}

std::string ScriptedServer::url(std::string_view target) const {
  bool const is_six = options_.address.find(':') != std::string::npos;
  std::string out = options_.tls ? "https://" : "http://";
  out += is_six ? "[" + options_.address + "]" : options_.address;
  out += ":" + std::to_string(port_);
  out += target;
  return out;
}

std::size_t ScriptedServer::connections_count() const {
  std::lock_guard const lock(mutex_);
  return sessions_.size();
}

std::size_t ScriptedServer::open_count() const {
  std::lock_guard const lock(mutex_);
  auto const is_open = [](Session const& session) { return !session.ended; };
  return static_cast<std::size_t>(std::count_if(sessions_.begin(), sessions_.end(), is_open));
}

bool ScriptedServer::wait_until_idle() {
  std::unique_lock lock(mutex_);
  auto const all_ended = [this] {
    return std::all_of(sessions_.begin(), sessions_.end(), [](auto& each) { return each.ended; });
  };
  return changed_.wait_for(lock, std::chrono::seconds(10), all_ended);
}

RepliesInTurn::RepliesInTurn(std::vector<std::string> replies, std::size_t piece)
    : replies_(std::move(replies)), piece_(piece) {}

ScriptedServer::Script RepliesInTurn::script() {
  return [this](ScriptedConnection& connection) { answer(connection); };
}

std::vector<ReceivedRequest> RepliesInTurn::requests() const {
  std::lock_guard const lock(mutex_);
  return requests_;
}

void RepliesInTurn::answer(ScriptedConnection& connection) {
  while (auto request = connection.read_request()) {
    std::string reply;
    {
      std::lock_guard const lock(mutex_);
      reply = replies_[std::min(requests_.size(), replies_.size() - 1)];
      requests_.push_back(std::move(*request));
    }
    bool const sent =
        piece_ == 0 ? connection.send(reply) : connection.send_in_pieces(reply, piece_);
    auto const head = reply.substr(0, reply.find("\r\n\r\n"));
    bool const has_end =
        head.find("Content-Length:") != head.npos || head.find("Transfer-Encoding:") != head.npos;
    if (!sent || !has_end || head.find("Connection: close") != head.npos) break;
  }
  connection.close_tls();
}

}  // namespace ropewalk::test

// A load generator: one HTTP request, again and again, on N connections that stay open.
//
//   bench_load PORT CONNECTIONS SECONDS TARGET BODY [COUNT]
//
// Each connection sends POST TARGET with `Prefer: wait`, reads the answer whole, and sends the
// next. An answer counts when it is 200 and says COMPLETED; anything else ends the run with
// status 1. With COUNT, that many requests instead of SECONDS. Prints one JSON object; times in ms.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(std::string const& what) {
  std::fprintf(stderr, "load: %s\n", what.c_str());
  std::exit(1);
}

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

int connect_to(unsigned short port) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    fail("cannot connect to port " + std::to_string(port));
  int const on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/// Bytes of the answer that `bytes` begins with; 0 while it is not whole.
std::size_t answer_size(std::string_view bytes) {
  auto const header_end = bytes.find("\r\n\r\n");
  if (header_end == bytes.npos) return 0;
  constexpr std::string_view name = "\r\nContent-Length: ";
  auto const at = bytes.substr(0, header_end + 2).find(name);
  if (at == bytes.npos) fail("an answer without a length: " + std::string(bytes));
  std::size_t length = 0;
  std::from_chars(bytes.data() + at + name.size(), bytes.data() + header_end, length);
  auto const size = header_end + 4 + length;
  return bytes.size() >= size ? size : 0;
}

class Connection {
 public:
  explicit Connection(unsigned short port) : fd_(connect_to(port)) {}
  Connection(Connection const&) = delete;
  ~Connection() { ::close(fd_); }

  int fd() const { return fd_; }
  void send(std::string const& request) {
    begun_ = Clock::now();
    auto const size = static_cast<ssize_t>(request.size());
    // Small, and the last one was answered: it fits into the socket's buffer.
    if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) != size) fail("cannot send");
  }
  /// Reads what has come. True when the answer is there.
  bool read() {
    char chunk[64 * 1024];
    auto const size = ::recv(fd_, chunk, sizeof chunk, 0);
    if (size <= 0) fail("the server closed a connection");
    answer_.append(chunk, static_cast<std::size_t>(size));
    auto const whole = answer_size(answer_);
    if (whole == 0) return false;
    bool const good = answer_.starts_with("HTTP/1.1 200") &&
                      answer_.find("\"COMPLETED\"") != answer_.npos &&
                      answer_.find("\"FAILED\"") == answer_.npos;
    if (!good) fail("not what was asked for: " + answer_.substr(0, 2000));
    answer_.erase(0, whole);
    return true;
  }
  Clock::duration waited(Clock::time_point now) const { return now - begun_; }

 private:
  int fd_;
  std::string answer_;
  Clock::time_point begun_{};
};

/// All connections, one request under way on each.
class Load {
 public:
  Load(unsigned short port, std::size_t connections, std::string request)
      : request_(std::move(request)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < connections; ++i) {
      connections_.push_back(std::make_unique<Connection>(port));
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = connections_.back().get();
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back()->fd(), &event) != 0)
        fail("cannot watch a connection");
    }
  }
  Load(Load const&) = delete;
  ~Load() { ::close(epoll_); }

  /// Sends until `until` or until `count` were sent, and waits for the rest. The time of each
  /// request, in ms.
  std::vector<double> run(Clock::time_point until, std::size_t count) {
    std::vector<double> times;
    std::size_t sent = 0;
    std::size_t under_way = 0;
    auto const send_next = [&](Connection& connection) {
      if (sent == count || Clock::now() >= until) return;
      connection.send(request_);
      ++sent;
      ++under_way;
    };
    for (auto const& connection : connections_) send_next(*connection);
    std::vector<epoll_event> events(connections_.size());
    while (under_way > 0) {
      int const ready =
          ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 60'000);
      if (ready <= 0) fail("no answer for a minute");
      for (int i = 0; i < ready; ++i) {
        auto& connection = *static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (!connection.read()) continue;
        times.push_back(milliseconds(connection.waited(Clock::now())));
        --under_way;
        send_next(connection);
      }
    }
    return times;
  }

 private:
  std::string request_;
  int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

std::string make_request(
    std::string const& port, std::string const& target, std::string const& body
) {
  return "POST " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + port +
         "\r\nContent-Type: application/json\r\nPrefer: wait=60\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) fail("usage: bench_load PORT CONNECTIONS SECONDS TARGET BODY [COUNT]");
  auto const port = static_cast<unsigned short>(std::strtoul(argv[1], nullptr, 10));
  auto const connections = std::strtoul(argv[2], nullptr, 10);
  auto const length = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(std::strtod(argv[3], nullptr))
  );
  Load load(port, connections, make_request(argv[1], argv[4], argv[5]));
  std::vector<double> times;
  std::size_t warm_up = 0;
  auto begun = Clock::now();
  if (argc > 6) {
    times = load.run(Clock::time_point::max(), std::strtoul(argv[6], nullptr, 10));
  } else {
    warm_up = load.run(begun + length / 4, ~std::size_t{0}).size();
    begun = Clock::now();
    times = load.run(begun + length, ~std::size_t{0});
  }
  auto const seconds = milliseconds(Clock::now() - begun) / 1000;
  if (times.empty()) fail("nothing ended in that time");
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"warmUp\": %zu, \"requests\": %zu, \"seconds\": %.4f, \"perSecond\": %.1f, \"p50\": %.3f, "
      "\"p99\": %.3f}\n",
      warm_up,
      times.size(),
      seconds,
      static_cast<double>(times.size()) / seconds,
      times[times.size() / 2],
      times[times.size() * 99 / 100]
  );
}

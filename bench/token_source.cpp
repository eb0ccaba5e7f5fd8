// A model that costs nothing: an OpenAI-compatible endpoint whose tokens say when they were sent.
//
//   bench_token_source [PORT]
//
// One thread with epoll. Every POST is answered with a stream; the model in its body says how:
// "r20-c200-w50" is 20 tokens a second, 200 of them, once 50 such streams are under way;
// "r0-c200-w1" is 200 at once, as fast as the connection takes them. Each token is "@" and 18
// digits, the steady clock's nanoseconds just before it was written, and a blank. Each is a piece
// and a chunk of its own. Streams are spread over the time between tokens. Prints the port that it
// listens at.
#include "bench/loopback.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using namespace ropewalk::bench;

constexpr std::size_t fast_bytes = 16 * 1024;  // made at a time when there is no rate

std::string chunk(std::string const& payload) {
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", payload.size());
  return size + payload + "\r\n";
}

std::string piece(std::string const& delta, std::string const& finish) {
  return chunk(
      R"(data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1,)"
      R"("model":"bench","choices":[{"index":0,"delta":)" +
      delta + R"(,"logprobs":null,"finish_reason":)" + finish + "}]}\n\n"
  );
}

/// The text of every token, but for its time.
class TokenForm {
 public:
  TokenForm() : text_(piece("{\"content\":\"@000000000000000000 \"}", "null")) {
    digits_at_ = text_.find('@') + 1;
  }
  /// Appends a token that is sent now.
  void append(std::string& out) {
    auto now = static_cast<std::uint64_t>(nanoseconds_now());
    for (std::size_t i = stamp_digits; i-- > 0; now /= 10)
      text_[digits_at_ + i] = static_cast<char>('0' + now % 10);
    out += text_;
  }

 private:
  std::string text_;
  std::size_t digits_at_ = 0;
};

struct Connection {
  int fd = -1;
  std::string request{};
  std::string unsent{};
  std::uint64_t stream = 0;  // which of its streams is under way; 0: none
  std::size_t left = 0;      // tokens
  std::int64_t interval = 0;
  std::int64_t due = 0;
  bool wants_out = false;
};

struct Due {
  std::int64_t at;
  int fd;
  std::uint64_t stream;
  bool operator>(Due const& other) const { return at > other.at; }
};

class Source {
 public:
  explicit Source(int listener) : listener_(listener), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
  }
  [[noreturn]] void run() {
    std::vector<epoll_event> events(256);
    for (;;) {
      auto const wait = time_left();
      int const ready = ::epoll_pwait2(
          epoll_,
          events.data(),
          static_cast<int>(events.size()),
          due_.empty() ? nullptr : &wait,
          nullptr
      );
      for (int i = 0; i < ready; ++i) handle(events[static_cast<std::size_t>(i)]);
      send_due();
    }
  }

 private:
  void watch(int fd, std::uint32_t what, int operation) const {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_, operation, fd, &event) != 0) fail("cannot watch a connection");
  }

  timespec time_left() const {
    if (due_.empty()) return {};
    auto const left = std::max<std::int64_t>(due_.top().at - nanoseconds_now(), 0);
    return {left / 1'000'000'000, left % 1'000'000'000};
  }

  void handle(epoll_event const& event) {
    if (event.data.fd == listener_) return accept_all();
    auto const found = connections_.find(event.data.fd);
    if (found == connections_.end()) return;
    auto& connection = *found->second;
    if ((event.events & EPOLLIN) != 0 && !read(connection)) return drop(connection.fd);
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) return drop(connection.fd);
    if ((event.events & EPOLLOUT) != 0) write(connection);
  }

  void accept_all() {
    for (;;) {
      int const fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      no_delay(fd);
      auto connection = std::make_unique<Connection>();
      connection->fd = fd;
      connections_[fd] = std::move(connection);
      watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    }
  }

  void drop(int fd) {
    ::close(fd);
    connections_.erase(fd);
  }

  /// False when the peer has gone.
  bool read(Connection& connection) {
    char bytes[16 * 1024];
    auto const size = ::recv(connection.fd, bytes, sizeof bytes, 0);
    if (size <= 0) return size < 0 && errno == EAGAIN;
    connection.request.append(bytes, static_cast<std::size_t>(size));
    auto const whole = message_size(connection.request);
    if (whole == 0) return true;
    begin(connection, std::string_view(connection.request).substr(0, whole));
    connection.request.erase(0, whole);
    return true;
  }

  void begin(Connection& connection, std::string_view request) {
    constexpr std::string_view mark = "\"model\":\"r";
    auto const at = request.find(mark);
    if (at == request.npos) fail("a request without a model: " + std::string(request));
    char* rest = nullptr;
    auto const rate = std::strtoul(request.data() + at + mark.size(), &rest, 10);
    connection.left = std::strtoul(rest + 2, &rest, 10);        // behind "-c"
    auto const together = std::strtoul(rest + 2, nullptr, 10);  // behind "-w"
    connection.stream = ++streams_;
    connection.interval = rate == 0 ? 0 : static_cast<std::int64_t>(1'000'000'000 / rate);
    connection.unsent +=
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        "Transfer-Encoding: chunked\r\n\r\n" +
        piece(R"({"role":"assistant","content":""})", "null");
    write(connection);
    if (connection.interval == 0) return;
    waiting_.push_back(connection.fd);
    if (waiting_.size() < together) return;
    for (int const fd : std::exchange(waiting_, {})) start(fd);
  }

  /// The golden ratio spreads any number of streams evenly over the time between two tokens.
  void start(int fd) {
    auto const found = connections_.find(fd);
    if (found == connections_.end()) return;
    auto& connection = *found->second;
    auto const turns = static_cast<double>(connection.stream) * 0.6180339887498949;
    auto const phase = turns - static_cast<double>(static_cast<std::uint64_t>(turns));
    connection.due = nanoseconds_now() +
                     static_cast<std::int64_t>(phase * static_cast<double>(connection.interval));
    due_.push(Due{connection.due, fd, connection.stream});
  }

  void send_due() {
    while (!due_.empty() && due_.top().at <= nanoseconds_now()) {
      auto const due = due_.top();
      due_.pop();
      auto const found = connections_.find(due.fd);
      if (found == connections_.end() || found->second->stream != due.stream) continue;
      auto& connection = *found->second;
      token_.append(connection.unsent);
      --connection.left;
      connection.due += connection.interval;
      if (connection.left > 0)
        due_.push(Due{connection.due, connection.fd, connection.stream});
      else
        end(connection);
      write(connection);
    }
  }

  static void end(Connection& connection) {
    connection.unsent += piece("{}", "\"stop\"") + chunk("data: [DONE]\n\n") + "0\r\n\r\n";
    connection.stream = 0;
  }

  void fill(Connection& connection) {
    while (connection.left > 0 && connection.unsent.size() < fast_bytes) {
      token_.append(connection.unsent);
      --connection.left;
    }
    if (connection.left == 0) end(connection);
  }

  void write(Connection& connection) {
    for (;;) {
      bool const is_fast = connection.stream != 0 && connection.interval == 0;
      if (is_fast && connection.unsent.size() < fast_bytes) fill(connection);
      if (connection.unsent.empty()) break;
      auto const& bytes = connection.unsent;
      auto const size = ::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size < 0) break;  // no room now; or the peer has gone, which epoll says
      connection.unsent.erase(0, static_cast<std::size_t>(size));
    }
    bool const wants_out = !connection.unsent.empty();
    if (wants_out == connection.wants_out) return;
    connection.wants_out = wants_out;
    watch(connection.fd, wants_out ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
  }

  int listener_;
  int epoll_;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<int> waiting_;  // for the others that they are to begin with
  std::uint64_t streams_ = 0;
  TokenForm token_;
};

}  // namespace

int main(int argc, char** argv) {
  program_name = "token_source";
  auto const port = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
  int const listener = listen_at(static_cast<unsigned short>(port));
  std::printf("%u\n", port_of(listener));
  std::fflush(stdout);
  Source(listener).run();
}

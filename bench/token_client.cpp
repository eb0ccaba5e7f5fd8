// Reads many token streams at once and tells how old their tokens are when they arrive.
//
//   bench_token_client PORT STREAMS TOKENS SECONDS proxy|task BODY
//
// proxy: each connection sends POST /v1/chat/completions BODY and reads the answer. task: it sends
// POST /v1/executions BODY, and reads /v1/executions/ID/tasks/talk/stream. The tokens are those of
// token_source.cpp; each stream must bring exactly TOKENS of them, in the order of their times, or
// the run ends with status 1.
//
// With SECONDS, ages are taken for so long, from half a second after every stream has brought its
// first token ("open" is printed then), or until the first one ends; tokens sent before that do not
// count. With 0, only the tokens a second count. Prints one JSON object; ages in microseconds.
#include "bench/loopback.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace {

using namespace ropewalk::bench;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t settling = second / 2;
constexpr std::size_t starting_max = 50;

/// When ages count.
struct Window {
  std::int64_t length = 0;
  std::int64_t begin = INT64_MAX;
  std::int64_t end = INT64_MAX;
  std::vector<std::int64_t> ages{};
  std::int64_t first = 0;  // when the first and the last token arrived
  std::int64_t last = 0;
  std::size_t tokens = 0;
};

/// Finds the tokens in a text, however it was cut.
class StampReader {
 public:
  /// The number of tokens so far.
  std::size_t count() const { return count_; }
  void feed(std::string_view bytes, Window& window) {
    rest_.append(bytes);
    auto const now = nanoseconds_now();
    std::size_t done = 0;
    for (;;) {
      auto const at = rest_.find('@', done);
      if (at == rest_.npos) {
        done = rest_.size();
        break;
      }
      done = at;
      if (rest_.size() - at <= stamp_digits) break;
      std::int64_t sent = 0;
      auto const* const digits = rest_.data() + at + 1;
      auto const read = std::from_chars(digits, digits + stamp_digits, sent);
      if (read.ptr != digits + stamp_digits) fail("this is no token: " + rest_.substr(at, 40));
      take(sent, now, window);
      done = at + 1 + stamp_digits;
    }
    rest_.erase(0, done);
  }

 private:
  void take(std::int64_t sent, std::int64_t now, Window& window) {
    if (sent < last_sent_) fail("tokens came in another order than they were sent");
    last_sent_ = sent;
    ++count_;
    ++window.tokens;
    if (window.first == 0) window.first = now;
    window.last = now;
    if (sent >= window.begin && sent < window.end) window.ages.push_back(now - sent);
  }

  std::string rest_;
  std::size_t count_ = 0;
  std::int64_t last_sent_ = 0;
};

/// Takes an answer's header and the sizes of its chunks away.
class BodyReader {
 public:
  /// What of the body is in `bytes`. A chunked body has ended when has_ended(), another one with
  /// its connection.
  std::string feed(std::string_view bytes) {
    unread_.append(bytes);
    std::string out;
    if (!has_head_ && !take_head()) return out;
    if (!is_chunked_) return std::exchange(unread_, {});
    std::size_t at = 0;
    while (!has_ended_ && at < unread_.size()) {
      if (left_ == 0 && !take_size(at)) break;
      auto const piece = std::min(left_, unread_.size() - at);
      out.append(unread_, at, std::min(piece, left_ > 2 ? left_ - 2 : 0));
      at += piece;
      left_ -= piece;
    }
    unread_.erase(0, at);
    return out;
  }
  bool has_ended() const { return has_ended_; }

 private:
  bool take_head() {
    auto const end = unread_.find("\r\n\r\n");
    if (end == unread_.npos) return false;
    if (!unread_.starts_with("HTTP/1.1 200")) fail("not what was asked for: " + unread_);
    is_chunked_ = unread_.substr(0, end).find("Transfer-Encoding: chunked") != unread_.npos;
    unread_.erase(0, end + 4);
    return has_head_ = true;
  }
  /// Sets left_ to the size of the chunk at `at`, its line end included; false when it is not
  /// there.
  bool take_size(std::size_t& at) {
    auto const end = unread_.find("\r\n", at);
    if (end == unread_.npos) return false;
    std::from_chars(unread_.data() + at, unread_.data() + end, left_, 16);
    has_ended_ = left_ == 0;
    left_ += 2;
    at = end + 2;
    return true;
  }

  std::string unread_;
  std::size_t left_ = 0;
  bool has_head_ = false;
  bool is_chunked_ = false;
  bool has_ended_ = false;
};

/// Takes the texts out of the frames: a token may be cut in two between them. There are no escapes.
class TextReader {
 public:
  std::string feed(std::string_view bytes, std::string_view mark) {
    unread_.append(bytes);
    std::string out;
    std::size_t at = 0;
    for (;;) {
      if (!is_inside_) {
        auto const found = unread_.find(mark, at);
        if (found == unread_.npos) {
          at = std::max(at, unread_.size() - std::min(unread_.size(), mark.size() - 1));
          break;
        }
        at = found + mark.size();
        is_inside_ = true;
      }
      auto const end = unread_.find('"', at);
      out.append(unread_, at, end == unread_.npos ? unread_.npos : end - at);
      at = end == unread_.npos ? unread_.size() : end + 1;
      if (end == unread_.npos) break;
      is_inside_ = false;
    }
    unread_.erase(0, at);
    return out;
  }

 private:
  std::string unread_;
  bool is_inside_ = false;
};

struct Stream {
  int fd = -1;
  std::string answer{};  // to the request that starts an execution
  bool is_reading = false;
  bool has_begun = false;  // something of the answer has come
  bool has_ended = false;
  BodyReader body{};
  TextReader texts{};
  StampReader stamps{};
};

std::string request_of(
    std::string const& method, std::string const& target, std::string const& body
) {
  std::string out = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  if (!body.empty())
    out +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + body;
}

class Client {
 public:
  Client(bool is_task, std::size_t tokens) : is_task_(is_task), tokens_(tokens) {}

  void connect(unsigned short port, std::size_t count, std::string const& body) {
    request_ = request_of("POST", is_task_ ? "/v1/executions" : "/v1/chat/completions", body);
    for (std::size_t i = 0; i < count; ++i) {
      auto stream = std::make_unique<Stream>();
      stream->fd = connect_to(port);
      stream->is_reading = !is_task_;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = stream.get();
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, stream->fd, &event) != 0)
        fail("cannot watch a connection");
      streams_.push_back(std::move(stream));
    }
  }

  Window run(std::int64_t length) {
    Window window;
    window.length = length;
    std::vector<epoll_event> events(1024);
    std::size_t left = streams_.size();
    start_some();
    while (left > 0) {
      int const ready =
          ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 60'000);
      if (ready <= 0) fail("nothing came for a minute");
      for (int i = 0; i < ready; ++i) {
        auto& stream = *static_cast<Stream*>(events[static_cast<std::size_t>(i)].data.ptr);
        read(stream, window);
        if (stream.has_ended) --left;
      }
    }
    return window;
  }

 private:
  static void send(Stream const& stream, std::string const& request) {
    auto const size = static_cast<ssize_t>(request.size());
    if (::send(stream.fd, request.data(), request.size(), MSG_NOSIGNAL) != size)
      fail("cannot send");
  }

  /// A few at a time, as clients come.
  void start_some() {
    for (; starting_ < starting_max && started_ < streams_.size(); ++starting_, ++started_)
      send(*streams_[started_], request_);
  }
  void has_started() {
    --starting_;
    start_some();
  }

  void read(Stream& stream, Window& window) {
    static char bytes[256 * 1024];
    auto const size = ::recv(stream.fd, bytes, sizeof bytes, 0);
    if (size <= 0) return end(stream, window);
    std::string_view const text(bytes, static_cast<std::size_t>(size));
    if (!stream.is_reading) return read_answer(stream, text);
    if (!is_task_ && !std::exchange(stream.has_begun, true)) has_started();
    bool const was_silent = stream.stamps.count() == 0;
    auto const texts =
        stream.texts.feed(stream.body.feed(text), is_task_ ? "\"text\":\"" : "\"content\":\"");
    stream.stamps.feed(texts, window);
    bool const begins = was_silent && stream.stamps.count() > 0;
    if (begins && ++speaking_ == streams_.size()) all_speak(window);
    if (stream.body.has_ended()) end(stream, window);
  }

  static void all_speak(Window& window) {
    if (window.length == 0) return;
    window.begin = nanoseconds_now() + settling;
    window.end = window.begin + window.length;
    std::puts("open");
    std::fflush(stdout);
  }

  /// To POST /v1/executions: its id.
  void read_answer(Stream& stream, std::string_view text) {
    stream.answer.append(text);
    if (message_size(stream.answer) == 0) return;
    constexpr std::string_view mark = "\"id\":\"";
    auto const at = stream.answer.find(mark);
    if (!stream.answer.starts_with("HTTP/1.1 201") || at == std::string::npos)
      fail("not accepted: " + stream.answer);
    auto const begin = at + mark.size();
    auto const id = stream.answer.substr(begin, stream.answer.find('"', begin) - begin);
    send(stream, request_of("GET", "/v1/executions/" + id + "/tasks/talk/stream", ""));
    stream.is_reading = true;
    has_started();
  }

  void end(Stream& stream, Window& window) {
    if (stream.has_ended) return;
    stream.has_ended = true;
    if (stream.stamps.count() != tokens_)
      fail(
          "a stream ended after " + std::to_string(stream.stamps.count()) + " tokens of " +
          std::to_string(tokens_) + ": " + stream.answer.substr(0, 400)
      );
    // All streams are open while ages count.
    window.end = std::min(window.end, nanoseconds_now());
    if (window.length > 0 && window.end < window.begin + window.length / 3)
      fail("streams ended before the measurement did: more tokens, or a shorter one");
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, stream.fd, nullptr);
    ::close(stream.fd);
  }

  bool is_task_;
  std::size_t tokens_;
  int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<Stream>> streams_;
  std::string request_;
  std::size_t started_ = 0;
  std::size_t starting_ = 0;  // of them, that are not under way yet
  std::size_t speaking_ = 0;
};

double microseconds_at(std::vector<std::int64_t> const& sorted, std::size_t percent) {
  if (sorted.empty()) return 0;
  auto const at = std::min(sorted.size() - 1, sorted.size() * percent / 100);
  return static_cast<double>(sorted[at]) / 1000;
}

}  // namespace

int main(int argc, char** argv) {
  program_name = "token_client";
  if (argc != 7) fail("usage: bench_token_client PORT STREAMS TOKENS SECONDS proxy|task BODY");
  auto const port = static_cast<unsigned short>(std::strtoul(argv[1], nullptr, 10));
  auto const length = static_cast<std::int64_t>(std::strtod(argv[4], nullptr) * double{second});
  Client client(std::string_view(argv[5]) == "task", std::strtoul(argv[3], nullptr, 10));
  client.connect(port, std::strtoul(argv[2], nullptr, 10), argv[6]);
  auto window = client.run(length);
  std::sort(window.ages.begin(), window.ages.end());
  auto const seconds = static_cast<double>(window.last - window.first) / second;
  std::printf(
      "{\"tokens\": %zu, \"seconds\": %.3f, \"perSecond\": %.0f, \"measured\": %zu, \"p50\": %.1f, "
      "\"p99\": %.1f, \"max\": %.1f}\n",
      window.tokens,
      seconds,
      static_cast<double>(window.tokens) / std::max(seconds, 1e-9),
      window.ages.size(),
      microseconds_at(window.ages, 50),
      microseconds_at(window.ages, 99),
      microseconds_at(window.ages, 100)
  );
}

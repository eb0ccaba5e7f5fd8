#include "providers/process/output_reader.hpp"

#include "providers/process/json_line.hpp"

#include <boost/asio/post.hpp>

#include <sys/stat.h>

#include <cerrno>
#include <vector>

namespace ropewalk {
namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;               // what a pipe holds
constexpr std::uint64_t bytes_after_stop_max = 1024 * 1024;  // the most that a pipe can hold

}  // namespace

OutputReader::OutputReader(
    Executor executor,
    FileDescriptor pipe,
    LogLevel level,
    AttemptSink& sink,
    LogBudget& budget,
    Limits limits
)
    : pipe_(executor, pipe.release()),
      level_(level),
      sink_(sink),
      budget_(budget),
      mask_(std::move(limits.mask)),
      splitter_(line_bytes_max),
      tail_(limits.tail_bytes_max),
      last_line_(limits.last_line_bytes_max),
      bytes_max_(limits.bytes_max),
      keeps_last_line_(limits.last_line_bytes_max > 0) {}

std::string OutputReader::pipe_name() const {
  struct stat info {};
  auto& pipe = const_cast<asio::posix::basic_stream_descriptor<Executor>&>(pipe_);
  if (!pipe.is_open() || ::fstat(pipe.native_handle(), &info) != 0) return {};
  return "pipe:[" + std::to_string(info.st_ino) + "]";
}

void OutputReader::stop_at_empty() {
  is_stopping_ = true;
  boost::system::error_code ignored;
  if (pipe_.is_open()) pipe_.cancel(ignored);
}

Async<> OutputReader::run() {
  auto const executor = co_await asio::this_coro::executor;
  std::vector<char> chunk(chunk_bytes);
  while (!is_stopping_ || bytes_after_stop_ < bytes_after_stop_max) {
    auto const n = ::read(pipe_.native_handle(), chunk.data(), chunk.size());
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      if (errno != EAGAIN || is_stopping_) break;
      auto [ec] = co_await pipe_.async_wait(asio::posix::descriptor_base::wait_read, use_tuple);
      auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) break;
      if (ec && !is_stopping_) break;
      continue;
    }
    std::string_view const bytes(chunk.data(), static_cast<std::size_t>(n));
    if (is_stopping_) bytes_after_stop_ += bytes.size();
    bytes_read_ += bytes.size();
    is_flooded_ = bytes_read_ > bytes_max_;
    if (is_flooded_) break;
    co_await take(mask_.feed(bytes));
    co_await asio::post(executor, use_async);  // a flood must not keep the shard from others
  }
  // Who was killed may have been in the middle of a secret.
  co_await take(mask_.finish(true));
  if (!is_over_budget_)
    if (auto line = splitter_.finish()) co_await log_line(std::move(*line));
  boost::system::error_code ignored;
  pipe_.close(ignored);
  is_done_ = true;
}

Async<> OutputReader::take(std::string_view chunk) {
  tail_.feed(chunk);
  if (keeps_last_line_) last_line_.feed(chunk);
  co_await log_chunk(chunk);
}

Async<> OutputReader::log_chunk(std::string_view chunk) {
  if (is_over_budget_) {
    budget_.dropped_bytes += chunk.size();
    co_return;
  }
  splitter_.feed(chunk);
  while (auto line = splitter_.next()) co_await log_line(std::move(*line));
}

Async<> OutputReader::log_line(LineSplitter::Line line) {
  auto const cost = line.bytes + log_line_overhead_bytes;
  if (is_over_budget_ || budget_.bytes_left < cost) {
    is_over_budget_ = true;
    budget_.bytes_left = 0;
    budget_.dropped_bytes += line.bytes + 1;
    co_return;
  }
  budget_.bytes_left -= cost;
  LogLine out = make_log_line(std::move(line.text), level_, line.is_continued);
  co_await sink_.log(std::move(out));
}

}  // namespace ropewalk

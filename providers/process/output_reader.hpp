#pragma once
// Reads one output pipe of a child to its end: log lines to the sink, the tail for results and
// errors.
//
// Owner:  the attempt, which joins run().
// Memory: bounded whatever the child writes; past the log limit bytes are read and counted, no
// longer logged. Cancel: run() returns soon; what the pipe still held is lost.

#include "engine/async/async.hpp"
#include "engine/base/mask_stream.hpp"
#include "engine/ports/task_runner.hpp"
#include "providers/process/file_descriptor.hpp"
#include "providers/process/line_splitter.hpp"
#include "providers/process/output_tail.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace ropewalk {

/// What the streams of one attempt may still log.
struct LogBudget {
  std::uint64_t bytes_left = 0;
  std::uint64_t dropped_bytes = 0;
};

inline constexpr std::size_t line_bytes_max = 16 * 1024;

class OutputReader {
 public:
  struct Limits {
    std::size_t tail_bytes_max = 64 * 1024;
    std::size_t last_line_bytes_max = 0;
    std::uint64_t bytes_max = UINT64_MAX;      // kept or not: then it reads no more
    std::shared_ptr<SecretMask const> mask{};  // what is to be in none of it
  };

  OutputReader(
      Executor executor,
      FileDescriptor pipe,
      LogLevel level,
      AttemptSink& sink,
      LogBudget& budget,
      Limits limits
  );

  /// Reads until the end of the pipe, or as far as stop_at_empty() allows.
  Async<> run();
  /// Whoever holds the pipe open is not waited for any longer: read what is in it, then end.
  void stop_at_empty();

  bool is_done() const { return is_done_; }
  /// It ended because there was more than Limits::bytes_max.
  bool is_flooded() const { return is_flooded_; }
  std::string pipe_name() const;  // "pipe:[12345]"
  OutputTail const& tail() const { return tail_; }
  LastLine const& last_line() const { return last_line_; }

 private:
  Async<> take(std::string_view chunk);
  Async<> log_chunk(std::string_view chunk);
  Async<> log_line(LineSplitter::Line line);

  asio::posix::basic_stream_descriptor<Executor> pipe_;
  LogLevel level_;
  AttemptSink& sink_;
  LogBudget& budget_;
  MaskStream mask_;  // before everything: it must see a secret whole
  LineSplitter splitter_;
  OutputTail tail_;
  LastLine last_line_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_after_stop_ = 0;
  bool keeps_last_line_;
  bool is_stopping_ = false;
  bool is_over_budget_ = false;
  bool is_done_ = false;
  bool is_flooded_ = false;
};

}  // namespace ropewalk

#pragma once
// Numbers the events of one execution and writes them as they go over the wire and into the journal
// (DESIGN §7).
//
// Pure. Frames are compact JSON objects, one a line, that begin with {"seq":N; numbers have no
// gaps.

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"
#include "engine/model/log_line.hpp"
#include "engine/model/records.hpp"
#include "engine/model/status.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

struct TaskStatusEvent {
  std::string_view task{};
  std::uint32_t attempt = 0;
  Status status = Status::pending;
  Error const* error = nullptr;
  std::optional<Instant> retry_at{};
  std::string_view parent{};       // of an instance: the task that called it
  std::string_view waiting{};      // JSON text of what it waits for; empty: nothing
  std::string_view reused_from{};  // where the result was taken over from; empty: nowhere
};

class EventWriter {
 public:
  explicit EventWriter(std::uint64_t last_seq = 0) : last_seq_(last_seq) {}

  /// `hold`: why a task had it paused; null when none did.
  void execution_status(
      Instant at, Status status, bool paused, Error const* error, Error const* hold = nullptr
  );
  void task_status(Instant at, TaskStatusEvent const& event);
  /// `output` is JSON text; past 8 KiB the event carries its size instead (it is read by GET
  /// /v1/executions/{id}).
  void task_output(
      Instant at, std::string_view task, std::uint32_t attempt, std::string_view output
  );
  void task_log(Instant at, std::string_view task, std::uint32_t attempt, LogLine const& line);

  std::uint64_t last_seq() const { return last_seq_; }
  /// What was written since the last call.
  std::vector<EventChunk> take() { return std::exchange(chunks_, {}); }
  bool empty() const { return chunks_.empty(); }

 private:
  std::string& begin(Instant at, std::string_view kind, std::string_view log_task);

  std::uint64_t last_seq_;
  std::vector<EventChunk> chunks_;
  Instant stamp_at_{};
  std::string stamp_{};  // of stamp_at_: many events share one moment
};

/// Appends `text` as a JSON string, quotes included. `text` is valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace ropewalk

#pragma once
// Committed events on their way to watchers, and the frames that watchers get.
//
// Any thread: batches are immutable and shared by all who watch.

#include "engine/base/ids.hpp"
#include "engine/ports/journal.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::server {

/// Which events a subscriber wants: one bit a kind.
using EventKinds = std::uint8_t;
inline constexpr EventKinds kind_status = 1;  // execution.status, task.status
inline constexpr EventKinds kind_log = 2;     // task.log
inline constexpr EventKinds kind_output = 4;  // task.output
inline constexpr EventKinds kind_token = 8;   // task.token
inline constexpr EventKinds kinds_all = 15;

/// "status", "log", "output", "token".
std::optional<EventKinds> parse_event_kind(std::string_view word);

/// Events of one execution, first_seq to last_seq without a gap; `frames` as in EventChunk.
struct EventBatch {
  ExecutionId execution{};
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  bool has_execution_status = false;
  std::string frames{};
};
using SharedBatch = std::shared_ptr<EventBatch const>;

/// REQUIRES: `events` is not empty and gap-free.
SharedBatch make_batch(ExecutionId execution, std::vector<EventChunk> const& events);

/// The kind bit of an event line; kind_status for a kind that is not known.
EventKinds kind_of(std::string_view line);
bool is_execution_status(std::string_view line);
/// The "seq" of an event line. REQUIRES: the line begins {"seq":…
std::uint64_t seq_of(std::string_view line);

/// Takes the first line off `lines` (without its end).
std::string_view take_line(std::string_view& lines);

/// Appends a WebSocket text frame: {"type":"event","execution":"…", and the line without its first
/// '{'.
void append_event_frame(std::string& out, std::string_view execution, std::string_view line);

}  // namespace ropewalk::server

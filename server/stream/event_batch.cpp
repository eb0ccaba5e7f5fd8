#include "server/stream/event_batch.hpp"

#include "engine/base/error.hpp"
#include "server/stream/frames.hpp"

#include <charconv>

namespace ropewalk::server {
namespace {

/// The event's kind: "task.status". It stands near the front, before any text that a task wrote.
std::string_view kind_text(std::string_view line) {
  constexpr std::string_view key = "\"kind\":\"";
  auto const at = line.substr(0, 160).find(key);
  if (at == line.npos) return {};
  auto const from = at + key.size();
  return line.substr(from, line.find('"', from) - from);
}

}  // namespace

std::optional<EventKinds> parse_event_kind(std::string_view word) {
  if (word == "status") return kind_status;
  if (word == "log") return kind_log;
  if (word == "output") return kind_output;
  if (word == "token") return kind_token;
  return std::nullopt;
}

EventKinds kind_of(std::string_view line) {
  auto const kind = kind_text(line);
  if (kind == "task.log") return kind_log;
  if (kind == "task.output") return kind_output;
  if (kind == "task.token") return kind_token;
  return kind_status;
}

bool is_execution_status(std::string_view line) {
  return kind_text(line) == "execution.status";
}

std::uint64_t seq_of(std::string_view line) {
  constexpr std::string_view key = "{\"seq\":";
  std::uint64_t out = 0;
  ROPEWALK_CHECK(line.starts_with(key));
  std::from_chars(line.data() + key.size(), line.data() + line.size(), out);
  return out;
}

std::string_view take_line(std::string_view& lines) {
  auto const end = lines.find('\n');
  auto const line = lines.substr(0, end);
  lines = end == lines.npos ? std::string_view{} : lines.substr(end + 1);
  return line;
}

SharedBatch make_batch(ExecutionId execution, std::vector<EventChunk> const& events) {
  ROPEWALK_CHECK(!events.empty());
  auto out = std::make_shared<EventBatch>();
  out->execution = execution;
  out->first_seq = events.front().first_seq;
  out->last_seq = events.back().last_seq;
  std::size_t size = 0;
  for (auto const& chunk : events) size += chunk.frames.size() + 1;
  out->frames.reserve(size);
  for (auto const& chunk : events) {
    out->frames += chunk.frames;
    if (!chunk.frames.empty() && chunk.frames.back() != '\n') out->frames += '\n';
    out->has_execution_status =
        out->has_execution_status ||
        (chunk.log_task.empty() && chunk.frames.find("\"execution.status\"") != std::string::npos);
  }
  return out;
}

void append_event_frame(std::string& out, std::string_view execution, std::string_view line) {
  constexpr std::string_view before = "{\"type\":\"event\",\"execution\":\"";
  constexpr std::string_view after = "\",";
  if (!line.starts_with('{')) return;
  line.remove_prefix(1);
  append_frame_header(
      out, Opcode::text, before.size() + execution.size() + after.size() + line.size()
  );
  out.append(before).append(execution).append(after).append(line);
}

}  // namespace ropewalk::server

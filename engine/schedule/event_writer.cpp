#include "engine/schedule/event_writer.hpp"

#include "engine/base/json.hpp"

namespace ropewalk {
namespace {

constexpr std::size_t output_shown_max = 8 * 1024;
constexpr std::size_t chunk_bytes_max = 256 * 1024;  // of one row: keeps a reader's page small

void append_field(std::string& out, std::string_view name, std::string_view text) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(out, text);
}

void append_field(std::string& out, std::string_view name, std::uint64_t number) {
  out += ",\"";
  out += name;
  out += "\":";
  out += std::to_string(number);
}

void append_error(std::string& out, std::string_view name, Error const* error) {
  if (!error) return;
  out += ",\"";
  out += name;
  out += "\":";
  out += to_text(to_json(*error));
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr char const* hex = "0123456789abcdef";
  out += '"';
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  out += '"';
}

std::string& EventWriter::begin(Instant at, std::string_view kind, std::string_view log_task) {
  bool const joins = !chunks_.empty() && chunks_.back().log_task == log_task &&
                     chunks_.back().frames.size() < chunk_bytes_max;
  if (!joins) chunks_.push_back({last_seq_ + 1, last_seq_, std::string(log_task), {}});
  EventChunk& chunk = chunks_.back();
  chunk.last_seq = ++last_seq_;
  if (stamp_.empty() || at != stamp_at_) {
    stamp_at_ = at;
    stamp_ = format_instant(at);
  }
  std::string& out = chunk.frames;
  out += "{\"seq\":";
  out += std::to_string(last_seq_);
  out += ",\"at\":\"";
  out += stamp_;
  out += "\",\"kind\":\"";
  out += kind;
  out += '"';
  return out;
}

void EventWriter::execution_status(
    Instant at, Status status, bool paused, Error const* error, Error const* hold
) {
  std::string& out = begin(at, "execution.status", {});
  append_field(out, "status", to_string(status));
  if (paused) out += ",\"paused\":true";
  append_error(out, "error", error);
  append_error(out, "hold", hold);
  out += "}\n";
}

void EventWriter::task_status(Instant at, TaskStatusEvent const& event) {
  std::string& out = begin(at, "task.status", {});
  append_field(out, "task", event.task);
  append_field(out, "attempt", event.attempt);
  append_field(out, "status", to_string(event.status));
  if (event.retry_at) append_field(out, "retryAt", format_instant(*event.retry_at));
  if (!event.parent.empty()) append_field(out, "parent", event.parent);
  if (!event.reused_from.empty()) append_field(out, "reusedFrom", event.reused_from);
  if (!event.waiting.empty()) {
    out += ",\"waiting\":";
    out += event.waiting;
  }
  append_error(out, "error", event.error);
  out += "}\n";
}

void EventWriter::task_output(
    Instant at, std::string_view task, std::uint32_t attempt, std::string_view output
) {
  std::string& out = begin(at, "task.output", {});
  append_field(out, "task", task);
  append_field(out, "attempt", attempt);
  if (output.size() <= output_shown_max) {
    out += ",\"output\":";
    out += output;
  } else {
    append_field(out, "size", output.size());
  }
  out += "}\n";
}

void EventWriter::task_log(
    Instant at, std::string_view task, std::uint32_t attempt, LogLine const& line
) {
  std::string& out = begin(at, "task.log", task);
  append_field(out, "task", task);
  append_field(out, "attempt", attempt);
  append_field(out, "level", to_string(line.level));
  append_field(out, "text", line.text);
  if (line.is_continued) out += ",\"continued\":true";
  out += "}\n";
}

}  // namespace ropewalk

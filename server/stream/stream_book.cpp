#include "server/stream/stream_book.hpp"

#include "engine/base/json.hpp"
#include "engine/schedule/event_writer.hpp"
#include "server/stream/event_batch.hpp"

#include <algorithm>

namespace ropewalk::server {
namespace {

/// A text may have this many channels (one a tool call): what goes into further ones is dropped.
constexpr std::size_t channels_max = 256;
constexpr std::string_view text_channel = "text";

bool is_terminal_word(std::string_view status) {
  return status == "COMPLETED" || status == "FAILED" || status == "CANCELLED" ||
         status == "SKIPPED";
}

std::string_view text_of(json::object const& object, std::string_view name) {
  auto const* value = object.if_contains(name);
  auto const* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view{} : std::string_view(*text);
}

/// Of `text` what fits into `room` bytes, cut between code points.
std::string_view fit(std::string_view text, std::uint64_t room) {
  if (text.size() <= room) return text;
  auto end = static_cast<std::size_t>(room);
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace

std::string end_frame(
    std::string_view execution,
    StreamHead const& head,
    std::string_view status,
    std::uint64_t length,
    std::string_view sha256,
    TextEnd const& ending
) {
  auto out = frame_start("end", execution, head.task, head.attempt);
  out.append(",\"status\":\"").append(status).append("\",\"length\":");
  out.append(std::to_string(length)).append(",\"sha256\":\"").append(sha256).append("\"");
  if (!ending.finish_reason.empty()) {
    out += ",\"finishReason\":";
    append_json_string(out, ending.finish_reason);
  }
  if (!ending.usage.empty()) out.append(",\"usage\":").append(ending.usage);
  if (ending.cost_usd) out += ",\"costUsd\":" + to_text(json::value(*ending.cost_usd));
  if (!ending.model.empty()) {
    out += ",\"model\":";
    append_json_string(out, ending.model);
  }
  out += '}';
  return out;
}

StreamBook::Stream* StreamBook::find_or_begin(TextSource const& source) {
  auto& entry = executions_[source.execution];
  auto found = entry.by_task.find(source.task);
  if (found == entry.by_task.end()) {
    auto const index = static_cast<std::uint32_t>(entry.streams.size());
    found = entry.by_task.emplace(std::string(source.task), index).first;
    entry.streams.emplace_back();
  }
  auto& stream = entry.streams[found->second];
  if (stream.head && (stream.head->attempt > source.attempt || stream.end)) return nullptr;
  if (!stream.head || stream.head->attempt < source.attempt)
    begin(stream, StreamHead{std::string(source.task), source.attempt, 0, {}, source.running_seq});
  mark(source.execution, entry, found->second);
  return &stream;
}

void StreamBook::begin(Stream& stream, StreamHead head) {
  bool const is_dirty = stream.is_dirty;
  stream = Stream{};
  stream.is_dirty = is_dirty;
  stream.head = std::make_shared<StreamHead const>(std::move(head));
}

void StreamBook::mark(ExecutionId execution, Entry& entry, std::uint32_t index) {
  if (std::exchange(entry.streams[index].is_dirty, true)) return;
  if (entry.dirty.empty()) dirty_.push_back(execution);
  entry.dirty.push_back(index);
}

bool StreamBook::token(TextSource const& source, std::string_view channel, std::string_view text) {
  if (text.empty()) return false;
  auto* stream = find_or_begin(source);
  if (stream == nullptr) return false;
  if (channel == text_channel) {
    stream->hash.add(text);
    stream->points += code_points(text);
  }
  auto& channels = stream->channels;
  auto found = std::find_if(channels.begin(), channels.end(), [channel](Channel const& known) {
    return known.log->channel() == channel;
  });
  if (found == channels.end()) {
    if (channels.size() >= channels_max && channel != text_channel) return false;
    channels.push_back(Channel{std::make_shared<TextLog>(std::string(channel)), {}, false});
    found = channels.end() - 1;
  }
  if (found->is_cut) return false;
  auto const kept = fit(text, bytes_max_ - found->end.bytes);
  found->is_cut = kept.size() < text.size();
  found->end = found->log->append(kept);
  return true;
}

bool StreamBook::restart(TextSource const& source, std::string_view reason) {
  auto* stream = find_or_begin(source);
  if (stream == nullptr) return false;
  auto const generation = stream->head->generation + 1;
  begin(
      *stream,
      StreamHead{
          std::string(source.task),
          source.attempt,
          generation,
          std::string(reason),
          source.running_seq}
  );
  return true;
}

void StreamBook::end(TextSource const& source, TextEnd const& end) {
  if (auto* stream = find_or_begin(source)) stream->ending = end;
}

bool StreamBook::published(ExecutionId execution, std::vector<EventChunk> const& events) {
  auto const entry = executions_.find(execution);
  if (entry == executions_.end()) return false;
  bool is_over = false;
  for (auto const& chunk : events) {
    if (!chunk.log_task.empty()) continue;
    for (std::string_view lines = chunk.frames; !lines.empty();) {
      auto const line = take_line(lines);
      if (is_execution_status(line)) {
        auto const value = parse_json(line);
        if (value && value->is_object())
          is_over = is_terminal_word(text_of(value->get_object(), "status"));
      } else if (kind_of(line) == kind_status && !line.empty()) {
        task_changed(execution, entry->second, line);
      }
    }
  }
  return is_over;
}

void StreamBook::task_changed(ExecutionId execution, Entry& entry, std::string_view line) {
  auto const value = parse_json(line, JsonLimits{4 * 1024 * 1024, 64, 1'000'000});
  if (!value || !value->is_object()) return;
  auto const& event = value->get_object();
  auto const found = entry.by_task.find(text_of(event, "task"));
  auto const* number = event.if_contains("attempt");
  if (found == entry.by_task.end() || number == nullptr || !number->is_number()) return;
  auto const attempt = number->to_number<std::uint32_t>();
  auto const status = text_of(event, "status");
  auto& stream = entry.streams[found->second];
  if (status == "RUNNING" && attempt > stream.head->attempt) {
    begin(stream, StreamHead{std::string(found->first), attempt, 0, {}, seq_of(line)});
    mark(execution, entry, found->second);
  } else if (is_terminal_word(status) && attempt == stream.head->attempt && !stream.end) {
    auto const json = end_frame(
        execution.to_string(), *stream.head, status, stream.points, stream.hash.hex(), stream.ending
    );
    stream.end = std::make_shared<StreamEnd const>(StreamEnd{json, seq_of(line)});
    mark(execution, entry, found->second);
  }
}

StreamView StreamBook::view_of(Stream const& stream) {
  StreamView out;
  out.head = stream.head;
  out.end = stream.end;
  out.channels.reserve(stream.channels.size());
  for (auto const& channel : stream.channels)
    out.channels.push_back(ChannelView{channel.log, channel.end, channel.is_cut});
  return out;
}

std::vector<StreamUpdate> StreamBook::take_updates() {
  std::vector<StreamUpdate> out;
  for (auto const execution : dirty_) {
    auto const found = executions_.find(execution);
    if (found == executions_.end()) continue;
    auto& entry = found->second;
    if (entry.dirty.empty()) continue;
    StreamUpdate update;
    update.execution = execution;
    for (auto const index : entry.dirty) {
      entry.streams[index].is_dirty = false;
      update.streams.emplace_back(index, view_of(entry.streams[index]));
    }
    entry.dirty.clear();
    out.push_back(std::move(update));
  }
  dirty_.clear();
  return out;
}

StreamUpdate StreamBook::everything(ExecutionId execution) const {
  StreamUpdate out;
  out.execution = execution;
  auto const found = executions_.find(execution);
  if (found == executions_.end()) return out;
  auto const& streams = found->second.streams;
  for (std::uint32_t index = 0; index < streams.size(); ++index)
    out.streams.emplace_back(index, view_of(streams[index]));
  return out;
}

std::vector<ExecutionId> StreamBook::executions() const {
  std::vector<ExecutionId> out;
  out.reserve(executions_.size());
  for (auto const& [execution, entry] : executions_) out.push_back(execution);
  return out;
}

std::uint64_t StreamBook::bytes_held() const {
  std::uint64_t out = 0;
  for (auto const& [execution, entry] : executions_)
    for (auto const& stream : entry.streams)
      for (auto const& channel : stream.channels) out += channel.log->bytes_held();
  return out;
}

}  // namespace ropewalk::server

#include "server/stream/task_streams.hpp"

#include "engine/schedule/event_writer.hpp"

#include <algorithm>

namespace ropewalk::server {
namespace {

/// Whether `fresh` says more than `known`.
bool is_news(StreamView const& known, StreamView const& fresh) {
  if (!known.head) return true;
  auto const key = [](StreamView const& view) {
    return std::pair(view.head->attempt, view.head->generation);
  };
  if (key(known) != key(fresh)) return key(known) < key(fresh);
  if (known.end) return false;
  // Positions of a channel only grow, and channels are only added.
  return fresh.channels.size() >= known.channels.size();
}

void append_channel(std::string& out, std::string const& channel) {
  if (channel == "text") return;
  out += ",\"channel\":";
  append_json_string(out, channel);
}

}  // namespace

std::string frame_start(
    std::string_view type, std::string_view execution, std::string_view task, std::uint32_t attempt
) {
  std::string out = "{\"type\":\"";
  out.append(type).append("\",\"execution\":\"").append(execution).append("\",\"task\":");
  append_json_string(out, task);
  out += ",\"attempt\":" + std::to_string(attempt);
  return out;
}

std::string cut_frame(std::string_view execution, StreamHead const& head, ChannelView const& cut) {
  auto out = frame_start("token", execution, head.task, head.attempt);
  append_channel(out, cut.log->channel());
  out += ",\"offset\":" + std::to_string(cut.end.points) + ",\"text\":\"\",\"cut\":true}";
  return out;
}

std::string superseded_frame(
    std::string_view execution,
    std::string_view task,
    std::uint32_t attempt,
    std::uint32_t by,
    std::string_view reason
) {
  auto out = frame_start("superseded", execution, task, attempt);
  out += ",\"by\":" + std::to_string(by);
  if (!reason.empty()) {
    out += ",\"reason\":";
    append_json_string(out, reason);
  }
  out += '}';
  return out;
}

void ExecutionStreams::apply(StreamUpdate const& update) {
  for (auto const& [index, view] : update.streams) {
    if (index >= streams_.size()) streams_.resize(index + 1);
    if (is_news(streams_[index].view, view)) streams_[index].view = view;
  }
  is_over_ = is_over_ || update.is_over;
}

StreamView const* ExecutionStreams::find(std::string_view task) const {
  auto const found = std::find_if(streams_.begin(), streams_.end(), [task](Stream const& stream) {
    return stream.view.head && stream.view.head->task == task;
  });
  return found == streams_.end() ? nullptr : &found->view;
}

std::string const& ExecutionStreams::token_frame(
    std::uint32_t index, std::size_t channel, TextPosition from, TextPosition to
) {
  auto& stream = streams_[index];
  auto const& log = *stream.view.channels[channel].log;
  auto& piece = stream.piece;
  if (piece.log == &log && piece.from == from && piece.to == to) return piece.frame;
  std::string text;
  log.read(from, to, text);
  auto const& head = *stream.view.head;
  auto out = frame_start("token", execution_, head.task, head.attempt);
  append_channel(out, log.channel());
  out += ",\"offset\":" + std::to_string(from.points) + ",\"text\":";
  append_json_string(out, text);
  out += '}';
  piece = Piece{&log, from, to, std::move(out)};
  ++formatted_count_;
  return piece.frame;
}

}  // namespace ropewalk::server

#include "server/stream/stream_follower.hpp"

#include "engine/base/error.hpp"

#include <algorithm>

namespace ropewalk::server {
namespace {

constexpr std::uint64_t piece_bytes_max = 64 * 1024;

bool has_text(StreamView const& view) {
  return std::any_of(view.channels.begin(), view.channels.end(), [](ChannelView const& channel) {
    return channel.end.bytes > 0;
  });
}

/// Whether the place is one in this text.
bool is_text(StreamPlace const& place, StreamHead const& head) {
  return place.attempt == head.attempt && place.generation == head.generation;
}

/// Where `from` stands in the channels of `view`, in their order. False when it has text that they
/// do not have.
bool find_places(StreamPlace const& from, StreamView const& view, std::vector<ChannelPlace>& out) {
  for (auto const& channel : view.channels) {
    ChannelPlace place{channel_key(channel.log->channel()), {}};
    auto const had = std::ranges::find(from.channels, place.key, &ChannelPlace::key);
    if (had != from.channels.end()) {
      if (had->position.points > channel.end.points) return false;
      place.position = channel.log->find(had->position.points, channel.end);
    }
    out.push_back(std::move(place));
  }
  return std::ranges::all_of(from.channels, [&out](ChannelPlace const& had) {
    return had.position.points == 0 ||
           std::ranges::find(out, had.key, &ChannelPlace::key) != out.end();
  });
}

}  // namespace

std::string channel_key(std::string_view channel) {
  constexpr std::size_t size_max = 40;
  constexpr std::string_view fit =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-:";
  if (!channel.empty() && channel.size() <= size_max &&
      channel.find_first_not_of(fit) == std::string_view::npos)
    return std::string(channel);
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  for (char const c : channel) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return "~" + std::to_string(hash);
}

StreamFollower::StreamFollower(std::shared_ptr<ExecutionStreams> streams, std::string only_task)
    : streams_(std::move(streams)), only_task_(std::move(only_task)) {}

void StreamFollower::offer(StreamUpdate const& update, std::uint64_t seq_known) {
  for (auto const& [index, view] : update.streams) mark(index, seq_known);
}

void StreamFollower::offer_all(std::uint64_t seq_known) {
  for (std::uint32_t index = 0; index < streams_->size(); ++index) mark(index, seq_known);
}

void StreamFollower::mark(std::uint32_t index, std::uint64_t seq_known) {
  auto const& view = streams_->at(index);
  if (!view.head || (!only_task_.empty() && view.head->task != only_task_)) return;
  if (index >= positions_.size()) positions_.resize(index + 1);
  auto& position = positions_[index];
  if (!position.is_known) {
    position.is_known = true;
    position.after_seq = seq_known;
  }
  if (std::exchange(position.is_marked, true)) return;
  waiting_.push_back(index);
}

void StreamFollower::events_sent(std::uint64_t seq) {
  if (seq <= sent_) return;
  sent_ = seq;
  waiting_.insert(waiting_.end(), blocked_.begin(), blocked_.end());
  blocked_.clear();
}

std::size_t StreamFollower::take(FrameTaker& taker, std::size_t bytes_max) {
  bytes_taken_ = 0;
  frames_taken_ = 0;
  while (!waiting_.empty() && bytes_taken_ < bytes_max) {
    auto const index = waiting_.front();
    waiting_.pop_front();
    if (take_one(index, taker)) {
      // A text that is complete is told to its end; those that grow take turns.
      auto const again = streams_->at(index).end ? waiting_.begin() : waiting_.end();
      waiting_.insert(again, index);
      continue;
    }
    auto& position = positions_[index];
    auto const& view = streams_->at(index);
    bool const has_rest = view.end && !position.place.has_ended;
    if (sent_ < std::max(position.after_seq, view.head->running_seq) || has_rest) {
      blocked_.push_back(index);
    } else {
      position.is_marked = false;
    }
  }
  return frames_taken_;
}

void StreamFollower::announce(Position& position, StreamView const& view, FrameTaker& taker) {
  if (std::exchange(position.was_superseded, true)) return;
  auto const& head = *view.head;
  auto const tell = [&](std::uint32_t attempt, std::string_view reason) {
    auto const json =
        superseded_frame(streams_->execution(), head.task, attempt, head.attempt, reason);
    taker.take("superseded", json, position.place);
    bytes_taken_ += json.size();
    ++frames_taken_;
  };
  if (head.attempt > 1) tell(head.attempt - 1, {});
  if (head.generation > 0) tell(head.attempt, head.reason);
}

/// Moves on to the text that there is now. Who was shown an earlier one is told so.
void StreamFollower::begin(Position& position, StreamView const& view, FrameTaker& taker) {
  auto const& head = *view.head;
  auto const before = position.place.attempt;
  bool const was_shown = std::exchange(position.was_shown, false);
  position.place = StreamPlace{head.attempt, head.generation, {}, false};
  position.cuts_told.clear();
  position.was_superseded = was_shown;
  if (!was_shown) return;
  auto const reason = before == head.attempt ? std::string_view(head.reason) : std::string_view();
  auto const json =
      superseded_frame(streams_->execution(), head.task, before, head.attempt, reason);
  taker.take("superseded", json, position.place);
  bytes_taken_ += json.size();
  ++frames_taken_;
}

/// Goes on where another connection ended, if it ended in this text.
void StreamFollower::resume_at(Position& position, StreamView const& view, FrameTaker& taker) {
  auto const from = *std::exchange(resumed_, std::nullopt);
  auto const& head = *view.head;
  position.was_shown = true;
  StreamPlace place{head.attempt, head.generation, {}, from.has_ended};
  if (!is_text(from, head) || !find_places(from, view, place.channels)) {
    position.place.attempt = from.attempt;
    return begin(position, view, taker);
  }
  position.place = std::move(place);
  position.was_superseded = true;
}

bool StreamFollower::take_one(std::uint32_t index, FrameTaker& taker) {
  auto& position = positions_[index];
  auto const& view = streams_->at(index);
  auto const& head = *view.head;
  if (sent_ < std::max(position.after_seq, head.running_seq)) return false;
  if (resumed_) {
    resume_at(position, view, taker);
  } else if (!is_text(position.place, head)) {
    begin(position, view, taker);
  }
  bool const shows = has_text(view) || head.generation > 0;
  if (!position.was_shown && shows) announce(position, view, taker);
  if (take_text(position, index, taker)) return true;
  if (!view.end || position.place.has_ended || sent_ < view.end->seq) return false;
  if (!position.was_shown) announce(position, view, taker);
  position.place.has_ended = true;
  taker.take("end", view.end->json, position.place);
  bytes_taken_ += view.end->json.size();
  ++frames_taken_;
  position.was_shown = true;
  return false;
}

bool StreamFollower::take_text(Position& position, std::uint32_t index, FrameTaker& taker) {
  auto const& view = streams_->at(index);
  auto& places = position.place.channels;
  while (places.size() < view.channels.size())
    places.push_back({channel_key(view.channels[places.size()].log->channel()), {}});
  position.cuts_told.resize(view.channels.size());
  for (std::size_t i = 0; i < view.channels.size(); ++i) {
    auto const& channel = view.channels[i];
    auto& at = places[i].position;
    if (at.bytes < channel.end.bytes) {
      auto const to = channel.log->cut(at, channel.end, piece_bytes_max);
      auto const& json = streams_->token_frame(index, i, at, to);
      at = to;
      position.was_shown = true;
      taker.take("token", json, position.place);
      bytes_taken_ += json.size();
      ++frames_taken_;
      return true;
    }
    if (channel.is_cut && !position.cuts_told[i]) {
      position.cuts_told[i] = true;
      auto const json = cut_frame(streams_->execution(), *view.head, channel);
      taker.take("token", json, position.place);
      bytes_taken_ += json.size();
      ++frames_taken_;
      return true;
    }
  }
  return false;
}

}  // namespace ropewalk::server

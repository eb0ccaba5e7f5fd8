// Subscription: its part in the texts that tasks stream.
#include "server/stream/frames.hpp"
#include "server/stream/subscription.hpp"

#include <algorithm>

namespace ropewalk::server {
namespace {

class WebSocketTaker : public FrameTaker {
 public:
  explicit WebSocketTaker(std::string& out) : out_(out) {}
  void take(std::string_view /*type*/, std::string_view json, StreamPlace const& /*after*/)
      override {
    append_frame(out_, Opcode::text, json);
  }

 private:
  std::string& out_;
};

}  // namespace

void Subscription::follow(std::shared_ptr<ExecutionStreams> const& live, bool has_stored) {
  if ((kinds_ & kind_token) == 0) return;
  follows_ = true;
  wants_stored_ = has_stored;
  if (!live) return;
  followers_.emplace_back(live).offer_all(known_);
}

void Subscription::offer_streams(
    std::shared_ptr<ExecutionStreams> const& streams, StreamUpdate const& update
) {
  if (!follows_) return;
  if (followers_.empty() || followers_.back().streams() != streams)
    followers_.emplace_back(streams);
  followers_.back().offer(update, known_);
  // What is over and was read is let go of, also when nothing is left to be sent.
  while (!wants_stored_ && !followers_.empty() && followers_.front().is_done())
    followers_.pop_front();
}

bool Subscription::is_followed(std::string_view task) const {
  return std::any_of(followers_.begin(), followers_.end(), [task](StreamFollower const& follower) {
    return follower.streams()->find(task) != nullptr;
  });
}

bool Subscription::has_texts() const {
  if (wants_stored_) return !stored_ ? need() == Need::nothing : stored_->has_more();
  return !followers_.empty() && followers_.front().has_more();
}

void Subscription::take_stored(std::vector<StoredText> page) {
  if (page.empty()) {
    wants_stored_ = false;
    return;
  }
  stored_after_ = page.back().task;
  std::erase_if(page, [this](StoredText const& text) { return is_followed(text.task); });
  stored_.emplace(to_streams(execution_, page)).offer_all(0);
}

void Subscription::take_texts(std::string& out, std::size_t bytes_max) {
  WebSocketTaker taker(out);
  auto const begin = out.size();
  auto const room = [&] { return bytes_max - std::min(bytes_max, out.size() - begin); };
  if (stored_) {
    frames_count += stored_->take(taker, room());
    if (stored_->is_done()) stored_.reset();
  }
  while (!wants_stored_ && !followers_.empty()) {
    auto& follower = followers_.front();
    follower.events_sent(sent_);
    frames_count += follower.take(taker, room());
    if (!follower.is_done()) return;
    followers_.pop_front();
  }
}

}  // namespace ropewalk::server

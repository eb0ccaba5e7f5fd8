#include "server/stream/subscription.hpp"

#include "engine/base/error.hpp"

#include <algorithm>

namespace ropewalk::server {

Subscription::Subscription(
    std::string id, ExecutionId execution, std::uint64_t after, EventKinds kinds
)
    : id_(std::move(id)),
      execution_(execution),
      execution_text_(execution.to_string()),
      kinds_(kinds),
      sent_(after) {}

std::size_t Subscription::offer(SharedBatch const& batch) {
  known_until(batch->last_seq);
  if (batch->last_seq <= sent_) return 0;
  // Batches queue up while history is still being read, so that the two meet.
  if (!queue_.empty() && batch->first_seq != queue_.back()->last_seq + 1) return 0;
  queue_.push_back(batch);
  return batch->frames.size();
}

std::size_t Subscription::drop_queue() {
  std::size_t bytes = 0;
  for (auto const& batch : queue_) bytes += batch->frames.size();
  queue_.clear();
  return bytes;
}

Subscription::Need Subscription::need() const {
  if (sent_ >= known_) return Need::nothing;
  if (!queue_.empty() && queue_.front()->first_seq <= sent_ + 1) return Need::queue;
  return Need::history;
}

std::size_t Subscription::take_batch(std::string& out) {
  ROPEWALK_CHECK(!queue_.empty());
  auto const batch = std::move(queue_.front());
  queue_.pop_front();
  if (batch->last_seq > sent_) append(out, batch->frames);
  sent_ = std::max(sent_, batch->last_seq);
  return batch->frames.size();
}

void Subscription::take_page(std::string& out, std::string_view lines, std::uint64_t last_seq) {
  append(out, lines);
  // Nothing more there although more was known: it was pruned. What cannot be read any more is not
  // waited for.
  sent_ = last_seq == 0 ? std::max(sent_, known_) : std::max(sent_, last_seq);
  known_ = std::max(known_, sent_);
}

void Subscription::append(std::string& out, std::string_view lines) {
  while (!lines.empty()) {
    auto const line = take_line(lines);
    if (line.empty() || seq_of(line) <= sent_) continue;
    if ((kind_of(line) & kinds_) == 0) continue;
    append_event_frame(out, execution_text_, line);
    ++frames_count;
  }
}

}  // namespace ropewalk::server

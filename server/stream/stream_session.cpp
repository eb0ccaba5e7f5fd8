// The loops of a WebSocket connection: reading, writing, and watching that the peer is still there.
#include "server/stream/stream_session.hpp"

#include "engine/async/deadline.hpp"
#include "engine/base/json.hpp"

#include <algorithm>

namespace ropewalk::server {
namespace {

constexpr std::size_t write_bytes_wanted = 256 * 1024;
constexpr std::size_t page_bytes_wanted = 128 * 1024;

}  // namespace

StreamSession::StreamSession(Executor executor, Socket& socket, StreamParts const& parts)
    : executor_(executor),
      socket_(socket),
      parts_(parts),
      loops_(executor),
      wake_writer_(executor),
      drained_(executor),
      reader_(parts.limits.frame_bytes) {}

StreamSession::~StreamSession() {
  for (auto const& [execution, subscription] : subscriptions_) parts_.hub.unwatch(execution, *this);
  if (!all_id_.empty()) parts_.hub.unwatch_all(*this);
}

Async<> StreamSession::run(std::string first_bytes) {
  loops_.spawn(read_loop(std::move(first_bytes)));
  loops_.spawn(write_loop());
  loops_.spawn(ping_loop());
  co_await loops_.join();
}

void StreamSession::close(std::uint16_t code, std::string reason) {
  if (closing_frame_.empty()) append_close(closing_frame_, code, reason);
  wake_writer_.notify();
}

Async<> StreamSession::read_loop(std::string first_bytes) {
  using Kind = FrameReader::Kind;
  constexpr std::chrono::hours forever(24 * 365);  // ping_loop is what ends a dead connection
  reader_.feed(first_bytes);
  for (;;) {
    while (auto event = reader_.next()) {
      heard_ = true;
      if (event->kind == Kind::text && closing_frame_.empty())
        co_await handle(std::move(event->data));
      if (event->kind == Kind::ping) {
        append_frame(replies_, Opcode::pong, event->data);
        wake_writer_.notify();
      }
      if (event->kind == Kind::close) close(event->code, "");
      if (event->kind == Kind::failed) close(event->code, event->data);
      while (replies_.size() > write_bytes_wanted) co_await drained_.wait();
    }
    std::string bytes;
    auto const read = co_await read_some(socket_, bytes, forever);
    if (!read) break;
    if (closing_frame_.empty()) reader_.feed(bytes);
  }
  loops_.cancel();
}

Async<> StreamSession::write_loop() {
  auto const limit = parts_.limits.request_timeout;
  for (;;) {
    std::string bytes;
    bool const is_last = !closing_frame_.empty();
    if (is_last) {
      bytes = std::exchange(replies_, {}) + closing_frame_;
    } else {
      bytes = co_await gather();
    }
    if (bytes.empty()) {
      if (closing_frame_.empty()) co_await wake_writer_.wait();
      continue;
    }
    auto const written = co_await write_all(socket_, bytes, limit);
    if (!written) break;
    drained_.notify();
    if (!is_last) continue;
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    co_await sleep_for(std::chrono::seconds(2)
    );  // for the peer's own close; reading it ends both loops
    break;
  }
  loops_.cancel();
}

Async<> StreamSession::ping_loop() {
  for (;;) {
    co_await sleep_for(parts_.limits.idle_timeout / 2);
    if (!heard_) break;
    heard_ = false;
    append_frame(replies_, Opcode::ping, "");
    wake_writer_.notify();
  }
  loops_.cancel();
}

void StreamSession::make_ready(Subscription& subscription) {
  if (!subscription.is_announced || subscription.is_ready) return;
  if (subscription.need() == Subscription::Need::nothing && !subscription.has_texts()) return;
  subscription.is_ready = true;
  ready_.push_back(subscription.execution());
  wake_writer_.notify();
}

void StreamSession::offer(SharedBatch const& batch) {
  auto const found = subscriptions_.find(batch->execution);
  if (found == subscriptions_.end()) return;
  queued_bytes_ += found->second.offer(batch);
  // Too much waits: what this client has not read yet comes from the store when it does.
  if (queued_bytes_ > parts_.limits.send_bytes) queued_bytes_ -= found->second.drop_queue();
  make_ready(found->second);
}

void StreamSession::offer_to_all(SharedBatch const& batch) {
  auto const found = subscriptions_.find(batch->execution);
  // A change of status goes out once, however many subscriptions want it.
  if (found != subscriptions_.end() && (found->second.kinds() & kind_status) != 0) return;
  queue_for_all(batch);
}

void StreamSession::queue_for_all(SharedBatch const& batch) {
  if (all_id_.empty() || !batch->has_execution_status) return;
  all_queue_.push_back(batch);
  queued_bytes_ += batch->frames.size();
  if (queued_bytes_ > parts_.limits.send_bytes)
    close(close_code::try_again_later, "too slow: list the executions again, then subscribe");
  wake_writer_.notify();
}

void StreamSession::end_subscription(ExecutionId execution) {
  auto const found = subscriptions_.find(execution);
  if ((found->second.kinds() & kind_status) != 0)
    for (auto const& batch : found->second.queue())
      if (batch->last_seq > found->second.sent()) queue_for_all(batch);
  queued_bytes_ -= found->second.drop_queue();
  by_id_.erase(found->second.id());
  subscriptions_.erase(found);
  parts_.hub.unwatch(execution, *this);
}

Async<std::string> StreamSession::gather() {
  std::string out = std::exchange(replies_, {});
  std::size_t frames_count = 0;
  while (out.size() < write_bytes_wanted && closing_frame_.empty()) {
    if (!all_queue_.empty()) {
      auto const batch = std::move(all_queue_.front());
      all_queue_.pop_front();
      queued_bytes_ -= batch->frames.size();
      auto const execution = batch->execution.to_string();
      for (std::string_view lines = batch->frames; !lines.empty();) {
        auto const line = take_line(lines);
        if (!is_execution_status(line)) continue;
        append_event_frame(out, execution, line);
        ++frames_count;
      }
      continue;
    }
    if (ready_.empty()) break;
    auto const execution = ready_.front();
    auto const found = subscriptions_.find(execution);
    auto const need =
        found == subscriptions_.end() ? Subscription::Need::nothing : found->second.need();
    // What is there goes first.
    bool const must_read = need == Subscription::Need::history ||
                           (found != subscriptions_.end() && found->second.needs_stored());
    if (must_read && !out.empty()) break;
    ready_.pop_front();
    if (found == subscriptions_.end()) continue;
    found->second.is_ready = false;
    if (need == Subscription::Need::queue) queued_bytes_ -= found->second.take_batch(out);
    if (need == Subscription::Need::history) co_await take_history(execution, out);
    if (need == Subscription::Need::nothing && must_read) co_await take_stored(execution);
    auto const again = subscriptions_.find(execution);
    if (again == subscriptions_.end()) continue;
    again->second.take_texts(out, write_bytes_wanted - std::min(out.size(), write_bytes_wanted));
    frames_count += std::exchange(again->second.frames_count, 0);
    make_ready(again->second);
  }
  if (parts_.on_frames_sent && frames_count > 0) parts_.on_frames_sent(frames_count);
  co_return out;
}

Async<> StreamSession::take_history(ExecutionId execution, std::string& out) {
  auto const before = subscriptions_.find(execution);
  auto const id = before->second.id();
  auto const after = before->second.sent();
  auto const page = co_await parts_.backend.events(execution, after, page_bytes_wanted);
  // The subscription may have been ended, or ended and begun anew, while the page was read.
  auto const found = subscriptions_.find(execution);
  if (found == subscriptions_.end() || found->second.id() != id || found->second.sent() != after)
    co_return;
  if (page) {
    found->second.take_page(out, page->frames, page->last_seq);
  } else if (page.error().code == "not_found") {
    found->second.take_page(out, {}, 0);
  } else {
    co_await sleep_for(std::chrono::milliseconds(200)
    );  // the database is away: its journal waits as well
  }
}

}  // namespace ropewalk::server

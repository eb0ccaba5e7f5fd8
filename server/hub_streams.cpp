// Hub: streamed text on its way from the home of an execution to those who watch it.
#include "server/hub.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace ropewalk::server {

void Hub::token(TextSource const& source, std::string_view channel, std::string_view text) {
  if (book_.token(source, channel, text)) flush_later();
}

void Hub::restart_text(TextSource const& source, std::string_view reason) {
  if (book_.restart(source, reason)) flush_later();
}

void Hub::end_text(TextSource const& source, TextEnd const& end) {
  book_.end(source, end);
}

void Hub::forget(ExecutionId execution) {
  if (!book_.has(execution)) return;
  flush();
  StreamUpdate over;
  over.execution = execution;
  over.is_over = true;
  tell(std::move(over));
  book_.forget(execution);
}

void Hub::forget_streams() {
  for (auto const execution : book_.executions()) forget(execution);
}

void Hub::flush_later() {
  if (std::exchange(flush_is_due_, true)) return;
  asio::post(shard_.executor(), [this] { flush(); });
}

void Hub::flush() {
  flush_is_due_ = false;
  for (auto& update : book_.take_updates()) tell(std::move(update));
}

void Hub::publish_streams(ExecutionId execution, std::vector<EventChunk> const& events) {
  flush();  // the last tokens go before the news that their task has ended
  bool const is_over = book_.published(execution, events);
  auto updates = book_.take_updates();
  if (is_over && updates.empty()) updates.emplace_back().execution = execution;
  for (auto& update : updates) {
    update.is_over = is_over;
    tell(std::move(update));
  }
  if (is_over) book_.forget(execution);
}

void Hub::tell(StreamUpdate update) {
  auto const found = interests_.find(update.execution);
  if (found == interests_.end()) return;
  auto const shared = std::make_shared<StreamUpdate const>(std::move(update));
  for (std::uint32_t shard = 0; shard < found->second.counts.size(); ++shard)
    if (found->second.counts[shard] > 0) send_update(shard, shared);
}

void Hub::tell_everything(ExecutionId execution, std::uint32_t shard) {
  if (!book_.has(execution)) return;
  auto const shared = std::make_shared<StreamUpdate const>(book_.everything(execution));
  send_update(shard, shared);
}

void Hub::send_update(std::uint32_t shard, SharedUpdate const& update) {
  auto& peer = *peers_[shard];
  if (&peer == this) return deliver_update(*update);
  asio::post(peer.shard_.executor(), [&peer, update] { peer.deliver_update(*update); });
}

void Hub::deliver_update(StreamUpdate const& update) {
  auto const found = watchers_.find(update.execution);
  if (found == watchers_.end()) return;
  auto& known = found->second.streams;
  if (!known) known = std::make_shared<ExecutionStreams>(update.execution);
  auto const streams = known;
  streams->apply(update);
  for (auto* watcher : found->second.watchers) watcher->offer_streams(streams, update);
  // Who has not read all of it keeps it; should the execution be run on, its texts begin anew.
  if (update.is_over) known.reset();
}

std::shared_ptr<ExecutionStreams> Hub::streams_of(ExecutionId execution) const {
  auto const found = watchers_.find(execution);
  return found == watchers_.end() ? nullptr : found->second.streams;
}

}  // namespace ropewalk::server

#include "server/hub.hpp"

#include "engine/base/error.hpp"

#include <boost/asio/post.hpp>

namespace ropewalk::server {

void Hub::connect(std::vector<Hub*> peers, std::function<bool(ExecutionId)> is_live) {
  peers_ = std::move(peers);
  is_live_ = std::move(is_live);
  interest_in_all_.counts.assign(peers_.size(), 0);
}

Hub& Hub::home_of(ExecutionId execution) const {
  return *peers_[execution.shard(static_cast<std::uint32_t>(peers_.size()))];
}

void Hub::publish(ExecutionId execution, std::vector<EventChunk> const& events) {
  if (events.empty()) return;
  if (book_.has(execution)) publish_streams(execution, events);
  auto const found = interests_.find(execution);
  if (found == interests_.end() && interest_in_all_.total == 0) return;
  auto const batch = make_batch(execution, events);
  auto const shards_count = static_cast<std::uint32_t>(peers_.size());
  for (std::uint32_t shard = 0; shard < shards_count; ++shard) {
    if (found != interests_.end() && found->second.counts[shard] > 0) send(shard, batch, false);
    if (interest_in_all_.counts[shard] > 0 && batch->has_execution_status) send(shard, batch, true);
  }
}

void Hub::send(std::uint32_t shard, SharedBatch const& batch, bool is_for_all) {
  auto& peer = *peers_[shard];
  if (&peer == this) return deliver(batch, is_for_all);
  asio::post(peer.shard_.executor(), [&peer, batch, is_for_all] {
    peer.deliver(batch, is_for_all);
  });
}

void Hub::deliver(SharedBatch const& batch, bool is_for_all) {
  if (is_for_all) {
    for (auto* watcher : watchers_of_all_) watcher->offer_to_all(batch);
    return;
  }
  auto const found = watchers_.find(batch->execution);
  if (found == watchers_.end()) return;
  for (auto* watcher : found->second.watchers) watcher->offer(batch);
}

void Hub::add_interest(ExecutionId execution, std::uint32_t shard, int change) {
  auto& interest = interests_[execution];
  if (interest.counts.empty()) interest.counts.assign(peers_.size(), 0);
  interest.counts[shard] =
      static_cast<std::uint32_t>(static_cast<int>(interest.counts[shard]) + change);
  interest.total = static_cast<std::uint32_t>(static_cast<int>(interest.total) + change);
  if (interest.total == 0) interests_.erase(execution);
  if (change > 0) tell_everything(execution, shard);
}

void Hub::add_interest_in_all(std::uint32_t shard, int change) {
  auto& count = interest_in_all_.counts[shard];
  count = static_cast<std::uint32_t>(static_cast<int>(count) + change);
  interest_in_all_.total =
      static_cast<std::uint32_t>(static_cast<int>(interest_in_all_.total) + change);
}

Async<bool> Hub::watch(ExecutionId execution, Watcher& watcher) {
  auto& mine = watchers_[execution].watchers;
  bool const is_first = mine.empty();
  mine.insert(&watcher);
  auto& home = home_of(execution);
  auto const shard = shard_.index();
  if (&home == this) {
    if (is_first) add_interest(execution, shard, +1);
    co_return is_live_&& is_live_(execution);
  }
  auto ask = [](Hub& hub, ExecutionId id, std::uint32_t from, int change) -> Async<bool> {
    if (change != 0) hub.add_interest(id, from, change);
    co_return hub.is_live_&& hub.is_live_(id);
  };
  int const change = is_first ? +1 : 0;
  auto make = [&home, ask, execution, shard, change] {
    return ask(home, execution, shard, change);
  };
  auto answer = on_shard(home.shard_, make);
  co_return co_await std::move(answer);
}

void Hub::unwatch(ExecutionId execution, Watcher& watcher) {
  auto const found = watchers_.find(execution);
  if (found == watchers_.end() || found->second.watchers.erase(&watcher) == 0) return;
  if (!found->second.watchers.empty()) return;
  watchers_.erase(found);
  auto& home = home_of(execution);
  auto const shard = shard_.index();
  if (&home == this) return add_interest(execution, shard, -1);
  asio::post(home.shard_.executor(), [&home, execution, shard] {
    home.add_interest(execution, shard, -1);
  });
}

void Hub::watch_all(Watcher& watcher) {
  bool const is_first = watchers_of_all_.empty();
  if (!watchers_of_all_.insert(&watcher).second || !is_first) return;
  for (auto* peer : peers_)
    asio::post(peer->shard_.executor(), [peer, shard = shard_.index()] {
      peer->add_interest_in_all(shard, +1);
    });
}

void Hub::unwatch_all(Watcher& watcher) {
  if (watchers_of_all_.erase(&watcher) == 0 || !watchers_of_all_.empty()) return;
  for (auto* peer : peers_)
    asio::post(peer->shard_.executor(), [peer, shard = shard_.index()] {
      peer->add_interest_in_all(shard, -1);
    });
}

}  // namespace ropewalk::server

// StreamSession: texts that tasks stream, live and stored.
#include "engine/async/deadline.hpp"
#include "server/stream/stream_session.hpp"

namespace ropewalk::server {

void StreamSession::offer_streams(
    std::shared_ptr<ExecutionStreams> const& streams, StreamUpdate const& update
) {
  auto const found = subscriptions_.find(update.execution);
  if (found == subscriptions_.end()) return;
  found->second.offer_streams(streams, update);
  make_ready(found->second);
}

Async<> StreamSession::take_stored(ExecutionId execution) {
  auto const before = subscriptions_.find(execution);
  auto const id = before->second.id();
  auto const after = before->second.stored_after();
  auto page = co_await parts_.backend.texts(execution, std::string(), after);
  // As in take_history: it may be another subscription by now.
  auto const found = subscriptions_.find(execution);
  if (found == subscriptions_.end() || found->second.id() != id || !found->second.needs_stored())
    co_return;
  if (page) {
    found->second.take_stored(std::move(*page));
  } else if (page.error().code == "not_found") {
    found->second.take_stored({});
  } else {
    co_await sleep_for(std::chrono::milliseconds(200));  // the database is away
  }
}

std::size_t StreamSession::texts_held() const {
  std::size_t out = 0;
  for (auto const& [execution, subscription] : subscriptions_) out += subscription.texts_held();
  return out;
}

}  // namespace ropewalk::server

#include "engine/runtime/admission_service.hpp"

#include "engine/async/shard.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

namespace ropewalk {
namespace {

constexpr unsigned shard_bits = 48;

Instant steady_now() {  // only differences count here: how long a request has waited
  return Instant(std::chrono::duration_cast<Duration>(Steady::now().time_since_epoch()));
}

}  // namespace

AdmissionService::AdmissionService(
    Executor home, std::map<std::string, std::uint64_t> pools, std::uint32_t shards_count
)
    : home_(home), shards_count_(shards_count), admission_(std::move(pools)) {}

template <class Call>
void AdmissionService::tell(std::uint32_t shard, Call call) {
  auto const it = clients_.find(shard);
  if (it == clients_.end()) return;
  auto client = it->second;  // kept by the call: the engine may detach while it is on its way
  Executor const to = client->executor;
  asio::dispatch(to, [client = std::move(client), call = std::move(call)]() mutable {
    call(*client);
  });
}

void AdmissionService::attach(std::uint32_t shard, AdmissionClient client) {
  asio::dispatch(home_, [this, shard, client = std::move(client)]() mutable {
    clients_.insert_or_assign(shard, std::make_shared<AdmissionClient const>(std::move(client)));
  });
}

Async<> AdmissionService::detach(std::uint32_t shard) {
  auto const own = co_await asio::this_coro::executor;
  auto forget = [](AdmissionService& self, std::uint32_t index) -> Async<> {
    self.clients_.erase(index);
    for (RequestId const id : self.open_[index]) self.admission_.release(id);
    self.open_.erase(index);
    std::vector<ExecutionId> gone;
    for (auto const& id : self.places_)
      if (id.shard(self.shards_count_) == index) gone.push_back(id);
    for (auto const& id : gone) {
      self.places_.erase(id);
      self.limits_.leave(id);
    }
    self.grant();
    co_return;
  };
  auto make = [&] { return forget(*this, shard); };
  co_await on_shard(home_, make);
  // Calls that were posted before now come first.
  co_await asio::post(own, use_async);
}

void AdmissionService::ask(
    std::uint32_t shard, std::vector<SlotRequest> requests, std::vector<RequestId> returned
) {
  asio::dispatch(
      home_,
      [this, shard, requests = std::move(requests), returned = std::move(returned)]() mutable {
        serve(shard, std::move(requests), returned);
      }
  );
}

void AdmissionService::serve(
    std::uint32_t shard, std::vector<SlotRequest> requests, std::vector<RequestId> const& returned
) {
  for (auto& request : requests) {
    RequestId const id = request.id;
    request.queued_at = steady_now();
    if (auto queued = admission_.request(std::move(request)); queued) {
      open_[shard].insert(id);
    } else {
      tell(shard, [id, error = queued.error()](AdmissionClient const& client) {
        client.refused(id, error);
      });
    }
  }
  for (RequestId const id : returned) {
    admission_.release(id);
    open_[shard].erase(id);
  }
  grant();
}

void AdmissionService::grant() {
  std::map<std::uint32_t, std::vector<RequestId>> by_shard;
  for (RequestId const id : admission_.grant(steady_now()))
    by_shard[static_cast<std::uint32_t>(id >> shard_bits)].push_back(id);
  for (auto& [shard, ids] : by_shard)
    tell(shard, [slots = std::move(ids)](AdmissionClient const& client) { client.granted(slots); });
}

Async<EnterResult> AdmissionService::enter(EnterRequest request) {
  auto work = [](AdmissionService& self, EnterRequest asked) -> Async<EnterResult> {
    ExecutionId const id = asked.execution;
    EnterResult const result = self.limits_.enter(std::move(asked));
    if (result.verdict != EnterResult::Verdict::rejected) self.places_.insert(id);
    if (auto const victim = result.cancel) {
      self.tell(victim->shard(self.shards_count_), [id = *victim](AdmissionClient const& client) {
        client.cancel(id);
      });
    }
    co_return result;
  };
  auto make = [&] { return work(*this, std::move(request)); };
  co_return co_await on_shard(home_, make);
}

void AdmissionService::leave(ExecutionId execution) {
  asio::dispatch(home_, [this, execution] {
    if (places_.erase(execution) == 0) return;
    for (ExecutionId const next : limits_.leave(execution)) {
      tell(next.shard(shards_count_), [next](AdmissionClient const& client) {
        client.place_free(next);
      });
    }
  });
}

Async<std::vector<PoolState>> AdmissionService::describe_pools() {
  auto work = [](AdmissionService& self) -> Async<std::vector<PoolState>> {
    co_return self.admission_.describe();
  };
  auto make = [&] { return work(*this); };
  co_return co_await on_shard(home_, make);
}

Async<Result<>> AdmissionService::set_capacity(std::string pool, std::uint64_t capacity) {
  auto work = [](AdmissionService& self, std::string name, std::uint64_t units) -> Async<Result<>> {
    auto changed = self.admission_.set_capacity(name, units);
    if (changed) self.grant();
    co_return changed;
  };
  auto make = [&] { return work(*this, std::move(pool), capacity); };
  co_return co_await on_shard(home_, make);
}

Async<std::optional<WaitReason>> AdmissionService::explain(RequestId slot) {
  auto work = [](AdmissionService& self, RequestId id) -> Async<std::optional<WaitReason>> {
    co_return self.admission_.explain(id);
  };
  auto make = [&] { return work(*this, slot); };
  co_return co_await on_shard(home_, make);
}

Async<std::optional<ExecutionLimits::Position>> AdmissionService::explain_place(
    ExecutionId execution
) {
  using Position = std::optional<ExecutionLimits::Position>;
  auto work = [](AdmissionService& self, ExecutionId id) -> Async<Position> {
    co_return self.limits_.explain(id);
  };
  auto make = [&] { return work(*this, execution); };
  co_return co_await on_shard(home_, make);
}

}  // namespace ropewalk

#include "engine/schedule/admission.hpp"

#include "engine/base/text.hpp"
#include "engine/schedule/pool_amount.hpp"

#include <algorithm>
#include <queue>

namespace ropewalk {
namespace {

constexpr std::size_t holders_shown_max = 100;

}  // namespace

Admission::Admission(std::map<std::string, std::uint64_t> pools, AdmissionOptions options)
    : options_(options) {
  for (auto const& [name, capacity] : pools) pools_.push_back({name, capacity, capacity, 0, {}});
}

std::optional<std::uint32_t> Admission::find_pool(std::string const& name) const {
  for (std::uint32_t i = 0; i < pools_.size(); ++i)
    if (pools_[i].name == name) return i;
  return std::nullopt;
}

Result<Admission::Needs> Admission::resolve(SlotRequest const& request) const {
  Needs needs;
  for (auto const& need : request.options->needs) {
    auto const pool = find_pool(need.pool);
    if (!pool) {
      std::vector<std::string_view> names;
      names.reserve(pools_.size());
      for (auto const& known : pools_) names.push_back(known.name);
      std::string_view const near = closest_match(need.pool, names);
      return Error{
          ErrorClass::permanent,
          "unknown_pool",
          "task \"" + request.task + "\" needs the pool \"" + need.pool +
              "\", which this server does not have",
          near.empty() ? "name it under pools: in ropewalk.yaml"
                       : "did you mean \"" + std::string(near) + "\"?"};
    }
    auto const most = std::max(pools_[*pool].capacity, pools_[*pool].configured);
    if (need.amount > most) {
      return Error{
          ErrorClass::permanent,
          "exceeds_capacity",
          "task \"" + request.task + "\" needs " + amount_text(need.pool, need.amount) + " of \"" +
              need.pool + "\", but there are only " + amount_text(need.pool, most) + " in all",
          "ask for less, or raise the pool's capacity in ropewalk.yaml"};
    }
    needs.push_back({*pool, need.amount});
  }
  std::sort(needs.begin(), needs.end());
  return needs;
}

Result<> Admission::request(SlotRequest request) {
  TRY(auto needs, resolve(request));
  RequestId const id = request.id;
  ROPEWALK_CHECK(!waiting_.contains(id) && !held_.contains(id));
  std::int64_t const head_start = request.priority * options_.priority_worth.count();
  Rank const rank{
      request.execution_started.time_since_epoch().count() - head_start, request.execution, id};
  auto const queue = queues_.try_emplace(std::move(needs)).first;
  queue->second.insert(rank);
  waiting_.emplace(id, Waiting{std::move(request), rank, queue});
  return {};
}

void Admission::release(RequestId id) {
  if (auto it = waiting_.find(id); it != waiting_.end()) {
    auto const queue = it->second.queue;
    queue->second.erase(it->second.rank);
    if (queue->second.empty()) queues_.erase(queue);
    waiting_.erase(it);
  } else if (auto held = held_.find(id); held != held_.end()) {
    for (auto const& need : held->second.needs) {
      Pool& pool = pools_[need.pool];
      ROPEWALK_CHECK(pool.used >= need.amount);
      pool.used -= need.amount;
      pool.holders.erase(id);
    }
    held_.erase(held);
  }
}

bool Admission::fits(Needs const& needs, std::vector<bool> const& reserved) const {
  return std::all_of(needs.begin(), needs.end(), [&](Need const& need) {
    Pool const& pool = pools_[need.pool];
    return !reserved[need.pool] && pool.used + need.amount <= pool.capacity;
  });
}

/// With the capacity of now, were the pools empty.
bool Admission::can_ever_fit(Needs const& needs) const {
  return std::all_of(needs.begin(), needs.end(), [&](Need const& need) {
    return need.amount <= pools_[need.pool].capacity;
  });
}

void Admission::reserve(Needs const& needs, bool all, std::vector<bool>& reserved) const {
  for (auto const& need : needs) {
    Pool const& pool = pools_[need.pool];
    if (all || pool.used + need.amount > pool.capacity) reserved[need.pool] = true;
  }
}

void Admission::hold(Waiting waiting) {
  Needs const needs = waiting.queue->first;
  for (auto const& need : needs) {
    pools_[need.pool].used += need.amount;
    pools_[need.pool].holders[waiting.request.id] = need.amount;
  }
  waiting.queue->second.erase(waiting.rank);
  if (waiting.queue->second.empty()) queues_.erase(waiting.queue);
  RequestId const id = waiting.request.id;
  held_.emplace(id, Held{std::move(waiting.request), needs});
}

std::vector<RequestId> Admission::grant(Instant now) {
  std::vector<RequestId> granted;
  std::vector<bool> reserved(pools_.size(), false);
  using Head = std::pair<Rank, Queues::iterator>;
  auto const later = [](Head const& a, Head const& b) { return b.first < a.first; };
  std::priority_queue<Head, std::vector<Head>, decltype(later)> heads(later);
  for (auto it = queues_.begin(); it != queues_.end(); ++it) heads.emplace(*it->second.begin(), it);
  while (!heads.empty()) {
    auto const [rank, queue] = heads.top();
    heads.pop();
    auto const waiting = waiting_.find(rank.id);
    if (!fits(queue->first, reserved)) {
      // Who waits for a pool to be opened again keeps nothing from others meanwhile.
      if (!can_ever_fit(queue->first)) continue;
      reserve(queue->first, now - waiting->second.request.queued_at >= options_.patience, reserved);
      continue;  // those behind it in the same line need the same
    }
    bool const was_last = queue->second.size() == 1;
    granted.push_back(rank.id);
    Waiting taken = std::move(waiting->second);
    waiting_.erase(waiting);
    hold(std::move(taken));
    if (!was_last) heads.emplace(*queue->second.begin(), queue);
  }
  return granted;
}

Result<> Admission::set_capacity(std::string const& pool, std::uint64_t capacity) {
  auto const index = find_pool(pool);
  if (!index) return Error{ErrorClass::permanent, "not_found", "there is no pool \"" + pool + "\""};
  pools_[*index].capacity = capacity;
  return {};
}

std::vector<PoolHolder> Admission::holders_of(Pool const& pool) const {
  std::vector<PoolHolder> holders;
  for (auto const& [id, amount] : pool.holders) {
    if (holders.size() == holders_shown_max) break;
    auto const& request = held_.at(id).request;
    holders.push_back({request.execution, request.task, amount});
  }
  return holders;
}

std::vector<PoolState> Admission::describe() const {
  std::vector<PoolState> states;
  states.reserve(pools_.size());
  for (auto const& pool : pools_)
    states.push_back({pool.name, pool.capacity, pool.used, 0, holders_of(pool)});
  for (auto const& [needs, queue] : queues_)
    for (auto const& need : needs) states[need.pool].waiting += queue.size();
  return states;
}

std::optional<WaitReason> Admission::explain(RequestId id) const {
  auto const it = waiting_.find(id);
  if (it == waiting_.end()) return std::nullopt;
  WaitReason reason;
  Needs const& needs = it->second.queue->first;
  for (auto const& [other_needs, queue] : queues_) {
    bool const competes =
        std::any_of(other_needs.begin(), other_needs.end(), [&](Need const& other) {
          return std::any_of(needs.begin(), needs.end(), [&](Need const& own) {
            return own.pool == other.pool;
          });
        });
    if (competes) {
      auto const before = queue.lower_bound(it->second.rank);
      reason.position += static_cast<std::size_t>(std::distance(queue.begin(), before));
    }
  }
  ++reason.position;
  for (auto const& need : needs) {
    Pool const& pool = pools_[need.pool];
    bool const lacks = pool.used + need.amount > pool.capacity;
    if (!lacks && !reason.pool.empty()) continue;
    reason.pool = pool.name;
    reason.needs = need.amount;
    reason.free = pool.capacity > pool.used ? pool.capacity - pool.used : 0;
    reason.capacity = pool.capacity;
    reason.holders = holders_of(pool);
    if (lacks) break;
  }
  return reason;
}

}  // namespace ropewalk

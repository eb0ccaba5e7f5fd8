#include "engine/schedule/execution_limits.hpp"

namespace ropewalk {
namespace {

constexpr std::int64_t priority_worth_us =
    6'000'000;  // as in Admission: a point is worth six seconds
constexpr std::size_t holders_shown_max = 100;

}  // namespace

EnterResult ExecutionLimits::enter(EnterRequest request) {
  Group& group = groups_[request.group];
  group.limit = request.limit;
  Member member{request.group, request.created_at, {}, false};
  EnterResult result;
  bool const has_room = group.running.size() < group.limit && group.queue.empty();
  if (request.was_running || has_room) {
    member.running = true;
    group.running.emplace(request.created_at, request.execution);
  } else if (request.on_limit == OnLimit::reject) {
    result.verdict = EnterResult::Verdict::rejected;
    return result;
  } else {
    result.verdict = EnterResult::Verdict::queued;
    std::int64_t const head_start = request.priority * priority_worth_us;
    member.rank = {request.created_at.time_since_epoch().count() - head_start, request.execution};
    group.queue.insert(member.rank);
    if (request.on_limit == OnLimit::cancel_oldest) {
      for (auto const& [created, id] : group.running) {
        if (!group.leaving.insert(id).second) continue;
        result.cancel = id;
        break;
      }
    }
  }
  members_.insert_or_assign(request.execution, std::move(member));
  return result;
}

std::vector<ExecutionId> ExecutionLimits::leave(ExecutionId execution) {
  std::vector<ExecutionId> begun;
  auto const it = members_.find(execution);
  if (it == members_.end()) return begun;
  Member const member = it->second;
  members_.erase(it);
  Group& group = groups_[member.group];
  group.running.erase({member.created_at, execution});
  group.queue.erase(member.rank);
  group.leaving.erase(execution);
  while (group.running.size() < group.limit && !group.queue.empty()) {
    ExecutionId const next = group.queue.begin()->execution;
    group.queue.erase(group.queue.begin());
    Member& started = members_.at(next);
    started.running = true;
    group.running.emplace(started.created_at, next);
    begun.push_back(next);
  }
  if (group.running.empty() && group.queue.empty()) groups_.erase(member.group);
  return begun;
}

std::optional<ExecutionLimits::Position> ExecutionLimits::explain(ExecutionId execution) const {
  auto const it = members_.find(execution);
  if (it == members_.end() || it->second.running) return std::nullopt;
  Group const& group = groups_.at(it->second.group);
  Position position{group.limit, group.running.size(), 1, {}};
  for (auto const& rank : group.queue) {
    if (rank.execution == execution) break;
    ++position.position;
  }
  for (auto const& [created, id] : group.running) {
    if (position.holders.size() == holders_shown_max) break;
    position.holders.push_back(id);
  }
  return position;
}

}  // namespace ropewalk

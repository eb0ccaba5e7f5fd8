// World: the node, as runtime/ builds it, with every delay drawn from the seed.
#include "tests/sim/world.hpp"

#include <algorithm>

namespace ropewalk::sim {

void World::boot() {
  admission_ = std::make_unique<Admission>(pools_);
  limits_ = std::make_unique<ExecutionLimits>();
  cores_.clear();
  committing_.assign(shards_count_, false);
  armed_.assign(shards_count_, std::nullopt);
  for (std::uint32_t shard = 0; shard < shards_count_; ++shard) {
    CoreOptions options;
    options.random_seed = random_.next();
    options.first_request = (RequestId{shard} << 48) + 1;
    options.execution.interruptions_max = 1000;
    cores_.push_back(std::make_unique<EngineCore>(options));
  }
  std::vector<LeftBehind> left;
  for (auto const& [id, row] : journal_.rows())
    if (!is_terminal(row.stored.state.status))
      left.push_back({id, row.stored.state.started_at.has_value()});
  std::sort(left.begin(), left.end());
  for (auto const& [id, has_begun] : left) {
    auto const& row = *journal_.find(id);
    auto const& workflow = submitted_.at(id);
    std::uint32_t const shard = id.shard(shards_count_);
    bool has_place = true;
    if (workflow->concurrency) {
      EnterRequest request{
          id,
          row.stored.created.workflow,
          workflow->concurrency->limit,
          workflow->concurrency->on_limit,
          row.stored.created.priority,
          row.stored.created.created_at,
          has_begun};
      if (request.on_limit == OnLimit::reject)
        request.on_limit = OnLimit::queue;  // it was accepted
      auto const entered = limits_->enter(request);
      has_place = entered.verdict == EnterResult::Verdict::granted;
      place(id, entered);
    }
    cores_[shard]->adopt(workflow, journal_.load(id), has_place, now_);
  }
  for (std::uint32_t shard = 0; shard < shards_count_; ++shard) drain(shard);
}

void World::crash() {
  ++counts_.crashes;
  ++life_;
  running_.clear();
  ending_.clear();
  asked_.clear();
  published_.clear();
  promises_.clear();
  std::erase_if(by_hand_, [&](ExecutionId id) {
    return is_terminal(journal_.find(id)->stored.state.status);
  });
  boot();
}

void World::drain(std::uint32_t shard) {
  while (cores_[shard]->has_effects()) apply(shard, cores_[shard]->take_effects());
  if (cores_[shard]->has_batch() && !committing_[shard]) {
    committing_[shard] = true;
    in(some_time(2), [this, shard] { commit(shard); });
  }
  arm(shard);
}

void World::apply(std::uint32_t shard, CoreEffects effects) {
  if (!effects.broken.empty()) throw Violation("the journal never refuses, but something broke");
  for (auto const& published : effects.publish) {
    auto const* row = journal_.find(published.execution);
    for (auto const& chunk : published.events) {
      auto& last = published_.try_emplace(published.execution, chunk.first_seq - 1).first->second;
      if (chunk.first_seq != last + 1) throw Violation("watchers see every event once, in order");
      last = chunk.last_seq;
      if (!row || last > row->stored.state.last_seq)
        throw Violation("an event is told only when it is durable");
    }
  }
  for (auto const& ended : effects.ended) {
    if (!is_terminal(journal_.find(ended.execution)->stored.state.status))
      throw Violation("an end is told only when it is durable");
    leave(ended.execution);
  }
  for (auto const& answered : effects.answers) answer(shard, answered);
  for (auto& attempt : effects.start) start(shard, std::move(attempt));
  for (RequestId const slot : effects.stop) {
    running_.at(slot).stopping = true;
    in(some_time(100), [this, slot] { finish(slot); });
  }
  for (auto& request : effects.ask) {
    RequestId const id = request.id;
    asked_.insert(id);
    if (auto asked = admission_->request(std::move(request)); !asked) {
      Error const error = asked.error();
      in(some_time(1), [this, shard, id, error] {
        cores_[shard]->refused(id, error, now_);
        drain(shard);
      });
    }
  }
  for (RequestId const slot : effects.give_back) {
    admission_->release(slot);
    ending_.erase(slot);
  }
  grant();
}

void World::grant() {
  for (RequestId const slot : admission_->grant(now_)) {
    auto const shard = static_cast<std::uint32_t>(slot >> 48);
    in(some_time(1), [this, shard, slot] {
      cores_[shard]->granted(slot, now_);
      drain(shard);
    });
  }
}

void World::commit(std::uint32_t shard) {
  auto batch = cores_[shard]->take_batch();
  // The answer may be lost in a crash after the batch was stored, or the batch before it was.
  if (random_.chance(1)) return crash();
  journal_.store(batch);
  if (random_.chance(1)) return crash();
  in(some_time(5), [this, shard, batch = std::move(batch)]() mutable {
    committing_[shard] = false;
    for (auto const& change : batch)
      if (change.created) accepted_.emplace(change.execution, submitted_.at(change.execution));
    cores_[shard]->committed(std::move(batch), {}, now_);
    keep_promises(shard);
    drain(shard);
  });
}

void World::start(std::uint32_t shard, AttemptStart start) {
  RequestId const slot = start.slot;
  auto const& machine = *cores_[shard]->find(start.request.execution);
  Attempt attempt;
  attempt.execution = start.request.execution;
  attempt.task = start.request.task;
  attempt.number = start.request.attempt;
  attempt.options = machine.task_def(start.task).options;
  attempt.shard = shard;
  attempt.index = start.task;
  attempt.is_loan = !asked_.contains(slot);
  attempt.is_patient = random_.chance(50);
  check_start(attempt, start.request.approved);
  ++counts_.attempts;
  counts_.loans += attempt.is_loan;
  counts_.items += machine.is_item(start.task);
  counts_.finals += machine.task_def(start.task).is_final;
  if (!running_.emplace(slot, attempt).second) throw Violation("a slot runs one attempt");
  if (start.request.context().empty()) throw Violation("an attempt has a context");
  if (start.request.type == "agent") plan_calls(shard, slot);
  if (random_.chance(10) && may_hang_) return;  // until it is stopped
  in(some_time(random_.chance(10) ? 1000 : 100), [this, slot] { finish(slot); });
  if (random_.chance(30)) {
    in(some_time(20), [this, slot, shard] {
      cores_[shard]->log(slot, {LogLevel::info, "a line", false}, now_);
      drain(shard);
    });
  }
}

void World::finish(RequestId slot) {
  auto const it = running_.find(slot);
  if (it == running_.end()) return;
  std::uint32_t const shard = it->second.shard;
  ExecutionId const id = it->second.execution;
  it->second.is_done = true;
  if (it->second.is_patient && !it->second.stopping && !it->second.waits_for.empty()) return;
  if (!it->second.is_loan) ending_.insert(*it);
  running_.erase(it);
  AttemptOutcome outcome;
  outcome.spend.push_back({"sim", "model", 1, 10, 0, 5, 0.001});
  if (random_.chance(3)) hold_for_a_person(outcome, id);
  std::uint64_t const fate = random_.below(10);
  if (fate < 7)
    outcome.output = boost::json::value(random_.number(10));
  else
    outcome.output = Error{
        fate == 9 ? ErrorClass::permanent : ErrorClass::transient, "scripted", "it was to fail"};
  cores_[shard]->attempt_finished(slot, std::move(outcome), now_);
  drain(shard);
}

void World::place(ExecutionId, EnterResult const& result) {
  if (!result.cancel) return;
  ExecutionId const victim = *result.cancel;
  in(some_time(1), [this, victim] {
    std::uint32_t const shard = victim.shard(shards_count_);
    cancelled_.insert(victim);
    if (cores_[shard]->cancel(victim, now_)) drain(shard);
  });
}

void World::leave(ExecutionId id) {
  by_hand_.erase(id);
  for (ExecutionId const next : limits_->leave(id)) {
    in(some_time(1), [this, next] {
      std::uint32_t const shard = next.shard(shards_count_);
      cores_[shard]->place_free(next, now_);
      drain(shard);
    });
  }
}

void World::arm(std::uint32_t shard) {
  auto const next = cores_[shard]->next_wake();
  if (!next || (armed_[shard] && *armed_[shard] <= *next)) return;
  armed_[shard] = next;
  in(std::max(Duration(0), *next - now_), [this, shard] {
    armed_[shard].reset();
    cores_[shard]->wake(now_);
    drain(shard);
  });
}

}  // namespace ropewalk::sim

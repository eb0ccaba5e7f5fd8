// World: what people and accidents do to the node.
#include "engine/base/json.hpp"
#include "tests/sim/world.hpp"

namespace ropewalk::sim {

void World::plan() {
  std::uint64_t const workflows = 1 + random_.below(3);
  for (std::uint64_t n = 0; n < workflows; ++n) workflows_.push_back(generate_workflow(random_, n));
  std::uint64_t const submissions = 1 + random_.below(12);
  for (std::uint64_t i = 0; i < submissions; ++i)
    in(
        some_time(3000), [this] { submit(); }, true
    );
  std::uint64_t const commands = random_.below(6);
  for (std::uint64_t i = 0; i < commands; ++i)
    in(
        some_time(4000), [this] { command(); }, true
    );
  std::uint64_t const tells = random_.below(40);
  for (std::uint64_t i = 0; i < tells; ++i)
    in(
        some_time(4000), [this] { tell(); }, true
    );
  std::uint64_t const crashes = random_.below(4);
  for (std::uint64_t i = 0; i < crashes; ++i)
    in(
        some_time(5000), [this] { crash(); }, true
    );
  in(
      std::chrono::minutes(1), [this] { clear_up(1); }, true
  );
}

/// In the end somebody comes by every minute: what is paused goes on, and what hangs without a
/// timeout is cancelled. A crash may undo either before it is durable.
void World::clear_up(int minute) {
  constexpr int patience_min = 20;
  std::size_t live_count = 0;
  for (auto const& [id, row] : journal_.rows()) {
    if (is_terminal(row.stored.state.status)) continue;
    ++live_count;
    std::uint32_t const shard = id.shard(shards_count_);
    if (cores_[shard]->resume(id, now_)) drain(shard);
    resolve(id);
    drain(shard);
    if (!may_hang_) continue;
    cancelled_.insert(id);
    if (cores_[shard]->cancel(id, now_)) drain(shard);
  }
  if (live_count == 0) return;
  serve_all(50);
  if (minute > patience_min) throw Violation("everything ends, by itself where no attempt hangs");
  in(
      std::chrono::minutes(1), [this, minute] { clear_up(minute + 1); }, true
  );
}

void World::submit() {
  auto const workflow = workflows_[random_.below(workflows_.size())];
  auto const shard = static_cast<std::uint32_t>(random_.below(shards_count_));
  ExecutionId const id =
      ExecutionId::make(now_, {random_.next(), random_.next()}, shard, shards_count_);
  NewExecution record;
  record.workflow = workflow->name;
  record.created_at = now_;
  record.priority = static_cast<std::int32_t>(random_.below(101));
  json::object inputs{{"n", random_.number(10)}};
  record.inputs = to_text(inputs);
  submitted_.emplace(id, workflow);
  bool has_place = true;
  if (workflow->concurrency) {
    auto const entered = limits_->enter(
        {id,
         record.workflow,
         workflow->concurrency->limit,
         workflow->concurrency->on_limit,
         record.priority,
         now_,
         false}
    );
    if (entered.verdict == EnterResult::Verdict::rejected) {
      ++counts_.rejected;
      return;
    }
    has_place = entered.verdict == EnterResult::Verdict::granted;
    place(id, entered);
  }
  ++counts_.executions;
  if (!cores_[shard]->submit(id, workflow, std::move(record), std::move(inputs), has_place, now_))
    throw Violation("a node with room takes an execution");
  drain(shard);
}

void World::command() {
  if (journal_.rows().empty()) return;
  auto const it =
      std::next(journal_.rows().begin(), static_cast<long>(random_.below(journal_.rows().size())));
  ExecutionId const id = it->first;
  if (is_terminal(it->second.stored.state.status)) return retry_by_hand(id);
  std::uint32_t const shard = id.shard(shards_count_);
  switch (random_.below(4)) {
    case 0:
      ++counts_.cancels;
      cancelled_.insert(id);
      static_cast<void>(cores_[shard]->cancel(id, now_));
      break;
    case 1:
      static_cast<void>(cores_[shard]->pause(id, now_));
      in(
          some_time(2000),
          [this, id, shard] {
            static_cast<void>(cores_[shard]->resume(id, now_));
            drain(shard);
          },
          true
      );
      break;
    case 2:
      resolve(id);
      break;
    default:
      static_cast<void>(cores_[shard]->resume(id, now_));
  }
  drain(shard);
}

/// Says what becomes of every task that has failed and waits for that.
void World::resolve(ExecutionId id) {
  auto& core = *cores_[id.shard(shards_count_)];
  auto const& workflow = submitted_.at(id);
  for (auto const& task : workflow->tasks) {
    auto const* machine = core.find(id);
    if (!machine || !machine->is_held_failure(*machine->find_task(task.id))) continue;
    auto const how = static_cast<Resolve>(random_.below(4));
    if (!core.resolve(id, task.id, how, random_.number(10), now_))
      throw Violation("what waits for a person is resolved: " + task.id);
    ++counts_.resolved;
  }
}

void World::retry_by_hand(ExecutionId id) {
  std::uint32_t const shard = id.shard(shards_count_);
  if (cores_[shard]->find(id)) return;  // its end is still being told
  auto const& workflow = submitted_.at(id);
  if (!cores_[shard]->retry(workflow, journal_.load(id), now_)) return;
  ++counts_.retries;
  journal_.allow_retry(id);
  // What runs again is decided anew.
  std::erase_if(told_, [&](Promise const& told) {
    return told.execution == id && !told.task.empty();
  });
  by_hand_.insert(id);
  if (workflow->concurrency)
    limits_->enter(
        {id, workflow->name, workflow->concurrency->limit, OnLimit::queue, 50, now_, true}
    );
  drain(shard);
}

}  // namespace ropewalk::sim

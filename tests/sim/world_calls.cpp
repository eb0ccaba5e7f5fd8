// World: attempts that call tasks as their tools, and tasks that wait for a person.
#include "tests/sim/world.hpp"

namespace ropewalk::sim {

void World::plan_calls(std::uint32_t shard, RequestId slot) {
  std::uint64_t const count = random_.below(5);
  for (std::uint64_t i = 0; i < count; ++i)
    in(some_time(60), [this, shard, slot] { call(shard, slot); });
}

void World::call(std::uint32_t shard, RequestId slot) {
  auto const it = running_.find(slot);
  if (it == running_.end()) return;
  Attempt& caller = it->second;
  auto const& machine = *cores_[shard]->find(caller.execution);
  auto const& workflow = machine.workflow();
  std::vector<std::string> names;
  for (std::uint32_t const index : workflow.graph.dependants(machine.template_of(caller.index)))
    if (Edge const& edge = workflow.graph.edge(index); edge.is_call)
      names.push_back(workflow.tasks[edge.to].id);
  TaskCall made{names[random_.below(names.size())], random_.number(10)};
  auto const called = cores_[shard]->call(slot, std::move(made), now_);
  if (called) {
    ++counts_.calls;
    caller.waits_for.insert(called->instance);
    if (random_.chance(10)) {
      in(some_time(50), [this, shard, slot, made_call = *called] {
        auto const waiting = running_.find(slot);
        if (waiting == running_.end() || waiting->second.waits_for.erase(made_call.instance) == 0)
          return;
        cores_[shard]->cancel_call(made_call, now_);
        drain(shard);
        finish_if_done(slot);
      });
    }
  } else if (!caller.stopping) {
    throw Violation("an attempt that runs may call: " + called.error().message);
  }
  drain(shard);
}

void World::answer(std::uint32_t shard, CallAnswer const& answer) {
  ++counts_.answers;
  auto const* machine = cores_[shard]->find(answer.execution);
  if (!machine) return;  // ended in the same breath: nobody listens
  std::string const id(machine->task_id(answer.instance));
  auto const& tasks = journal_.find(answer.execution)->tasks;
  auto const row = tasks.find(id);
  if (row == tasks.end() || !is_terminal(row->second.status))
    throw Violation("a caller is answered only when that is durable: " + id);
  if (answer.output.has_value() != (row->second.status == Status::completed))
    throw Violation("a caller is told what was stored: " + id);
  for (auto& [slot, attempt] : running_)
    if (attempt.execution == answer.execution && attempt.waits_for.erase(answer.instance) > 0)
      in(Duration(0), [this, caller = slot] { finish_if_done(caller); });
}

void World::finish_if_done(RequestId slot) {
  auto const it = running_.find(slot);
  if (it != running_.end() && it->second.is_done && it->second.waits_for.empty()) finish(slot);
}

void World::hold_for_a_person(AttemptOutcome& outcome, ExecutionId id) {
  ++counts_.holds;
  outcome.hold = Error{ErrorClass::resource, "budget_exceeded", "the budget is used up"};
  in(
      some_time(2000) + std::chrono::seconds(1),
      [this, id] {
        std::uint32_t const shard = id.shard(shards_count_);
        if (cores_[shard]->resume(id, now_)) drain(shard);
      },
      true
  );
}

void World::check_calls() const {
  std::map<std::pair<ExecutionId, TaskIndex>, int> loans;
  for (auto const& [slot, attempt] : running_) {
    auto const* machine = cores_[attempt.shard]->find(attempt.execution);
    if (!machine) throw Violation("what runs belongs to an execution");
    auto const caller = machine->parent_of(attempt.index);
    if (!caller) continue;
    std::string const where = " (" + attempt.execution.to_string() + "/" + attempt.task + ")";
    if (machine->task_status(*caller) != Status::running)
      throw Violation("a called task runs only while its caller does" + where);
    if (!cores_[attempt.shard]->slot_of(attempt.execution, *caller))
      throw Violation("a caller keeps its slot until what it called has ended" + where);
    if (attempt.is_loan && ++loans[{attempt.execution, *caller}] > 1)
      throw Violation("a caller lends what it holds to one task at a time" + where);
  }
}

}  // namespace ropewalk::sim

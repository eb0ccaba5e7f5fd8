// World: what must hold, always and at the end.
#include "tests/sim/world.hpp"

namespace ropewalk::sim {
namespace {

void require(bool holds, std::string const& rule) {
  if (!holds) throw Violation(rule);
}

/// Somebody has provided for a failure of this task.
bool is_handled(Workflow const& workflow, std::string const& id) {
  TaskIndex const task = *workflow.find(id);
  if (workflow.tasks[task].options->allow_failure) return true;
  for (std::uint32_t const index : workflow.graph.dependants(task))
    if (Edge const& edge = workflow.graph.edge(index);
        edge.type != DependencyType::success && !edge.is_call)
      return true;
  return false;
}

}  // namespace

void World::check_step() const {
  std::map<std::string, std::uint64_t> used;
  for (auto const* attempts : {&running_, &ending_})
    for (auto const& [slot, attempt] : *attempts)
      for (auto const& need : attempt.options->needs)
        if (!attempt.is_loan) used[need.pool] += need.amount;
  check_calls();
  for (auto const& [pool, units] : used)
    require(units <= pools_.at(pool), "no pool is overdrawn: " + pool);

  std::map<std::string, std::size_t> places;
  for (auto const& [id, workflow] : submitted_) {
    auto const* execution = cores_[id.shard(shards_count_)]->find(id);
    bool const counts = execution && workflow->concurrency && !by_hand_.contains(id);
    if (counts && execution->has_begun() && !is_terminal(execution->status()))
      ++places[workflow->name];
  }
  for (auto const& workflow : workflows_) {
    if (!workflow->concurrency) continue;
    require(
        places[workflow->name] <= workflow->concurrency->limit,
        "no more executions at once than the limit: " + workflow->name
    );
  }
}

void World::check_start(Attempt const& attempt, bool approved) const {
  std::string const where = " (" + attempt.execution.to_string() + "/" + attempt.task + ")";
  auto const* row = journal_.find(attempt.execution);
  require(row != nullptr, "nothing starts before its execution is durable" + where);
  auto const& workflow = submitted_.at(attempt.execution);
  TaskIndex const of = *workflow->find(attempt.task.substr(0, attempt.task.find('[')));
  bool const is_final = workflow->tasks[of].is_final;
  require(
      is_final || !row->stored.state.cancel_requested,
      "nothing but finally starts after a cancel is durable" + where
  );
  for (auto const& task : workflow->tasks) {
    auto const it = row->tasks.find(task.id);
    bool const has_ended = it != row->tasks.end() && is_terminal(it->second.status);
    require(
        !is_final || task.is_final || has_ended, "finally begins when the others have ended" + where
    );
  }
  auto const own = row->tasks.find(attempt.task);
  bool const is_approved = own != row->tasks.end() && own->second.hold == Hold::approved;
  require(approved == is_approved, "an attempt is approved when a person resumed it" + where);
  bool const is_item = workflow->tasks[of].for_each != nullptr;
  bool const is_instance = attempt.task != workflow->tasks[of].id;
  require(is_item == is_instance || !is_item, "of a list only the items run" + where);
  auto const made = row->tasks.find(is_item ? workflow->tasks[of].id : attempt.task);
  require(
      !is_instance || made != row->tasks.end(),
      "a called task, and the list of an item, is durable before it starts" + where
  );
  auto const dependencies = workflow->graph.dependencies(of);
  for (auto const& edge : is_instance && !is_item ? dependencies.first(0) : dependencies) {
    std::string const& id = workflow->tasks[edge.from].id;
    auto const it = row->tasks.find(id);
    require(
        it != row->tasks.end() && is_terminal(it->second.status),
        "what it depends on is durable" + where
    );
    Status const status = it->second.status;
    bool const fits = edge.type == DependencyType::success   ? status == Status::completed
                      : edge.type == DependencyType::failure ? status == Status::failed
                                                             : status != Status::cancelled;
    require(
        fits,
        "what it depends on ended as it asked for" + where + " " + id + " is " +
            std::string(to_string(status)) + ", asked for " + std::string(to_string(edge.type))
    );
  }
  for (auto const& [id, record] : row->tasks) {
    auto const failed = record.status == Status::failed ? workflow->find(id) : std::nullopt;
    bool const ends_all = workflow->on_failure == OnFailure::cancel && failed &&
                          !workflow->tasks[*failed].is_final && !is_handled(*workflow, id);
    require(
        is_final || !ends_all, "onFailure: cancel starts nothing after a failure" + where + " " + id
    );
  }
  if (auto const it = row->first_queued.find(workflow->tasks[of].id);
      attempt.options->deadline && it != row->first_queued.end())
    require(now_ <= it->second + *attempt.options->deadline, "a deadline does not move" + where);
  for (auto const& [slot, other] : running_)
    require(
        other.execution != attempt.execution || other.task != attempt.task,
        "a task runs once at a time" + where
    );
  if (auto const it = row->tasks.find(attempt.task); it != row->tasks.end()) {
    require(!is_terminal(it->second.status), "a finished task does not run again" + where);
    require(attempt.number > it->second.attempt, "an attempt has a number of its own" + where);
  }
}

void World::check_end() const {
  check_promises();
  require(running_.empty(), "nothing runs at the end");
  require(admission_->waiting_count() == 0, "nobody waits at the end");
  for (auto const& pool : admission_->describe())
    require(pool.used == 0, "no slot has leaked: " + pool.name);
  for (auto const& core : cores_)
    require(core->live_count() == 0 && core->running_count() == 0, "nothing is left over");
  for (auto const& [id, workflow] : accepted_) {
    auto const* row = journal_.find(id);
    require(row != nullptr, "what was accepted is there");
    Status const end = row->stored.state.status;
    std::string const where = " (" + id.to_string() + ")";
    require(is_terminal(end), "what was accepted ends" + where);
    for (auto const& [task, record] : row->tasks)
      require(is_terminal(record.status), "every call has ended: " + task + where);
    bool unhandled = false;
    for (auto const& task : workflow->tasks) {
      auto const it = row->tasks.find(task.id);
      require(
          it != row->tasks.end() && is_terminal(it->second.status),
          "every task of it has ended: " + task.id + where
      );
      bool const handled = is_handled(*workflow, task.id);
      unhandled = unhandled || (it->second.status == Status::failed && !handled);
    }
    require(
        end != Status::completed || !unhandled,
        "COMPLETED has no failure that nobody handles" + where
    );
    require(end != Status::failed || unhandled, "FAILED has one" + where);
    require(end != Status::cancelled || cancelled_.contains(id), "CANCELLED was asked for" + where);
  }
}

}  // namespace ropewalk::sim

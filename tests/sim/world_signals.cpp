// World: signals and answers from outside, and what was promised to who sent them.
#include "engine/base/json.hpp"
#include "tests/sim/world.hpp"

#include <algorithm>

namespace ropewalk::sim {
namespace {

/// What may be said to a sender whose signal does not count.
bool is_fair(Error const& error) {
  for (auto const* code : {"not_found", "already_ended", "unknown_signal", "invalid_signal"})
    if (error.code == code) return true;
  return false;
}

}  // namespace

void World::tell() {
  if (journal_.rows().empty()) return;
  auto const count = journal_.rows().size();
  auto it = std::next(journal_.rows().begin(), static_cast<long>(random_.below(count)));
  for (std::size_t i = 0; i < count && is_terminal(it->second.stored.state.status); ++i)
    if (++it == journal_.rows().end()) it = journal_.rows().begin();
  if (random_.chance(40)) return decide(it->first);
  Sent sent{it->first, "s" + std::to_string(random_.below(3)), random_.number(10), {}};
  sent.key = "k" + std::to_string(sent_.size());
  bool const is_repeat = !sent_.empty() && random_.chance(30);
  if (is_repeat) sent = sent_[random_.below(sent_.size())];
  if (!is_repeat) sent_.push_back(sent);
  send(sent);
}

void World::send(Sent const& sent) {
  std::uint32_t const shard = sent.execution.shard(shards_count_);
  SignalCall call{sent.name, json::value(sent.payload), sent.key, sent.name};
  if (sent.payload == 0) call.payload = "a text, which some refuse";
  auto const fate = cores_[shard]->signal(sent.execution, std::move(call), now_);
  if (!fate && !is_fair(fate.error())) throw Violation("a signal is refused: " + fate.error().code);
  if (fate) {
    ++counts_.signals;
    promises_.push_back({shard, cores_[shard]->pending_batch(), sent.execution, sent.key, {}, {}});
  }
  keep_promises(shard);
  drain(shard);
}

/// Some task of it that asks is answered.
void World::decide(ExecutionId id) {
  std::uint32_t const shard = id.shard(shards_count_);
  auto const* machine = cores_[shard]->find(id);
  if (!machine) return;
  std::vector<std::string> asking;
  for (TaskIndex task = 0; task < machine->tasks_count(); ++task)
    if (auto const wait = machine->task_wait(task); wait && wait->at("for") == "approval")
      asking.emplace_back(machine->task_id(task));
  if (asking.empty()) return;
  std::string const task = asking[random_.below(asking.size())];
  std::string const answer = random_.chance(50) ? "approve" : "reject";
  if (auto const done = cores_[shard]->decide(id, task, {answer, {}, {}}, now_); !done)
    throw Violation("a task that asks takes an answer: " + done.error().message);
  auto const again = cores_[shard]->decide(id, task, {"approve", {}, {}}, now_);
  if (again) throw Violation("a task is decided once: " + task);
  ++counts_.decisions;
  promises_.push_back({shard, cores_[shard]->pending_batch(), id, {}, task, answer});
  drain(shard);
}

/// What is durable now was said to whoever asked.
void World::keep_promises(std::uint32_t shard) {
  std::erase_if(promises_, [&](Promise const& promise) {
    if (promise.shard != shard || promise.batch > cores_[shard]->committed_batch()) return false;
    told_.push_back(promise);
    return true;
  });
}

/// In the end somebody comes by and gives everybody what they wait for.
void World::serve_all(int rounds) {
  for (auto const& [id, row] : journal_.rows()) {
    std::uint32_t const shard = id.shard(shards_count_);
    auto const* machine = cores_[shard]->find(id);
    std::vector<std::string> names;
    for (TaskIndex task = 0; machine && task < machine->tasks_count(); ++task)
      if (auto const wait = machine->task_wait(task); wait && wait->at("for") == "signal")
        names.emplace_back(wait->at("signal").as_string());
    for (auto const& name : names) {
      SignalCall call{name, 1, {}, {}};
      static_cast<void>(cores_[shard]->signal(id, std::move(call), now_));
    }
    decide(id);
    drain(shard);
  }
  if (rounds == 0) return;
  in(
      std::chrono::seconds(1), [this, rounds] { serve_all(rounds - 1); }, true
  );
}

void World::check_promises() const {
  for (auto const& promise : told_) {
    auto const& row = *journal_.find(promise.execution);
    std::string const where = " (" + promise.execution.to_string() + ")";
    if (promise.task.empty()) {
      auto const count = std::ranges::count(row.stored.signals, promise.key, &SignalRecord::key);
      if (count != 1) throw Violation("a signal counts once: " + promise.key + where);
      continue;
    }
    auto const& output = row.tasks.at(promise.task).output;
    if (output.find("\"answer\":\"" + promise.answer + "\"") == output.npos)
      throw Violation("what was decided stays: " + promise.task + where);
  }
}

}  // namespace ropewalk::sim

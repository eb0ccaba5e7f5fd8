#include "tests/sim/memory_journal.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace ropewalk::sim {
namespace {

void require(bool holds, std::string const& rule, ExecutionId id, std::string const& what = {}) {
  if (!holds) throw Violation(rule + ": execution " + id.to_string() + " " + what);
}

/// What a call was made with is not said again.
TaskRecord merged(MemoryJournal::Row const& row, TaskRecord record) {
  auto const before = row.tasks.find(record.task);
  if (before == row.tasks.end()) return record;
  if (record.input.empty()) record.input = before->second.input;
  if (record.parent.empty()) record.parent = before->second.parent;
  return record;
}

std::string_view template_of(std::string_view task) {
  return task.substr(0, task.find('['));
}

/// One run of a task with forEach: its parent is that task.
bool is_item(TaskRecord const& record) {
  return !record.parent.empty() && record.parent == template_of(record.task);
}

}  // namespace

MemoryJournal::Row const* MemoryJournal::find(ExecutionId id) const {
  auto const it = rows_.find(id);
  return it == rows_.end() ? nullptr : &it->second;
}

void MemoryJournal::store(std::vector<Change> const& batch) {
  for (auto const& change : batch) {
    ExecutionId const id = change.execution;
    require(change.created.has_value() == !rows_.contains(id), "created once", id);
    Row& row = rows_[id];
    if (change.created) {
      row.stored.execution = id;
      row.stored.created = *change.created;
    }
    bool const may_go_on = !is_terminal(row.stored.state.status) || retried_.erase(id) > 0;
    require(change.created || may_go_on, "nothing is written after the end", id);
    require(
        change.after_seq == row.stored.state.last_seq, "a change follows on what is stored", id
    );
    store_tasks(row, change);
    store_events(row, change);
    store_signals(row, change);
    if (change.state) {
      require(
          change.state->last_seq == row.stored.state.last_seq,
          "the state's last_seq is that of its events",
          id
      );
      row.stored.state = *change.state;
    }
  }
}

void MemoryJournal::store_tasks(Row& row, Change const& change) {
  bool const starts_over = is_terminal(row.stored.state.status);
  for (auto const& attempt : change.attempts) {
    bool const is_new =
        row.attempts.emplace(std::pair(attempt.task, attempt.attempt), attempt).second;
    require(is_new, "one recorded result per attempt", change.execution, attempt.task);
  }
  std::set<std::string, std::less<>> resolved;  // waited for a person, who had them run again
  for (auto const& [id, record] : row.tasks)
    if (record.hold == Hold::failed) resolved.insert(id);
  for (auto const& record : change.tasks) {
    auto const it = row.tasks.find(record.task);
    bool const is_resolved = resolved.contains(template_of(record.task));
    if (it != row.tasks.end() && !starts_over && !is_resolved) {
      require(
          !is_terminal(it->second.status),
          "a finished task is not touched again",
          change.execution,
          record.task
      );
      require(
          record.attempt >= it->second.attempt, "attempts count up", change.execution, record.task
      );
    }
    if (starts_over || is_resolved)
      row.first_queued.erase(record.task);
    else if (record.queued_at)
      row.first_queued.try_emplace(record.task, *record.queued_at);
    auto const& stored = row.tasks.insert_or_assign(record.task, merged(row, record)).first->second;
    require(
        record.waiting.empty() || record.status == Status::running,
        "only who runs waits for something",
        change.execution,
        record.task
    );
    bool const is_instance = record.task.find('[') != std::string::npos;
    require(
        is_instance != (stored.parent.empty() || stored.input.empty()),
        "an instance has a parent and arguments or an item, others have none",
        change.execution,
        record.task
    );
  }
  for (auto const& [id, record] : row.tasks) {
    if (record.parent.empty() || is_terminal(record.status)) continue;
    if (is_item(record) && record.status == Status::pending) continue;  // waits with its list
    auto const caller = row.tasks.find(record.parent);
    require(
        caller != row.tasks.end() && caller->second.status == Status::running,
        "no called task outlives the attempt that called it",
        change.execution,
        id
    );
  }
}

void MemoryJournal::store_events(Row& row, Change const& change) {
  for (auto const& chunk : change.events) {
    std::uint64_t& last = row.stored.state.last_seq;
    require(chunk.first_seq == last + 1, "events are numbered without gaps", change.execution);
    std::size_t lines = 0;
    for (char const c : chunk.frames) lines += c == '\n';
    require(
        lines == chunk.last_seq - chunk.first_seq + 1,
        "a chunk holds what its numbers say",
        change.execution
    );
    last = chunk.last_seq;
  }
}

void MemoryJournal::store_signals(Row& row, Change const& change) {
  std::set<std::string> takers;
  for (auto const& signal : change.signals) {
    auto& signals = row.stored.signals;
    std::string const what = "signal " + std::to_string(signal.number);
    require(
        signal.number >= 1 && signal.number <= signals.size() + 1,
        "signals are numbered without gaps",
        change.execution,
        what
    );
    if (signal.number > signals.size()) {
      bool const is_new =
          signal.key.empty() ||
          std::ranges::find(signals, signal.key, &SignalRecord::key) == signals.end();
      require(is_new, "a signal with a key comes once", change.execution, what);
      signals.push_back(signal);
    } else {
      auto& before = signals[signal.number - 1];
      require(before.taken_by.empty(), "a signal is taken once", change.execution, what);
      before = signal;
    }
    if (signal.taken_by.empty()) continue;
    require(
        takers.insert(signal.taken_by).second, "a wait takes one signal", change.execution, what
    );
    auto const task = row.tasks.find(signal.taken_by);
    require(
        task != row.tasks.end() && is_terminal(task->second.status),
        "who has taken a signal has ended",
        change.execution,
        what
    );
  }
}

StoredExecution MemoryJournal::load(ExecutionId id) const {
  Row const& row = rows_.at(id);
  StoredExecution stored = row.stored;
  for (auto const& [task, record] : row.tasks) stored.tasks.push_back(record);
  return stored;
}

}  // namespace ropewalk::sim

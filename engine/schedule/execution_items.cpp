// Execution: forEach. The task itself holds no slot; each item is an instance that does, made when
// its turn comes, so that no more than maxParallel of them stand in the queues at a time.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"
#include "engine/schedule/execution_scope.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

Error not_a_list(json::value const& value) {
  return Error{
      ErrorClass::permanent,
      "invalid_items",
      std::string("forEach needs a list, not ") + (value.is_object()   ? "an object"
                                                   : value.is_string() ? "a text"
                                                   : value.is_null()   ? "null"
                                                                       : "a single value"),
      "an object's keys are a list: keys(…); several values are one in [ ]"};
}

Error too_many_items(std::size_t count, std::size_t most) {
  return Error{
      ErrorClass::permanent,
      "too_many_items",
      "forEach got " + std::to_string(count) + " items, the limit is " + std::to_string(most),
      "give each run a part of the list"};
}

Error list_is_over() {
  return Error{
      ErrorClass::transient, "cancelled", "the task that it is an item of does not run any more"};
}

}  // namespace

json::value const* Execution::task_item(TaskIndex task) const {
  return is_item(task) ? &instance(task).arguments : nullptr;
}

std::optional<Execution::ItemCounts> Execution::item_counts(TaskIndex task) const {
  auto const it = details_.find(task);
  if (it == details_.end() || !it->second.items) return std::nullopt;
  Items const& items = *it->second.items;
  return ItemCounts{items.list.size(), items.ended, items.failed};
}

bool Execution::runs_by_itself(TaskIndex task) const {
  auto const it = details_.find(task);
  return it != details_.end() && (it->second.wait || it->second.items);
}

void Execution::begin_items(TaskIndex task, Instant now, Effects& out) {
  TaskState& state = tasks_[task];
  state.status = Status::running;
  ++state.attempt;
  ++state.tries;
  state.queued_at = now;
  state.started_at = now;
  ++running_count_;
  Detail& detail = details_[task];
  detail.stop = StopReason::none;
  detail.error.reset();
  if (options(task).deadline) start_deadline(task, now);
  if (auto read = read_items(task); !read) {
    leave_running(task);
    return fail(task, named(read.error(), task_id(task)), now, out);
  }
  detail.detail = to_text(json::object{{"items", detail.items->list.size()}});
  record_task_event(task, now);
  advance_items(task, now, out);
}

/// The list, and which instances there are of its items from before.
Result<> Execution::read_items(TaskIndex task) {
  ExecutionScope const scope(*this, task);
  TRY(json::value value, def(task).for_each->items.evaluate(scope));
  auto* list = value.if_array();
  if (!list) return not_a_list(value);
  if (list->size() > options_.items_max) return too_many_items(list->size(), options_.items_max);
  auto items = std::make_unique<Items>();
  items->list.assign(std::make_move_iterator(list->begin()), std::make_move_iterator(list->end()));
  items->tasks.assign(items->list.size(), no_task);
  for (std::uint32_t place = 0; place < items->list.size() && !instances_.empty(); ++place) {
    TaskIndex const item = find_instance(task, place).value_or(no_task);
    items->tasks[place] = item;
    if (item != no_task && is_terminal(tasks_[item].status)) count_ended(item, *items);
  }
  details_[task].items = std::move(items);
  return {};
}

void Execution::count_ended(TaskIndex item, Items& items) const {
  ++items.ended;
  if (tasks_[item].status != Status::failed) return;
  ++items.failed;
  if (Error const* error = task_error(item); error && !items.first_error)
    items.first_error = *error;
}

/// Starts what may start now; ends the task when nothing is left.
void Execution::advance_items(TaskIndex task, Instant now, Effects& out) {
  ForEach const& each = *def(task).for_each;
  Detail& detail = details_[task];
  Items& items = *detail.items;
  auto const may_start = [&] {
    bool const has_failed = items.failed > 0 && each.on_failure == OnItemFailure::stop;
    return detail.stop == StopReason::none && !has_failed && items.next < items.list.size() &&
           items.open.size() < each.parallel_max;
  };
  while (may_start()) start_item(task, items.next++, now, out);
  if (items.open.empty()) conclude_items(task, now, out);
}

void Execution::start_item(TaskIndex task, std::uint32_t place, Instant now, Effects& out) {
  Items& items = *details_[task].items;
  TaskIndex item = items.tasks[place];
  if (item != no_task && (items.open.contains(item) || is_terminal(tasks_[item].status)))
    return;  // it goes on, or has ended, since before a crash
  if (item == no_task) {
    Instance made;
    made.source = task;
    made.place = place;
    item = add_instance(std::to_string(place), std::move(made));
    items.tasks[place] = item;
  }
  instances_[item - workflow_->tasks.size()].arguments = std::move(items.list[place]);
  items.open.insert(item);
  make_ready(item, now, out);
}

/// What follows is done by propagate(): this may be in the midst of going through all tasks.
void Execution::item_ended(TaskIndex item) {
  TaskIndex const task = instance(item).source;
  auto const found = details_.find(task);
  if (found == details_.end() || !found->second.items) return;
  Items& items = *found->second.items;
  if (items.open.erase(item) == 0) return;
  count_ended(item, items);
  advancing_.push_back(task);
}

/// Those that run are told to stop; the task ends after them.
void Execution::stop_items(TaskIndex task, Instant now, Effects& out) {
  auto const open = details_[task].items->open;
  for (TaskIndex const item : open) {
    if (tasks_[item].status == Status::running && !runs_by_itself(item)) {
      stop_attempt(item, StopReason::caller, now, out);
      continue;
    }
    if (tasks_[item].status == Status::running) leave_running(item);
    details_[item].error = list_is_over();
    settle(item, Status::cancelled, now, out);
  }
  advancing_.push_back(task);  // there may have been none
}

void Execution::conclude_items(TaskIndex task, Instant now, Effects& out) {
  Detail& detail = details_[task];
  std::unique_ptr<Items> items = std::move(detail.items);
  leave_running(task);
  StopReason const stop = detail.stop;
  if (stop == StopReason::cancel || stop == StopReason::failure)
    return settle(task, Status::cancelled, now, out);
  if (stop == StopReason::deadline)
    return fail(task, named(deadline_error(task), task_id(task)), now, out);
  if (items->failed == 0 || def(task).for_each->on_failure == OnItemFailure::ignore)
    return complete_items(task, *items, now, out);
  Error error = items->first_error.value_or(Error{});
  std::size_t const not_begun = items->list.size() - items->ended;
  error.message = "task \"" + name_of(task) + "\": " + std::to_string(items->failed) + " of " +
                  std::to_string(items->list.size()) + " items failed" +
                  (not_begun > 0 ? ", " + std::to_string(not_begun) + " did not begin" : "") +
                  "; the first: " + error.message;
  error.code = "items_failed";
  fail(task, std::move(error), now, out);
}

void Execution::complete_items(TaskIndex task, Items const& items, Instant now, Effects& out) {
  json::array results;
  results.reserve(items.tasks.size());
  for (TaskIndex const item : items.tasks) {
    auto& output = tasks_[item].output;
    bool const is_there = tasks_[item].status == Status::completed && output;
    results.emplace_back(is_there ? std::move(*output) : json::value());
    output.reset();  // the list has it now
  }
  json::value value = std::move(results);
  std::string text = to_text(value);
  if (text.size() > options_.results_bytes_max) {
    Error error{
        ErrorClass::permanent,
        "output_too_large",
        "the results of its items have " + std::to_string(text.size()) +
            " bytes together, the limit is " + std::to_string(options_.results_bytes_max),
        "let each item write its result to a file or a store and return where it is"};
    return fail(task, named(std::move(error), task_id(task)), now, out);
  }
  if (items.failed > 0)
    details_[task].detail =
        to_text(json::object{{"items", items.list.size()}, {"failed", items.failed}});
  TaskState& state = tasks_[task];
  state.output = std::make_unique<json::value>(std::move(value));
  settle(task, Status::completed, now, out);
  events_.task_output(now, task_id(task), state.attempt, text);
  record_task(task).output = std::move(text);
}

/// After a takeover: what has ended is kept, what was cut short is tried again.
void Execution::resume_items(TaskIndex task, Instant now, Effects& out) {
  ++running_count_;
  if (auto read = read_items(task); !read) {
    leave_running(task);
    return fail(task, named(read.error(), task_id(task)), now, out);
  }
  Items& items = *details_[task].items;
  for (std::uint32_t place = 0; place < items.tasks.size(); ++place) {
    TaskIndex const item = items.tasks[place];
    if (item == no_task || is_terminal(tasks_[item].status)) continue;
    Status const status = tasks_[item].status;
    if (status == Status::pending && details_[item].hold == Hold::none)
      continue;  // its turn comes again
    instances_[item - workflow_->tasks.size()].arguments = std::move(items.list[place]);
    items.open.insert(item);
    if (status == Status::pending)
      make_ready(item, now, out);
    else
      resume_active(item, now, out);
  }
  advancing_.push_back(task);
}

/// Those that cannot run any more, because their task has ended without them.
void Execution::drop_items(TaskIndex task, Instant now, Effects& out) {
  auto const first = static_cast<TaskIndex>(workflow_->tasks.size());
  for (TaskIndex item = first; item < tasks_.size(); ++item) {
    if (instance(item).source != task || is_terminal(tasks_[item].status)) continue;
    details_[item].error = list_is_over();
    settle(item, Status::cancelled, now, out);
  }
}

/// Run again by hand: what has failed starts over, the rest only where what it was made from does.
void Execution::start_items_over(TaskIndex task, bool all, Instant now) {
  auto const first = static_cast<TaskIndex>(workflow_->tasks.size());
  for (TaskIndex item = first; item < tasks_.size(); ++item)
    if (instance(item).source == task && (all || tasks_[item].status != Status::completed))
      start_over(item, now);
}

}  // namespace ropewalk

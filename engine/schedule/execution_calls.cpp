// Execution: tasks that run as tools of others. Each call is an instance of its template: a task of
// its own behind those of the workflow, with a parent that it does not outlive.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"

#include <algorithm>
#include <charconv>

namespace ropewalk {
namespace {

constexpr std::uint32_t depth_max = 16;  // calls of calls; a workflow that nests deeper has lost it

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

Error caller_ended() {
  return Error{ErrorClass::transient, "cancelled", "the task that called it does not run any more"};
}

}  // namespace

std::optional<TaskIndex> Execution::find_task(std::string_view id) const {
  if (auto const task = workflow_->find(id)) return task;
  auto const found = instance_by_id_.find(std::string(id));
  if (found == instance_by_id_.end()) return std::nullopt;
  return found->second;
}

std::optional<TaskIndex> Execution::parent_of(TaskIndex task) const {
  if (!is_instance(task) || instance(task).parent == no_task) return std::nullopt;
  return instance(task).parent;
}

std::span<TaskIndex const> Execution::open_calls(TaskIndex task) const {
  auto const it = details_.find(task);
  if (it == details_.end()) return {};
  return it->second.calls;
}

std::string_view Execution::task_id(TaskIndex task) const {
  return is_instance(task) ? instance(task).id : workflow_->tasks[task].id;
}

json::value const* Execution::task_arguments(TaskIndex task) const {
  return is_instance(task) && !is_item(task) ? &instance(task).arguments : nullptr;
}

Result<> Execution::check_call(TaskIndex caller, TaskCall const& call) const {
  if (tasks_[caller].status != Status::running) return caller_ended();
  Detail const& detail = details_.at(caller);
  if (detail.stop != StopReason::none || detail.ending) return caller_ended();
  auto const called = workflow_->find(call.task);
  bool is_known = false;
  for (std::uint32_t const index : workflow_->graph.dependants(template_of(caller))) {
    Edge const& edge = workflow_->graph.edge(index);
    is_known = is_known || (edge.is_call && edge.to == called);
  }
  if (!is_known)
    return Error{
        ErrorClass::permanent,
        "not_callable",
        "task " + quoted(task_id(caller)) + " does not name a task " + quoted(call.task) +
            " among its tools",
        "name it in `tools`"};
  if (calls_count_ >= options_.calls_max)
    return Error{
        ErrorClass::permanent,
        "too_many_calls",
        "this execution has called " + std::to_string(calls_count_) +
            " tasks as tools, which is the limit",
        "bound the rounds of the tasks that call"};
  std::uint32_t depth = 1;
  for (auto at = parent_of(caller); at; at = parent_of(*at)) ++depth;
  if (depth > depth_max)
    return Error{
        ErrorClass::permanent,
        "calls_too_deep",
        "calls within calls reach no deeper than " + std::to_string(depth_max)};
  if (text_size(call.arguments, options_.output_bytes_max) > options_.output_bytes_max)
    return Error{
        ErrorClass::permanent,
        "arguments_too_large",
        "the arguments have more than " + std::to_string(options_.output_bytes_max) + " bytes",
        "pass a reference to large data, or raise limits.outputBytes"};
  return {};
}

Result<TaskIndex> Execution::call(TaskIndex caller, TaskCall call, Instant now, Effects& out) {
  if (auto allowed = check_call(caller, call); !allowed) return allowed.error();
  TaskIndex const source = *workflow_->find(call.task);
  replace_nul(call.arguments);
  Instance made;
  made.source = source;
  made.parent = caller;
  made.parent_attempt = tasks_[caller].attempt;
  made.arguments = std::move(call.arguments);
  std::string const key = std::to_string(++calls_[source].last_key);
  ++calls_[source].count;
  ++calls_count_;
  TaskIndex const task = add_instance(key, std::move(made));
  details_[caller].calls.push_back(task);
  record_task_event(task, now);
  dependencies_met(task, now, out);
  propagate(now, out);
  return task;
}

TaskIndex Execution::add_instance(std::string_view key, Instance made) {
  made.id = workflow_->tasks[made.source].id + "[" + std::string(key) + "]";
  auto const task = static_cast<TaskIndex>(tasks_.size());
  instance_by_id_.emplace(made.id, task);
  instances_.push_back(std::move(made));
  tasks_.emplace_back();
  count_unfinished(task, 1);
  return task;
}

std::optional<TaskIndex> Execution::find_instance(TaskIndex source, std::uint32_t number) const {
  auto const found =
      instance_by_id_.find(workflow_->tasks[source].id + "[" + std::to_string(number) + "]");
  if (found == instance_by_id_.end()) return std::nullopt;
  return found->second;
}

/// A called task is over when all that could call it are: it tells how often it was called.
void Execution::settle_template(TaskIndex task, Instant now, Effects& out) {
  auto const found = calls_.find(task);
  if (found == calls_.end() || found->second.count == 0)
    return skip(task, "not_called", "no task called it", now, out);
  json::value output = json::object{{"calls", found->second.count}};
  std::string text = to_text(output);
  tasks_[task].output = std::make_unique<json::value>(std::move(output));
  settle(task, Status::completed, now, out);
  events_.task_output(now, task_id(task), tasks_[task].attempt, text);
  record_task(task).output = std::move(text);
}

void Execution::stop_calls(TaskIndex caller, Instant now, Effects& out) {
  std::vector<TaskIndex> const open = details_[caller].calls;
  for (TaskIndex const task : open) cancel_instance(task, now, out);
}

void Execution::cancel_instance(TaskIndex task, Instant now, Effects& out) {
  Status const status = tasks_[task].status;
  if (is_terminal(status)) return;
  if (status == Status::running && !runs_by_itself(task))
    return stop_attempt(task, StopReason::caller, now, out);
  if (status == Status::running) leave_running(task);  // a wait has nobody who could answer
  details_[task].error = caller_ended();
  settle(task, Status::cancelled, now, out);
}

void Execution::cancel_call(TaskIndex task, Instant now, Effects& out) {
  if (!is_instance(task)) return;
  cancel_instance(task, now, out);
  propagate(now, out);
  end_if_done(now, out);
}

/// The instance has ended: its caller is answered once that is durable, and ends if it waited.
void Execution::answer(TaskIndex task, Effects& out) {
  Instance& ended = instances_[task - workflow_->tasks.size()];
  auto& output = tasks_[task].output;
  Error const* error = task_error(task);
  if (tasks_[task].status == Status::completed)
    ended.answer = Result<json::value>(output ? std::move(*output) : json::value());
  else
    ended.answer = Result<json::value>(error ? *error : caller_ended());
  output.reset();  // nobody else looks at it
  if (ended.parent == no_task) return;
  out.answered.push_back(task);
  Detail& caller = details_[ended.parent];
  std::erase(caller.calls, task);
  if (caller.ending && caller.calls.empty()) ended_callers_.push_back(ended.parent);
}

Result<json::value> Execution::take_answer(TaskIndex task) {
  Result<json::value> empty{json::value()};
  return std::exchange(instances_[task - workflow_->tasks.size()].answer, std::move(empty));
}

/// Instances that a crash cut short: whoever called them is tried again and calls anew.
void Execution::cancel_restored_instances(Instant now, Effects& out) {
  for (auto task = static_cast<TaskIndex>(workflow_->tasks.size()); task < tasks_.size(); ++task) {
    if (is_terminal(tasks_[task].status) || is_item(task)) continue;
    details_[task].error = Error{
        ErrorClass::transient,
        "interrupted",
        "the server stopped while task " + quoted(task_id(task)) + " or its caller ran"};
    details_[task].retry_at.reset();
    settle(task, Status::cancelled, now, out);
  }
}

/// Calls that have ended are history: only their number counts. The others get a place, to be
/// cancelled. Items keep theirs: their results are still to be used.
void Execution::restore_instance(TaskRecord const& record) {
  std::size_t const bracket = record.task.find('[');
  if (bracket == std::string::npos || record.task.back() != ']') return;
  auto const source = workflow_->find(std::string_view(record.task).substr(0, bracket));
  if (!source) return;
  std::string_view const key =
      std::string_view(record.task).substr(bracket + 1, record.task.size() - bracket - 2);
  std::uint32_t number = 0;
  std::from_chars(key.data(), key.data() + key.size(), number);
  if (workflow_->tasks[*source].for_each) {
    Instance item;
    item.source = *source;
    item.place = number;
    return restore_task(add_instance(key, std::move(item)), record);
  }
  Calls& calls = calls_[*source];
  calls.last_key = std::max(calls.last_key, number);
  ++calls.count;
  ++calls_count_;
  if (is_terminal(record.status)) return;
  Instance made;
  made.source = *source;
  restore_task(add_instance(key, std::move(made)), record);
}

}  // namespace ropewalk

#include "server/cli/run_view.hpp"

#include "server/cli/terminal_text.hpp"

#include <boost/json/value.hpp>

#include <algorithm>

namespace ropewalk::cli {

namespace json = boost::json;

std::string_view text_at(json::object const& object, std::string_view key) {
  auto const* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string())
                                                : std::string_view();
}

std::uint64_t number_at(json::object const& object, std::string_view key) {
  auto const* found = object.if_contains(key);
  if (found == nullptr) return 0;
  if (found->is_uint64()) return found->get_uint64();
  if (found->is_int64())
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, found->get_int64()));
  return 0;
}

std::optional<Instant> instant_at(json::object const& object, std::string_view key) {
  auto const text = text_at(object, key);
  if (text.empty()) return std::nullopt;
  auto at = parse_instant(text);
  if (!at) return std::nullopt;
  return *at;
}

Complaint complaint_of(json::value const* error) {
  auto const* object = error == nullptr ? nullptr : error->if_object();
  if (object == nullptr) return {};
  Complaint out;
  out.message = strip_control(text_at(*object, "message"));
  if (out.message.empty()) out.message = strip_control(text_at(*object, "code"));
  out.hint = strip_control(text_at(*object, "hint"));
  return out;
}

std::string wait_text(json::object const& waiting) {
  if (auto const signal = text_at(waiting, "signal"); !signal.empty())
    return "waits for the signal " + strip_control(signal);
  auto const* answers = waiting.if_contains("answers");
  if (answers == nullptr || !answers->is_array()) return {};
  std::string out;
  for (auto const& answer : answers->get_array())
    if (auto const* text = answer.if_string())
      out += (out.empty() ? "" : ", ") + strip_control(std::string_view(*text));
  return strip_control(text_at(waiting, "message")) + " (" + out + ")";
}

std::optional<Duration> TaskView::elapsed(Instant now) const {
  if (!started_at) return std::nullopt;
  auto const end = status == Status::running ? now : finished_at.value_or(now);
  return std::max(Duration::zero(), end - *started_at);
}

RunView::RunView(std::vector<std::string> const& task_ids) {
  for (auto const& id : task_ids) task(id);
}

TaskView& RunView::task(std::string_view id) {
  auto const found = index_.find(id);
  if (found != index_.end()) return tasks_[found->second];
  index_.emplace(id, tasks_.size());
  auto& added = tasks_.emplace_back();
  added.id = strip_control(id);
  ++counts_.total;
  return added;
}

TaskView const* RunView::find(std::string_view id) const {
  auto const found = index_.find(id);
  return found == index_.end() ? nullptr : &tasks_[found->second];
}

bool RunView::was_survived(TaskView const& task) const {
  if (!task.is_failed_call()) return false;
  auto const* caller = find(task.parent);
  return caller != nullptr && caller->status == Status::completed;
}

bool RunView::apply(json::object const& event) {
  auto const seq = number_at(event, "seq");
  if (seq <= last_seq_) return false;
  last_seq_ = seq;
  auto const at = instant_at(event, "at").value_or(Instant{});
  auto const kind = text_at(event, "kind");
  if (kind == "execution.status") {
    apply_execution(event, at);
  } else if (kind == "task.status") {
    apply_task(event, at);
  } else if (kind == "task.log") {
    auto line = strip_control(text_at(event, "text"));
    if (!line.empty()) task(text_at(event, "task")).last_line = std::move(line);
  } else {
    return false;
  }
  return true;
}

void RunView::apply_text(json::object const& frame) {
  auto const found = index_.find(text_at(frame, "task"));
  if (found == index_.end() || frame.contains("channel")) return;  // the answer's text alone
  auto& shown = tasks_[found->second];
  auto const attempt = number_at(frame, "attempt");
  bool const is_over = is_terminal(shown.status) && attempt <= shown.attempt;
  if (is_over || attempt < shown.text_attempt || attempt < shown.attempt) return;
  auto const type = text_at(frame, "type");
  bool const begins = attempt > shown.text_attempt || number_at(frame, "offset") == 0;
  if (type != "token" || begins) shown.text.clear();
  shown.text_attempt = attempt;
  if (type == "token") shown.text.add(text_at(frame, "text"));
}

void RunView::apply_execution(json::object const& event, Instant at) {
  auto const status = parse_status(text_at(event, "status"));
  if (!status) return;
  status_ = *status;
  auto const* paused = event.if_contains("paused");
  paused_ = paused != nullptr && paused->is_bool() && paused->get_bool();
  waits_for_person_ = event.contains("hold");
  if (!started_at_ && *status == Status::running) started_at_ = at;
  finished_at_ = is_terminal(*status) ? std::optional(at) : std::nullopt;
  complaint_ = complaint_of(event.if_contains("error"));
}

void RunView::apply_task(json::object const& event, Instant at) {
  auto const status = parse_status(text_at(event, "status"));
  if (!status) return;
  auto& task_view = task(text_at(event, "task"));
  auto const place = static_cast<std::size_t>(&task_view - tasks_.data());
  bool const had_ended = is_terminal(task_view.status);
  count(task_view, -1);
  task_view.status = *status;
  if (auto const parent = text_at(event, "parent"); !parent.empty())
    task_view.parent = strip_control(parent);
  count(task_view, +1);
  task_view.attempt = static_cast<std::uint32_t>(number_at(event, "attempt"));
  task_view.retry_at = instant_at(event, "retryAt");
  task_view.complaint = complaint_of(event.if_contains("error"));
  if (*status == Status::running) {
    task_view.started_at = at;
    auto const* waiting = event.if_contains("waiting");
    bool const waits = waiting != nullptr && waiting->is_object();
    task_view.last_line = waits ? wait_text(waiting->get_object()) : std::string();
  }
  if (*status != Status::running || task_view.text_attempt < task_view.attempt)
    task_view.text.clear();
  task_view.finished_at = *status == Status::running ? std::nullopt : std::optional(at);
  if (had_ended) std::erase(ended_, place);  // run again by `retry`
  if (is_terminal(*status)) ended_.push_back(place);
}

void RunView::count(TaskView const& task, int by) {
  auto const add = [by](std::size_t& counter) { counter += static_cast<std::size_t>(by); };
  switch (task.status) {
    case Status::pending:
      break;
    case Status::running:
      add(counts_.running);
      break;
    case Status::retrying:
      add(counts_.retrying);
      break;
    case Status::completed:
      add(counts_.completed);
      break;
    case Status::failed:
      add(task.parent.empty() ? counts_.failed : counts_.failed_calls);
      break;
    case Status::skipped:
      add(counts_.skipped);
      break;
    case Status::cancelled:
      add(counts_.cancelled);
      break;
  }
}

}  // namespace ropewalk::cli

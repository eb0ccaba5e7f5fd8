#include "server/cli/plain_lines.hpp"

#include <boost/json/value.hpp>

namespace ropewalk::cli {
namespace {

constexpr std::size_t complaints_max = 20;
constexpr std::size_t survived_max = 5;

void add_complaint(std::vector<std::string>& out, Complaint const& complaint, Style style) {
  if (!complaint.message.empty()) out.push_back("    " + complaint.message);
  if (!complaint.hint.empty())
    out.push_back(paint("    mend: " + complaint.hint, Colour::grey, style));
}

/// Calls that failed and did not stop their callers: worth knowing, nothing to be mended.
void add_survived(std::vector<std::string>& out, RunView const& view, Style style) {
  std::size_t count = 0;
  for (auto const& task : view.tasks()) {
    if (!view.was_survived(task)) continue;
    if (++count > survived_max) continue;
    auto const line = "  " + task.id + ": a call that its caller " + task.parent +
                      " survived: " + task.complaint.message;
    out.push_back(paint(line, Colour::grey, style));
  }
  if (count > survived_max)
    out.push_back(paint(
        "  and " + std::to_string(count - survived_max) + " more of them", Colour::grey, style
    ));
}

/// What a person is waited for with, and how to answer.
void add_hold(std::vector<std::string>& out, boost::json::object const& event, Style style) {
  auto const* hold = event.if_contains("hold");
  if (hold == nullptr || !hold->is_object()) return;
  auto complaint = complaint_of(hold);
  complaint.message = "waits for a person: " + complaint.message;
  auto const* detail = hold->get_object().if_contains("detail");
  auto const* facts = detail == nullptr ? nullptr : detail->if_object();
  auto const task = facts == nullptr ? std::string() : strip_control(text_at(*facts, "task"));
  complaint.hint = event.contains("paused")
                       ? "ropewalk resume ID lets it go on"
                       : "ropewalk resolve ID " + task + " retry, skip, fail or complete";
  add_complaint(out, complaint, style);
}

/// What the task waits for, and how a person gives it.
void add_wait(std::vector<std::string>& out, boost::json::object const& event, Style style) {
  auto const* waiting = event.if_contains("waiting");
  auto const* fields = waiting == nullptr ? nullptr : waiting->if_object();
  auto const text = fields == nullptr ? std::string() : wait_text(*fields);
  if (text.empty()) return;
  out.push_back("    " + text);
  bool const is_signal = !text_at(*fields, "signal").empty();
  auto mend = std::string("    ropewalk ") + (is_signal ? "signal " : "approve ") +
              strip_control(text_at(event, "execution")) + " ";
  mend += is_signal ? strip_control(text_at(*fields, "signal"))
                    : "'" + strip_control(text_at(event, "task")) + "' --answer …";
  out.push_back(paint(mend, Colour::grey, style));
}

std::string again_text(boost::json::object const& event) {
  auto const attempt = number_at(event, "attempt");
  return attempt > 1 ? "  try " + std::to_string(attempt) : std::string();
}

}  // namespace

std::vector<std::string> plain_lines(
    boost::json::object const& event, std::size_t id_columns, Style style
) {
  std::vector<std::string> out;
  auto const kind = text_at(event, "kind");
  auto const task = strip_control(text_at(event, "task"));
  if (kind == "task.log") {
    out.push_back(pad(task, id_columns) + " | " + strip_control(text_at(event, "text")));
    return out;
  }
  bool const is_task = kind == "task.status";
  auto const status = parse_status(text_at(event, "status"));
  if (!status || (!is_task && kind != "execution.status")) return out;
  if (*status == Status::pending) return out;
  auto const at = instant_at(event, "at");
  auto line = (at ? clock_text(*at) : std::string("--:--:--")) + " ";
  line += pad(is_task ? task : "execution", id_columns) + "  ";
  auto const caller = strip_control(text_at(event, "parent"));
  line += paint(to_string(*status), colour_of(*status, !caller.empty()), style);
  if (is_task) line += again_text(event);
  bool const is_failed_call = *status == Status::failed && !caller.empty();
  if (is_failed_call) line += paint("  (" + caller + " is told)", Colour::grey, style);
  out.push_back(std::move(line));
  if (!is_task) add_hold(out, event, style);
  auto complaint = complaint_of(event.if_contains("error"));
  // Nothing is to be mended yet.
  if (*status != Status::failed || is_failed_call) complaint.hint.clear();
  if (is_task) add_complaint(out, complaint, style);
  if (is_task) add_wait(out, event, style);
  return out;
}

std::vector<std::string> summary_lines(
    RunView const& view,
    std::string_view workflow,
    std::string_view execution,
    Instant now,
    Style style
) {
  std::vector<std::string> out;
  auto const& counts = view.counts();
  auto head = strip_control(workflow) + " " +
              paint(to_string(view.status()), colour_of(view.status()), style);
  if (view.started_at())
    head += " in " + duration_text(view.finished_at().value_or(now) - *view.started_at());
  head += ": " + std::to_string(counts.completed) + " completed";
  if (counts.failed > 0) head += ", " + std::to_string(counts.failed) + " failed";
  if (counts.failed_calls > 0)
    head += ", " + std::to_string(counts.failed_calls) +
            (counts.failed_calls == 1 ? " failed call" : " failed calls");
  if (counts.skipped > 0) head += ", " + std::to_string(counts.skipped) + " skipped";
  if (counts.cancelled > 0) head += ", " + std::to_string(counts.cancelled) + " cancelled";
  out.push_back(head + paint("  (" + std::string(execution) + ")", Colour::grey, style));

  std::size_t shown = 0;
  for (auto const& task : view.tasks()) {
    if (task.status != Status::failed || view.was_survived(task)) continue;
    if (++shown > complaints_max) continue;
    out.push_back("  " + paint(task.id, Colour::red, style));
    add_complaint(out, task.complaint, style);
  }
  if (shown > complaints_max)
    out.push_back("  and " + std::to_string(shown - complaints_max) + " more");
  if (shown == 0 && view.status() == Status::failed) add_complaint(out, view.complaint(), style);
  add_survived(out, view, style);
  return out;
}

int exit_status_of(Status status) {
  if (status == Status::completed) return 0;
  return status == Status::cancelled ? 3 : 1;
}

}  // namespace ropewalk::cli

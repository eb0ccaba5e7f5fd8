#include "server/cli/execution_text.hpp"

#include "engine/base/json.hpp"
#include "server/cli/run_view.hpp"
#include "server/cli/task_text.hpp"

#include <algorithm>

namespace ropewalk::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string date_at(json::object const& object, std::string_view key) {
  auto const at = instant_at(object, key);
  return at ? date_text(*at) : std::string();
}

std::string elapsed_of(json::object const& object, Instant now) {
  auto const started = instant_at(object, "startedAt");
  if (!started) return {};
  return duration_text(instant_at(object, "finishedAt").value_or(now) - *started);
}

std::string status_of(json::object const& object) {
  std::string out(text_at(object, "status"));
  auto const* paused = object.if_contains("paused");
  bool const is_paused = paused != nullptr && paused->is_bool() && paused->get_bool();
  if (object.contains("hold"))
    out += " (waits for a person)";
  else if (is_paused)
    out += " (paused)";
  return out;
}

std::string id_of(json::object const& task) {
  auto const id = text_at(task, "id");
  return std::string(id.empty() ? text_at(task, "task") : id);
}

void add_fact(std::vector<std::string>& out, std::string_view name, std::string const& value) {
  if (!value.empty()) out.push_back(pad(name, 11) + strip_control(value));
}

std::string compact(json::object const& object, std::string_view key) {
  auto const* found = object.if_contains(key);
  bool const is_empty =
      found == nullptr || found->is_null() || (found->is_object() && found->get_object().empty());
  return is_empty ? std::string() : to_text(*found);
}

/// What a model was asked for and what that cost; empty for other tasks.
std::string model_note(json::object const& task) {
  auto const* found = task.if_contains("usage");
  auto const* usage = found == nullptr ? nullptr : found->if_object();
  if (usage == nullptr || text_at(*usage, "model").empty()) return {};
  std::string out(text_at(*usage, "model"));
  auto const is_set = [usage](std::string_view key) {
    auto const* flag = usage->if_contains(key);
    return flag != nullptr && *flag == json::value(true);
  };
  if (usage->contains("outputTokens"))  // else they were not counted
    out += ": " + std::to_string(number_at(*usage, "inputTokens")) + " tokens in, " +
           std::to_string(number_at(*usage, "outputTokens")) + " out";
  if (is_set("cached")) out += " (kept answer)";
  if (is_set("simulated")) return out + " (simulated)";
  if (auto const* cost = usage->if_contains("costUsd"); cost != nullptr && cost->is_number())
    out += ", " + cost_text(cost->to_number<double>());
  return out;
}

/// What it waits for, or where its result is from.
std::string own_note(json::object const& task) {
  if (auto const* waiting = task.if_contains("waiting"); waiting != nullptr && waiting->is_object())
    return wait_text(waiting->get_object());
  auto const from = text_at(task, "reusedFrom");
  return from.empty() ? std::string() : "taken over from " + std::string(from);
}

void add_tasks(
    std::vector<std::string>& out,
    json::array const& tasks,
    Instant now,
    std::size_t width,
    Style style
) {
  Rows rows{{"TASK", "STATUS", "TRY", "TIME", "NOTE"}};
  for (auto const& entry : tasks) {
    auto const* task = entry.if_object();
    if (task == nullptr) continue;
    auto const complaint = complaint_of(task->if_contains("error"));
    auto note = complaint.message;
    if (!complaint.hint.empty()) note += " (mend: " + complaint.hint + ")";
    if (note.empty()) note = model_note(*task);
    if (note.empty()) note = own_note(*task);
    auto const attempt = number_at(*task, "attempt");
    rows.push_back(
        {id_of(*task),
         status_of(*task),
         attempt == 0 ? std::string() : std::to_string(attempt),
         elapsed_of(*task, now),
         note}
    );
  }
  out.emplace_back();
  for (auto& line : table(rows, width, style)) out.push_back(std::move(line));
}

Error id_error(std::string code, std::string message, std::string hint) {
  Error out;
  out.code = std::move(code);
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

}  // namespace

json::array const& items_of(json::value const& page) {
  static json::array const none;
  if (auto const* list = page.if_array()) return *list;
  auto const* object = page.if_object();
  auto const* items = object == nullptr ? nullptr : object->if_contains("items");
  auto const* list = items == nullptr ? nullptr : items->if_array();
  return list == nullptr ? none : *list;
}

std::vector<std::string> executions_table(
    json::array const& executions, Instant now, std::size_t width, Style style
) {
  Rows rows{{"ID", "WORKFLOW", "STATUS", "PRIORITY", "CREATED", "TIME"}};
  for (auto const& entry : executions) {
    auto const* execution = entry.if_object();
    if (execution == nullptr) continue;
    rows.push_back(
        {std::string(text_at(*execution, "id")),
         std::string(text_at(*execution, "workflow")),
         status_of(*execution),
         std::to_string(number_at(*execution, "priority")),
         date_at(*execution, "createdAt"),
         elapsed_of(*execution, now)}
    );
  }
  return table(rows, width, style);
}

std::vector<std::string> execution_lines(
    json::object const& execution, Instant now, std::size_t width, Style style
) {
  std::vector<std::string> out;
  add_fact(out, "execution", std::string(text_at(execution, "id")));
  auto const version = number_at(execution, "version");
  add_fact(
      out,
      "workflow",
      std::string(text_at(execution, "workflow")) +
          (version == 0 ? "" : " (version " + std::to_string(version) + ")")
  );
  add_fact(out, "status", status_of(execution));
  add_fact(out, "priority", std::to_string(number_at(execution, "priority")));
  add_fact(out, "created", date_at(execution, "createdAt"));
  add_fact(out, "finished", date_at(execution, "finishedAt"));
  add_fact(out, "took", elapsed_of(execution, now));
  add_fact(out, "inputs", compact(execution, "inputs"));
  add_fact(out, "labels", compact(execution, "labels"));
  add_fact(out, "replay of", std::string(text_at(execution, "replayOf")));
  if (auto const* replays = execution.if_contains("replays"); replays != nullptr)
    add_fact(out, "replays", to_text(*replays));
  auto const complaint = complaint_of(execution.if_contains("error"));
  add_fact(out, "error", complaint.message);
  add_fact(out, "mend", complaint.hint);
  if (width != 0)
    for (auto& line : out) line = fit(line, width, style);
  if (auto const* tasks = execution.if_contains("tasks"); tasks != nullptr && tasks->is_array())
    add_tasks(out, tasks->get_array(), now, width, style);
  return out;
}

std::vector<std::string> why_lines(json::array const& answers, std::size_t width, Style style) {
  Rows rows{{"TASK", "STATUS", "WHY"}};
  for (auto const& entry : answers) {
    auto const* answer = entry.if_object();
    if (answer == nullptr) continue;
    rows.push_back({id_of(*answer), status_of(*answer), std::string(text_at(*answer, "message"))});
  }
  if (rows.size() == 1) return {"nothing is waiting"};
  return table(rows, width, style);
}

std::string log_text(json::object const& line) {
  return strip_control(text_at(line, "task")) + " | " + strip_control(text_at(line, "text"));
}

Result<std::string> complete_id(std::string const& beginning, json::array const& executions) {
  std::vector<std::string> found;
  for (auto const& entry : executions) {
    auto const* execution = entry.if_object();
    if (execution == nullptr) continue;
    auto const id = text_at(*execution, "id");
    if (id.starts_with(beginning)) found.emplace_back(id);
  }
  if (found.size() == 1) return found.front();
  if (found.empty())
    return id_error(
        "not_found",
        "no recent execution has an id that begins with " + beginning,
        "`ropewalk ps --all` lists them"
    );
  return id_error(
      "ambiguous_id",
      std::to_string(found.size()) + " executions have ids that begin with " + beginning,
      "give more of it, such as " + found.front()
  );
}

}  // namespace ropewalk::cli

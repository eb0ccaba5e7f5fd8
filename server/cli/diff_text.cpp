#include "server/cli/diff_text.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "server/cli/execution_text.hpp"
#include "server/cli/run_view.hpp"
#include "server/cli/task_text.hpp"

#include <array>
#include <cstdio>

namespace ropewalk::cli {
namespace {

using Lines = std::vector<std::string>;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t value_bytes_max = 60;

json::object const& object_at(json::object const& object, std::string_view key) {
  static json::object const none;
  auto const* found = object.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : none;
}

json::array const& list_at(json::object const& object, std::string_view key) {
  static json::array const none;
  auto const* found = object.if_contains(key);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}

std::string value_at(json::object const& object, std::string_view key) {
  auto const* found = object.if_contains(key);
  return found == nullptr ? "(none)" : shorten(to_text(*found), value_bytes_max);
}

std::string milliseconds_at(json::object const& object, std::string_view key) {
  auto const* found = object.if_contains(key);
  if (found == nullptr || !found->is_number()) return {};
  auto const time = found->to_number<double>();
  if (!(time >= 0 && time < 1e14)) return {};
  if (time < 1000) return std::to_string(static_cast<std::int64_t>(time)) + "ms";
  return duration_text(Duration(static_cast<std::int64_t>(time * 1000)));
}

std::string ratio_of(json::object const& object) {
  auto const* found = object.if_contains("ratio");
  if (found == nullptr || !found->is_number()) return {};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.2fx", found->to_number<double>());
  return text.data();
}

std::string cost_at(json::object const& object, std::string_view key) {
  auto const* found = object.if_contains(key);
  return found != nullptr && found->is_number() ? cost_text(found->to_number<double>())
                                                : std::string();
}

std::string workflow_of(json::object const& side) {
  auto const version = number_at(side, "version");
  return std::string(text_at(side, "workflow")) +
         (version == 0 ? "" : " (version " + std::to_string(version) + ")");
}

Rows head_rows(json::object const& diff) {
  auto const& a = object_at(diff, "a");
  auto const& b = object_at(diff, "b");
  auto const& times = object_at(diff, "durationMs");
  auto const row = [&](std::string name, auto const& text) {
    return std::vector<std::string>{std::move(name), text(a), text(b)};
  };
  auto const field = [](std::string_view key) {
    return [key](json::object const& side) { return std::string(text_at(side, key)); };
  };
  Rows rows{
      {"", "A", "B"},
      row("execution", field("id")),
      row("workflow", workflow_of),
      row("status", field("status"))};
  auto const ratio = ratio_of(diff);
  rows.push_back(
      {"took",
       milliseconds_at(times, "a"),
       milliseconds_at(times, "b") + (ratio.empty() ? "" : " (" + ratio + ")")}
  );
  auto const costs = row("cost", [](json::object const& side) { return cost_at(side, "costUsd"); });
  if (!costs[1].empty() || !costs[2].empty()) rows.push_back(costs);
  return rows;
}

void add_differences(Rows& rows, std::string const& task, json::array const& list) {
  for (auto const& entry : list) {
    auto const* one = entry.if_object();
    if (one == nullptr) continue;
    rows.push_back(
        {task,
         std::string(text_at(*one, "what")),
         std::string(text_at(*one, "pointer")),
         value_at(*one, "a"),
         value_at(*one, "b")}
    );
  }
}

void add_table(Lines& out, Rows const& rows, std::size_t width, Style style) {
  if (rows.size() < 2) return;
  out.emplace_back();
  for (auto& line : table(rows, width, style)) out.push_back(std::move(line));
}

std::string first_text(json::object const& diff) {
  auto const& first = object_at(diff, "first");
  if (first.empty()) return "no difference in definition, inputs, statuses, outputs or errors";
  std::string out = "first difference: ";
  if (auto const task = text_at(first, "task"); !task.empty())
    out += "task " + std::string(task) + ", ";
  out += text_at(first, "what");
  if (auto const pointer = text_at(first, "pointer"); !pointer.empty())
    out += " at " + std::string(pointer);
  return out + ": " + value_at(first, "a") + " and " + value_at(first, "b");
}

}  // namespace

std::vector<std::string> diff_lines(json::object const& diff, std::size_t width, Style style) {
  Lines out = table(head_rows(diff), width, style);
  out.emplace_back();
  auto const first = strip_control(first_text(diff));
  out.push_back(width == 0 ? first : fit(first, width, style));
  Rows differences{{"TASK", "WHAT", "AT", "A", "B"}};
  add_differences(differences, "", list_at(diff, "differences"));
  Rows times{{"TASK", "A TOOK", "B TOOK", "RATIO", "A COST", "B COST", "NOTE"}};
  for (auto const& entry : list_at(diff, "tasks")) {
    auto const* task = entry.if_object();
    if (task == nullptr) continue;
    std::string const id(text_at(*task, "task"));
    add_differences(differences, id, list_at(*task, "differences"));
    auto const& took = object_at(*task, "durationMs");
    auto const& cost = object_at(*task, "costUsd");
    auto const& reused = object_at(*task, "reusedFrom");
    std::string note;
    for (auto const& [side, from] : reused)
      note += (note.empty() ? "" : ", ") + std::string(side) + " took it over";
    times.push_back(
        {id,
         milliseconds_at(took, "a"),
         milliseconds_at(took, "b"),
         ratio_of(*task),
         cost_at(cost, "a"),
         cost_at(cost, "b"),
         note}
    );
  }
  add_table(out, differences, width, style);
  add_table(out, times, width, style);
  if (auto const left_out = number_at(diff, "leftOut"); left_out > 0)
    out.push_back("and " + std::to_string(left_out) + " more tasks");
  return out;
}

}  // namespace ropewalk::cli

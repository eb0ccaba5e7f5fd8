#include "server/cli/schedule_text.hpp"

#include "engine/base/json.hpp"
#include "server/cli/execution_text.hpp"
#include "server/cli/run_view.hpp"

namespace ropewalk::cli {
namespace {

std::string date_at(json::object const& object, std::string_view key) {
  auto const at = instant_at(object, key);
  return at ? date_text(*at) : std::string();
}

json::array const& array_at(json::object const& object, std::string_view key) {
  static json::array const none;
  auto const* found = object.if_contains(key);
  auto const* array = found == nullptr ? nullptr : found->if_array();
  return array == nullptr ? none : *array;
}

std::string run_text(json::value const& run) {
  auto const* text = run.if_string();
  auto const at = parse_instant(text == nullptr ? std::string_view() : std::string_view(*text));
  return at ? date_text(*at) : std::string();
}

bool is_paused(json::object const& schedule) {
  auto const* paused = schedule.if_contains("paused");
  return paused != nullptr && *paused == json::value(true);
}

/// What a start came to: its execution's status, or how far it is itself.
std::string outcome_of(json::object const& start) {
  auto const status = text_at(start, "status");
  return std::string(status.empty() ? text_at(start, "state") : status);
}

void add_fact(std::vector<std::string>& out, std::string_view name, std::string const& value) {
  if (!value.empty()) out.push_back(pad(name, 12) + strip_control(value));
}

std::string skipped_text(json::object const& schedule) {
  auto const* found = schedule.if_contains("skipped");
  auto const* skipped = found == nullptr ? nullptr : found->if_object();
  if (skipped == nullptr) return {};
  return std::to_string(number_at(*skipped, "count")) + ", the last at " +
         date_at(*skipped, "lastTick") + " (" + std::string(text_at(*skipped, "reason")) + ")";
}

}  // namespace

std::string timing_text(json::object const& schedule) {
  if (auto const cron = text_at(schedule, "cron"); !cron.empty())
    return std::string(cron) + " (" + std::string(text_at(schedule, "timezone")) + ")";
  if (auto const every = text_at(schedule, "every"); !every.empty())
    return "every " + std::string(every);
  return "at " + std::string(text_at(schedule, "at"));
}

std::vector<std::string> schedules_table(
    json::array const& schedules, std::size_t width, Style style
) {
  std::vector<std::vector<std::string>> rows{{"NAME", "WORKFLOW", "WHEN", "NEXT", "LAST", "NOTE"}};
  for (auto const& item : schedules) {
    auto const* schedule = item.if_object();
    if (schedule == nullptr) continue;
    auto const& runs = array_at(*schedule, "nextRuns");
    auto const& starts = array_at(*schedule, "starts");
    auto const* last = starts.empty() ? nullptr : starts.front().if_object();
    auto note = complaint_of(schedule->if_contains("lastError")).message;
    if (is_paused(*schedule)) note = note.empty() ? "paused" : "paused; " + note;
    rows.push_back(
        {std::string(text_at(*schedule, "name")),
         std::string(text_at(*schedule, "workflow")),
         timing_text(*schedule),
         runs.empty() ? "-" : run_text(runs.front()),
         last == nullptr ? "-" : outcome_of(*last),
         note}
    );
  }
  return table(rows, width, style);
}

std::vector<std::string> schedule_lines(
    json::object const& schedule, std::size_t width, Style style
) {
  std::vector<std::string> out;
  add_fact(out, "name", std::string(text_at(schedule, "name")));
  add_fact(out, "workflow", std::string(text_at(schedule, "workflow")));
  add_fact(out, "when", timing_text(schedule));
  add_fact(out, "overlap", std::string(text_at(schedule, "overlap")));
  auto catch_up = std::string(text_at(schedule, "catchUp"));
  if (auto const within = text_at(schedule, "catchUpWithin"); !within.empty())
    catch_up += " within " + std::string(within);
  add_fact(out, "catch up", catch_up);
  add_fact(out, "jitter", std::string(text_at(schedule, "jitter")));
  for (auto const* key : {"inputs", "labels"})
    if (auto const* found = schedule.if_contains(key)) add_fact(out, key, to_text(*found));
  if (is_paused(schedule)) add_fact(out, "paused", "yes");
  add_fact(out, "skipped", skipped_text(schedule));
  auto const complaint = complaint_of(schedule.if_contains("lastError"));
  add_fact(out, "last error", complaint.message);
  add_fact(out, "mend", complaint.hint);
  std::string_view name = "next";
  for (auto const& run : array_at(schedule, "nextRuns")) {
    add_fact(out, name, run_text(run));
    name = "";
  }
  auto const& starts = array_at(schedule, "starts");
  if (starts.empty()) return out;
  std::vector<std::vector<std::string>> rows{{"TICK", "STATUS", "EXECUTION", "NOTE"}};
  for (auto const& item : starts) {
    auto const* start = item.if_object();
    if (start == nullptr) continue;
    rows.push_back(
        {date_at(*start, "tick"),
         outcome_of(*start),
         std::string(text_at(*start, "execution")),
         complaint_of(start->if_contains("error")).message}
    );
  }
  out.emplace_back();
  for (auto& line : table(rows, width, style)) out.push_back(std::move(line));
  return out;
}

}  // namespace ropewalk::cli

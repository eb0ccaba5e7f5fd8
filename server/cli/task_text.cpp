#include "server/cli/task_text.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "server/cli/run_view.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace ropewalk::cli {
namespace {

namespace json = boost::json;
using Lines = std::vector<std::string>;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t value_bytes_max = 2000;

json::object const* object_at(json::object const& object, std::string_view key) {
  auto const* found = object.if_contains(key);
  return found == nullptr ? nullptr : found->if_object();
}

json::array const& list_at(json::object const& object, std::string_view key) {
  static json::array const none;
  auto const* found = object.if_contains(key);
  auto const* list = found == nullptr ? nullptr : found->if_array();
  return list == nullptr ? none : *list;
}

bool is_true(json::object const& object, std::string_view key) {
  auto const* found = object.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

std::string count_at(json::object const& object, std::string_view key) {
  auto const* found = object.if_contains(key);
  return found == nullptr || !found->is_number() ? std::string() : to_text(*found);
}

/// Texts as they are, also those that models gave; anything else as JSON.
std::string value_text(json::value const& value) {
  auto const* text = value.if_string();
  if (auto const* object = value.if_object();
      object != nullptr && object->size() == 3 && object->contains("finishReason")) {
    auto const* answer = object->if_contains("text");
    text = answer == nullptr ? nullptr : answer->if_string();
  }
  return shorten(text != nullptr ? std::string(*text) : to_text(value), value_bytes_max);
}

void add_fact(Lines& out, std::string_view name, std::string const& value) {
  if (!value.empty()) out.push_back(pad(name, 11) + strip_control(value));
}

std::string milliseconds_text(json::object const& call, std::string_view key) {
  auto const* found = call.if_contains(key);
  if (found == nullptr || !found->is_number()) return {};
  auto const time = found->to_number<double>();
  if (!(time >= 0 && time < 1e12)) return {};
  if (time < 1000) return std::to_string(static_cast<std::int64_t>(time)) + "ms";
  return duration_text(Duration(static_cast<std::int64_t>(time * 1000)));
}

/// How a call ended: why, where it failed.
std::string ending_of(json::object const& call) {
  if (auto const* error = object_at(call, "error"))
    return "failed: " + std::string(text_at(*error, "code")) + ": " +
           complaint_of(call.if_contains("error")).message;
  if (is_true(call, "cached")) return "kept answer, nothing was called";
  return std::string(text_at(call, "finishReason"));
}

std::string cost_of(json::object const& call) {
  if (is_true(call, "simulated")) return "simulated";
  if (is_true(call, "cached")) return cost_text(0);
  auto const* cost = call.if_contains("costUsd");
  if (cost != nullptr && cost->is_number()) return cost_text(cost->to_number<double>());
  // What the provider refused was free.
  return call.contains("error") && !is_true(call, "unpriced") ? std::string() : "?";
}

void add_calls(Rows& rows, std::uint64_t attempt, json::object const* detail) {
  if (detail == nullptr) return;
  for (auto const& entry : list_at(*detail, "calls")) {
    auto const* call = entry.if_object();
    if (call == nullptr) continue;
    static json::object const none;
    auto const* found = object_at(*call, "usage");
    auto const& usage = found == nullptr ? none : *found;
    rows.push_back(
        {std::to_string(attempt),
         std::string(text_at(*call, "model")),
         std::string(text_at(*call, "purpose")),
         count_at(usage, "inputTokens"),
         count_at(usage, "cachedInputTokens"),
         count_at(usage, "outputTokens"),
         cost_of(*call),
         milliseconds_text(*call, "timeToFirstTokenMs"),
         milliseconds_text(*call, "totalMs"),
         ending_of(*call)}
    );
  }
}

void add_table(Lines& out, Rows const& rows, std::size_t width, Style style) {
  if (rows.size() < 2) return;
  out.emplace_back();
  for (auto& line : table(rows, width, style)) out.push_back(std::move(line));
}

/// Every attempt before the last one, and the last.
void add_attempts(Lines& out, json::object const& task, std::size_t width, Style style) {
  Rows calls{{"TRY", "MODEL", "WHY", "IN", "CACHED", "OUT", "COST", "FIRST", "TIME", "ENDED AS"}};
  Rows failures{{"TRY", "FAILED AS"}};
  for (auto const& entry : list_at(task, "attempts")) {
    auto const* attempt = entry.if_object();
    if (attempt == nullptr) continue;
    auto const number = number_at(*attempt, "attempt");
    add_calls(calls, number, object_at(*attempt, "detail"));
    if (auto const* error = object_at(*attempt, "error"))
      failures.push_back(
          {std::to_string(number),
           std::string(text_at(*error, "code")) + ": " +
               complaint_of(attempt->if_contains("error")).message}
      );
  }
  add_calls(calls, number_at(task, "attempt"), object_at(task, "detail"));
  add_table(out, failures, width, style);
  add_table(out, calls, width, style);
}

void add_tools(Lines& out, json::object const& detail, std::size_t width, Style style) {
  Rows rows{{"TOOL", "TASK", "ARGUMENTS", "GAVE"}};
  for (auto const& entry : list_at(detail, "tools")) {
    auto const* tool = entry.if_object();
    if (tool == nullptr) continue;
    std::string const sign = is_true(*tool, "isError") ? "an error: " : "";
    rows.push_back(
        {std::string(text_at(*tool, "name")),
         std::string(text_at(*tool, "task")),
         shorten(text_at(*tool, "arguments"), 60),
         sign + shorten(text_at(*tool, "result"), 200)}
    );
  }
  add_table(out, rows, width, style);
}

void add_artifacts(Lines& out, json::object const& detail, std::size_t width, Style style) {
  constexpr std::size_t digits_shown = 12;
  Rows rows{{"ARTIFACT", "BYTES", "SHA-256"}};
  for (auto const& entry : list_at(detail, "artifacts")) {
    auto const* artifact = entry.if_object();
    if (artifact == nullptr) continue;
    rows.push_back(
        {std::string(text_at(*artifact, "name")),
         count_at(*artifact, "bytes"),
         std::string(text_at(*artifact, "sha256").substr(0, digits_shown))}
    );
  }
  add_table(out, rows, width, style);
}

void add_cuts(Lines& out, json::object const& detail, std::size_t width, Style style) {
  auto const* report = object_at(detail, "context");
  if (report == nullptr) return;
  out.emplace_back();
  add_fact(
      out,
      "cut to fit",
      std::string(text_at(*report, "strategy")) + ": " + count_at(*report, "tokensBefore") +
          " tokens before, " + count_at(*report, "tokensAfter") + " after, in a window of " +
          count_at(*report, "window") + " with " + count_at(*report, "reserved") +
          " kept for the answer"
  );
  Rows rows{{"MESSAGE", "FROM", "LABEL", "WHAT", "BEFORE", "AFTER"}};
  for (auto const& entry : list_at(*report, "cut")) {
    auto const* cut = entry.if_object();
    if (cut == nullptr) continue;
    rows.push_back(
        {count_at(*cut, "message"),
         std::string(text_at(*cut, "origin")),
         std::string(text_at(*cut, "label")),
         std::string(text_at(*cut, "action")),
         count_at(*cut, "tokensBefore"),
         count_at(*cut, "tokensAfter")}
    );
  }
  add_table(out, rows, width, style);
  auto const listed = rows.size() - 1;
  if (auto const count = number_at(*report, "cutCount"); count > listed)
    out.push_back("and " + std::to_string(count - listed) + " more");
}

/// All calls of all attempts, as they are billed.
void add_spend(Lines& out, json::object const& task) {
  auto const calls = number_at(task, "calls");
  auto const* tokens = object_at(task, "tokens");
  if (calls == 0 || tokens == nullptr) return;
  std::string text = count_at(*tokens, "input") + " in";
  if (number_at(*tokens, "cachedInput") > 0)
    text += " (" + count_at(*tokens, "cachedInput") + " cached)";
  text += ", " + count_at(*tokens, "output") + " out, " + std::to_string(calls) +
          (calls == 1 ? " call" : " calls");
  add_fact(out, "tokens", text);
  auto const* usage = object_at(task, "usage");
  if (usage != nullptr && is_true(*usage, "simulated")) return add_fact(out, "cost", "simulated");
  auto const* cost = task.if_contains("costUsd");
  auto const unpriced = number_at(task, "unpricedCalls");
  bool const is_known = cost != nullptr && cost->is_number();
  std::string words = is_known ? cost_text(cost->to_number<double>()) : std::string();
  if (unpriced > 0)
    words += (words.empty() ? "" : " and ") + std::to_string(unpriced) +
             (unpriced == 1 ? " call" : " calls") + " whose cost nobody knows";
  add_fact(out, "cost", words);
}

}  // namespace

std::string cost_text(double dollars) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "$%.6f", dollars);
  return text.data();
}

Lines task_lines(json::object const& task, Instant now, std::size_t width, Style style) {
  Lines out;
  add_fact(out, "task", std::string(text_at(task, "id")));
  if (auto const parent = text_at(task, "parent"); !parent.empty())
    add_fact(out, "called by", std::string(parent));
  auto status = std::string(text_at(task, "status"));
  if (auto const attempt = number_at(task, "attempt"); attempt > 1)
    status += " (try " + std::to_string(attempt) + ")";
  add_fact(out, "status", status);
  if (auto const started = instant_at(task, "startedAt"))
    add_fact(out, "took", duration_text(instant_at(task, "finishedAt").value_or(now) - *started));
  auto const* detail = object_at(task, "detail");
  if (detail != nullptr) {
    add_fact(out, "answered", std::string(text_at(*detail, "model")));
    add_fact(out, "ended as", std::string(text_at(*detail, "finishReason")));
    add_fact(out, "prompt", std::string(text_at(*detail, "prompt")));
  }
  add_spend(out, task);
  if (auto const* waiting = object_at(task, "waiting")) add_fact(out, "waits", wait_text(*waiting));
  add_fact(out, "taken from", std::string(text_at(task, "reusedFrom")));
  auto const complaint = complaint_of(task.if_contains("error"));
  add_fact(out, "error", complaint.message);
  add_fact(out, "mend", complaint.hint);
  if (auto const* output = task.if_contains("output")) add_fact(out, "output", value_text(*output));
  if (width != 0)
    for (auto& line : out) line = fit(line, width, style);
  add_attempts(out, task, width, style);
  if (detail == nullptr) return out;
  add_tools(out, *detail, width, style);
  add_artifacts(out, *detail, width, style);
  add_cuts(out, *detail, width, style);
  return out;
}

}  // namespace ropewalk::cli

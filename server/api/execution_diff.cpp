#include "server/api/execution_diff.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

namespace ropewalk::server {
namespace {

constexpr std::size_t value_bytes_max = 500;
constexpr std::size_t tasks_shown_max = 1000;

using Records = std::unordered_map<std::string_view, TaskRecord const*>;

json::value read_back(std::string const& text) {
  JsonLimits const limits{text.size() + 1, 256, text.size() + 1};
  auto value = parse_json(text, limits);
  return value ? std::move(*value) : json::value();
}

std::string escaped(std::string_view key) {
  std::string out;
  for (char const c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

std::optional<std::string> inside(std::string const& step, std::optional<std::string> found) {
  if (found) found->insert(0, "/" + step);
  return found;
}

std::optional<std::string> in_objects(json::object const& a, json::object const& b) {
  for (auto const& member : a) {
    auto const step = escaped(member.key());
    auto const* other = b.if_contains(member.key());
    if (other == nullptr) return "/" + step;
    if (auto found = inside(step, first_difference(member.value(), *other))) return found;
  }
  for (auto const& member : b)
    if (!a.contains(member.key())) return "/" + escaped(member.key());
  return std::nullopt;
}

std::optional<std::string> in_arrays(json::array const& a, json::array const& b) {
  auto const common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i)
    if (auto found = inside(std::to_string(i), first_difference(a[i], b[i]))) return found;
  if (a.size() != b.size()) return "/" + std::to_string(common);
  return std::nullopt;
}

/// What is large is cut, as text.
void put_value(json::object& out, std::string_view side, json::value const* value) {
  if (value == nullptr) return;  // it is not there
  if (text_size(*value, value_bytes_max) <= value_bytes_max) {
    out[side] = *value;
    return;
  }
  out[side] = shorten(to_text(*value), value_bytes_max);
  out["cut"] = true;
}

json::value const* at(json::value const& value, std::string const& pointer) {
  boost::system::error_code ec;
  return value.find_pointer(pointer, ec);
}

/// The differences of one thing: of the execution as a whole, or of a task.
class Differences {
 public:
  void compare(std::string_view what, json::value const& a, json::value const& b) {
    auto const pointer = first_difference(a, b);
    if (!pointer) return;
    json::object entry{{"what", what}};
    if (!pointer->empty()) entry["pointer"] = *pointer;
    put_value(entry, "a", at(a, *pointer));
    put_value(entry, "b", at(b, *pointer));
    list_.push_back(std::move(entry));
  }
  bool empty() const { return list_.empty(); }
  json::array const& list() const { return list_; }

 private:
  json::array list_;
};

/// Class and code: messages tell of times and places.
json::value kind_of_error(std::string const& text) {
  auto const error = read_back(text);
  auto const* fields = error.if_object();
  if (fields == nullptr) return nullptr;
  json::object out;
  for (std::string_view const name : {"class", "code"})
    if (auto const* value = fields->if_contains(name)) out[name] = *value;
  return out;
}

std::optional<double> took_ms(
    std::optional<Instant> const& started, std::optional<Instant> const& finished
) {
  if (!started || !finished) return std::nullopt;
  return std::chrono::duration<double, std::milli>(*finished - *started).count();
}

/// "durationMs": {"a", "b"}, and how many times as long b took.
void put_times(json::object& out, std::optional<double> a, std::optional<double> b) {
  json::object times;
  if (a) times["a"] = *a;
  if (b) times["b"] = *b;
  if (times.empty()) return;
  out["durationMs"] = std::move(times);
  if (a && b && *a > 0) out["ratio"] = std::round(*b / *a * 1000) / 1000;
}

json::object side_view(ExecutionSide const& side) {
  auto const& stored = side.row.stored;
  json::object out{
      {"id", stored.execution.to_string()},
      {"workflow", stored.created.workflow},
      {"status", to_string(stored.state.status)},
      {"createdAt", format_instant(stored.created.created_at)}};
  if (stored.created.workflow_version > 0) out["version"] = stored.created.workflow_version;
  if (stored.created.replay_of) out["replayOf"] = stored.created.replay_of->to_string();
  double cost = 0;
  for (auto const& total : side.row.spend) cost += total.cost_usd;
  if (!side.row.spend.empty()) out["costUsd"] = cost;
  return out;
}

class Comparison {
 public:
  Comparison(ExecutionSide const& a, ExecutionSide const& b) : sides_{&a, &b} {
    for (std::size_t i = 0; i < 2; ++i) {
      for (auto const& record : sides_[i]->row.stored.tasks)
        records_[i].emplace(record.task, &record);
      for (auto const& total : sides_[i]->row.spend) costs_[i].emplace(total.group, total.cost_usd);
    }
  }

  json::object result() {
    json::object out;
    auto const whole = of_whole();
    if (!whole.empty()) first_ = whole.list().front();
    compare_tasks();
    out["equal"] = first_.is_null();
    out["first"] = first_;
    std::array<std::optional<double>, 2> times;
    constexpr std::array<std::string_view, 2> names{"a", "b"};
    for (std::size_t i = 0; i < 2; ++i) {
      out[names[i]] = side_view(*sides_[i]);
      auto const& state = sides_[i]->row.stored.state;
      times[i] = took_ms(state.started_at, state.finished_at);
    }
    put_times(out, times[0], times[1]);
    out["differences"] = whole.list();
    out["tasks"] = std::move(tasks_);
    if (left_out_ > 0) out["leftOut"] = left_out_;
    return out;
  }

 private:
  Differences of_whole() const {
    Differences out;
    auto const& a = sides_[0]->row.stored;
    auto const& b = sides_[1]->row.stored;
    auto const version = [](NewExecution const& created) {
      json::object view{{"workflow", created.workflow}, {"hash", created.definition_hash}};
      if (created.workflow_version > 0) view["version"] = created.workflow_version;
      return json::value(std::move(view));
    };
    if (a.created.definition_hash != b.created.definition_hash)
      out.compare("workflow", version(a.created), version(b.created));
    out.compare("inputs", read_back(a.created.inputs), read_back(b.created.inputs));
    out.compare("variables", sides_[0]->workflow.variables, sides_[1]->workflow.variables);
    out.compare(
        "status", json::value(to_string(a.state.status)), json::value(to_string(b.state.status))
    );
    out.compare("error", kind_of_error(a.state.error), kind_of_error(b.state.error));
    return out;
  }

  void compare_tasks() {
    for (TaskIndex const task : sides_[0]->workflow.graph.topological_order())
      compare_task(sides_[0]->workflow.tasks[task].id);
    for (TaskIndex const task : sides_[1]->workflow.graph.topological_order()) {
      std::string const& id = sides_[1]->workflow.tasks[task].id;
      if (!sides_[0]->workflow.find(id)) compare_task(id);
    }
  }

  void compare_task(std::string const& id) {
    std::array<TaskRecord const*, 2> found{record(0, id), record(1, id)};
    auto const differences = of_task(id, found);
    if (!differences.empty() && first_.is_null()) {
      first_ = differences.list().front();
      first_.get_object()["task"] = id;
    }
    if (tasks_.size() == tasks_shown_max) {
      ++left_out_;
      return;
    }
    json::object out{{"task", id}, {"differences", differences.list()}};
    std::array<std::optional<double>, 2> times;
    constexpr std::array<std::string_view, 2> names{"a", "b"};
    json::object costs;
    for (std::size_t i = 0; i < 2; ++i) {
      if (found[i] == nullptr) continue;
      times[i] = took_ms(found[i]->started_at, found[i]->finished_at);
      auto const cost = costs_[i].find(id);
      if (cost != costs_[i].end()) costs[names[i]] = cost->second;
      if (!found[i]->reused_from.empty())
        out["reusedFrom"] = json::object{{names[i], found[i]->reused_from}};
    }
    put_times(out, times[0], times[1]);
    if (!costs.empty()) out["costUsd"] = std::move(costs);
    tasks_.push_back(std::move(out));
  }

  TaskRecord const* record(std::size_t side, std::string const& id) const {
    static TaskRecord const pending{};
    if (!sides_[side]->workflow.find(id)) return nullptr;
    auto const known = records_[side].find(id);
    return known == records_[side].end() ? &pending : known->second;
  }

  static Differences of_task(std::string const& id, std::array<TaskRecord const*, 2> const& found) {
    Differences out;
    if (found[0] == nullptr || found[1] == nullptr) {
      auto const there = [&](TaskRecord const* one) {
        return one == nullptr ? json::value() : json::value(id);
      };
      out.compare("task", there(found[0]), there(found[1]));
      return out;
    }
    auto const& [a, b] = found;
    out.compare("status", json::value(to_string(a->status)), json::value(to_string(b->status)));
    out.compare("error", kind_of_error(a->error), kind_of_error(b->error));
    out.compare("output", read_back(a->output), read_back(b->output));
    bool const both_ran = a->reused_from.empty() && b->reused_from.empty();
    if (both_ran) out.compare("attempts", json::value(a->attempt), json::value(b->attempt));
    return out;
  }

  std::array<ExecutionSide const*, 2> sides_;
  std::array<Records, 2> records_{};
  std::array<std::unordered_map<std::string_view, double>, 2> costs_{};
  json::value first_{};
  json::array tasks_{};
  std::size_t left_out_ = 0;
};

}  // namespace

std::optional<std::string> first_difference(json::value const& a, json::value const& b) {
  if (a.is_object() && b.is_object()) return in_objects(a.get_object(), b.get_object());
  if (a.is_array() && b.is_array()) return in_arrays(a.get_array(), b.get_array());
  bool const is_equal = a.is_number() && b.is_number()
                            ? a == b || a.to_number<double>() == b.to_number<double>()
                            : a == b;
  return is_equal ? std::nullopt : std::optional<std::string>(std::string());
}

json::object diff_executions(ExecutionSide const& a, ExecutionSide const& b) {
  return Comparison(a, b).result();
}

}  // namespace ropewalk::server

// `rateLimit`, `debounce` and `singleton`: how often and when executions begin.

#include "engine/model/load/workflow_fields.hpp"

#include <array>

namespace ropewalk::load {
namespace {

constexpr std::int64_t limit_max = 10'000;
constexpr Duration time_min = std::chrono::milliseconds(1);
constexpr Duration time_max = std::chrono::hours(24 * 30);
constexpr int waits_of_delay = 12;  // unless maxWait says otherwise

/// Reported where it is missing, or no time that can be counted over.
Duration required_time(Fields const& fields, std::string_view name, std::string_view example) {
  if (!fields.find(name)) {
    std::string const hint = "write " + std::string(name) + ": " + std::string(example);
    add_missing(fields.problems(), fields.path(name), hint);
    return time_min;
  }
  auto const time = fields.duration(name);
  if (!time) return time_min;
  if (*time >= time_min && *time <= time_max) return *time;
  fields.problems().add(
      fields.path(name),
      {"out_of_range", "`" + std::string(name) + "` is between 1ms and 30d", "write another time"}
  );
  return time_min;
}

using ReadKey = std::optional<cel::Template> (*)(Fields const& fields, References& references);

StartRate read_rate(Fields const& fields, ReadKey read_key, References& references) {
  constexpr std::array<std::string_view, 4> known{"limit", "per", "key", "onLimit"};
  fields.allow_only(known);
  StartRate out;
  if (!fields.find("limit")) add_missing(fields.problems(), fields.path("limit"), "limit: 10");
  if (auto const limit = fields.integer("limit", 1, limit_max))
    out.limit = static_cast<std::uint32_t>(*limit);
  out.per = required_time(fields, "per", "1m");
  out.key = read_key(fields, references);
  out.queues = fields.word("onLimit", {"reject", "queue"}) == 1U;
  return out;
}

StartDebounce read_debounce(Fields const& fields, ReadKey read_key, References& references) {
  constexpr std::array<std::string_view, 3> known{"delay", "key", "maxWait"};
  fields.allow_only(known);
  StartDebounce out;
  out.delay = required_time(fields, "delay", "5s");
  out.longest =
      fields.find("maxWait") ? required_time(fields, "maxWait", "1m") : out.delay * waits_of_delay;
  if (out.longest < out.delay)
    fields.problems().add(
        fields.path("maxWait"),
        {"out_of_range", "`maxWait` is shorter than `delay`", "it bounds several delays"}
    );
  out.key = read_key(fields, references);
  return out;
}

StartSingleton read_singleton(Fields const& fields, ReadKey read_key, References& references) {
  constexpr std::array<std::string_view, 2> known{"key", "onConflict"};
  fields.allow_only(known);
  StartSingleton out;
  out.key = read_key(fields, references);
  out.gives_running = fields.word("onConflict", {"reject", "return"}) == 1U;
  return out;
}

}  // namespace

void read_start_limits(
    Workflow& workflow, Fields const& outer, ReadKey read_key, References& references
) {
  auto const read = [&](std::string_view name, auto reader, auto& into) {
    auto const* object = outer.object(name);
    if (!object) return;
    Path const path = outer.path(name);
    into = reader(Fields(outer.problems(), path, *object), read_key, references);
  };
  read("rateLimit", read_rate, workflow.rate_limit);
  read("debounce", read_debounce, workflow.debounce);
  read("singleton", read_singleton, workflow.singleton);
  if (!workflow.debounce || !(workflow.rate_limit || workflow.singleton)) return;
  std::string const other = workflow.rate_limit ? "rateLimit" : "singleton";
  outer.problems().add(
      outer.path("debounce"),
      {"conflicting_fields",
       "`debounce` and `" + other + "` exclude each other",
       "leave one of them away; `concurrency` bounds what runs at once"}
  );
}

}  // namespace ropewalk::load

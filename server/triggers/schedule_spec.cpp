#include "server/triggers/schedule_spec.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"

#include <array>

namespace ropewalk::server {
namespace {

using fields::Fields;
namespace chrono = std::chrono;

constexpr std::array<std::string_view, 4> overlap_words{"skip", "queue", "cancelOldest", "allow"};
constexpr std::array<std::string_view, 3> catch_up_words{"none", "latest", "all"};
constexpr std::array<std::string_view, 14> known_fields{
    "workflow",
    "inputs",
    "labels",
    "priority",
    "cron",
    "timezone",
    "every",
    "start",
    "at",
    "overlap",
    "catchUp",
    "catchUpWithin",
    "jitter",
    "paused"};
constexpr Duration interval_max = chrono::days(366);
constexpr Duration jitter_max = chrono::hours(1);
constexpr Duration catch_up_max = chrono::days(31);

std::optional<Instant> read_instant(Fields const& fields, std::string_view name) {
  auto const text = fields.text(name);
  if (!text) return std::nullopt;
  auto const at = parse_instant(*text);
  if (at) return *at;
  fields.add(name, at.error().code, "this is no point in time", "write it as 2026-12-01T09:00:00Z");
  return std::nullopt;
}

void read_cron(Fields const& fields, ScheduleSpec& out) {
  auto const text = fields.text("cron");
  auto const zone_name = fields.text("timezone").value_or("UTC");
  auto const zone = TimeZone::find(zone_name);
  if (!zone)
    fields.add(
        "timezone",
        "unknown_timezone",
        "there is no time zone \"" + shorten(zone_name, 64) + "\" here",
        "write a name of the IANA database, such as Europe/Berlin, or an offset, such as +02:00"
    );
  if (!text) return;
  auto cron = Cron::parse(*text);
  if (!cron) return fields.add("cron", cron.error().code, cron.error().message, cron.error().hint);
  if (!zone) return;
  out.timing = "cron " + *text + " " + zone_name;
  out.timetable.recurrence = Recurrence::cron(std::move(*cron), *zone);
}

void read_interval(Fields const& fields, ScheduleSpec& out) {
  auto const least = chrono::seconds(1);
  auto const interval = read_duration(fields, "every", least, least, interval_max);
  auto const start = read_instant(fields, "start").value_or(Instant());
  out.timing = "every " + format_duration(interval) + " " + format_instant(start);
  out.timetable.recurrence = Recurrence::every(interval, start);
  if (out.timetable.jitter > interval)
    fields.add("jitter", "out_of_range", "`jitter` is longer than `every`", "make it shorter");
}

void read_timing(Fields const& fields, ScheduleSpec& out) {
  int const kinds = int{fields.has("cron")} + int{fields.has("every")} + int{fields.has("at")};
  if (kinds != 1)
    return fields.add(
        "",
        kinds == 0 ? "missing_field" : "conflicting_fields",
        kinds == 0 ? "it is not said when it is due" : "it is said twice when it is due",
        "give exactly one of cron, every and at"
    );
  if (fields.has("timezone") && !fields.has("cron"))
    fields.add(
        "timezone", "conflicting_fields", "`timezone` goes with `cron` only", "leave it out"
    );
  if (fields.has("start") && !fields.has("every"))
    fields.add("start", "conflicting_fields", "`start` goes with `every` only", "leave it out");
  if (fields.has("cron")) return read_cron(fields, out);
  if (fields.has("every")) return read_interval(fields, out);
  out.at = read_instant(fields, "at");
  if (!out.at) return;
  out.timing = "at " + format_instant(*out.at);
  out.timetable.recurrence = Recurrence::once(*out.at);
}

}  // namespace

Result<ScheduleSpec> read_schedule(std::string name, json::object definition) {
  DefinitionProblems problems;
  auto const reading = problems.reading();
  Fields const fields(definition, "", reading);
  fields.allow_only(known_fields);
  ScheduleSpec out;
  out.start = read_start_spec(fields, {"schedule"});
  auto& timetable = out.timetable;
  timetable.name = std::move(name);
  if (auto const word = fields.word("overlap", overlap_words))
    timetable.overlap = static_cast<Overlap>(*word);
  if (auto const word = fields.word("catchUp", catch_up_words))
    timetable.catch_up = static_cast<CatchUp>(*word);
  timetable.catch_up_within = read_duration(
      fields, "catchUpWithin", timetable.catch_up_within, chrono::seconds(1), catch_up_max
  );
  if (fields.has("catchUpWithin") && timetable.catch_up == CatchUp::none)
    fields.add(
        "catchUpWithin", "conflicting_fields", "nothing is made up for", "leave it out, or catchUp"
    );
  timetable.jitter = read_duration(fields, "jitter", Duration(), Duration(), jitter_max);
  read_timing(fields, out);
  out.paused = fields.boolean("paused");
  if (auto const read = problems.result("the schedule"); !read) return read.error();
  out.definition = std::move(definition);
  out.definition.erase("paused");
  return out;
}

Result<ScheduleSpec> read_stored_schedule(std::string name, std::string const& definition) {
  TRY(auto fields, parse_stored(definition));
  return read_schedule(std::move(name), std::move(fields));
}

json::object describe(ScheduleSpec const& spec) {
  json::object out;
  out["name"] = spec.timetable.name;
  for (auto const& field : spec.definition) out[field.key()] = field.value();
  if (out.contains("cron") && !out.contains("timezone")) out["timezone"] = "UTC";
  out["overlap"] = overlap_words[static_cast<std::size_t>(spec.timetable.overlap)];
  out["catchUp"] = catch_up_words[static_cast<std::size_t>(spec.timetable.catch_up)];
  if (spec.timetable.catch_up != CatchUp::none)
    out["catchUpWithin"] = format_duration(spec.timetable.catch_up_within);
  return out;
}

}  // namespace ropewalk::server

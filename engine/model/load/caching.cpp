// `cache`: results that are used again.

#include "engine/base/json.hpp"
#include "engine/model/load/tasks.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::load {
namespace {

bool has_own_cache(TaskType const& type) {
  return std::ranges::find(type.fields, "cache", &FieldSpec::name) != type.fields.end();
}

}  // namespace

void TasksReader::read_caching(TaskIndex index, json::object const& task, Path const& path) {
  TaskDef& def = workflow_.tasks[index];
  auto const* value = task.if_contains("cache");
  if (!value || has_own_cache(*def.type)) return;
  Path const here = path.field("cache");
  if (!def.type->needs_slot)
    return problems_.add(
        here,
        {"not_cached",
         "a `" + def.type->name + "` task costs nothing that a cache could save",
         "remove this field",
         Spot::key}
    );
  auto const* object = value->if_object();
  if (!object)
    return add_wrong_kind(
        problems_, here, *value, "an object", "write {key: inputs.commit, ttl: 1d}"
    );
  Fields const fields(problems_, here, *object);
  fields.allow_only(std::array<std::string_view, 2>{"key", "ttl"});
  auto const ttl = fields.duration("ttl");
  if (ttl && *ttl <= Duration())
    problems_.add(fields.path("ttl"), {"out_of_range", "`ttl` is 0", "write a longer time: 1h"});
  if (!fields.find("ttl")) add_missing(problems_, fields.path("ttl"), "how long it holds: 1h");
  if (!fields.find("key"))
    add_missing(problems_, fields.path("key"), "what the result depends on: inputs.commit");
  auto const source = fields.string("key");
  if (!source) return;
  auto key = references_.compile(*source, fields.path("key"), Scope{index});
  if (!key || !ttl) return;
  // Another definition gives another result. What it waits for and how it is tried do not count.
  json::object kept{{"workflow", workflow_.name}, {"task", def.id}};
  FieldTable const& table = fields_of(*def.type);
  for (auto const& member : task) {
    auto const found = table.find(member.key());
    bool const is_own = found != table.end() && found->second;
    if (is_own || member.key() == "type" || member.key() == "env")
      kept[member.key()] = member.value();
  }
  def.caching = std::make_shared<ResultCaching const>(ResultCaching{
      std::move(*key), *ttl, to_canonical_text(kept)});
}

}  // namespace ropewalk::load

#include "engine/model/load/options.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::load {
namespace {

constexpr std::array<std::string_view, 12> fields_all{
    "description",
    "priority",
    "timeout",
    "deadline",
    "queueTimeout",
    "retry",
    "pool",
    "resources",
    "when",
    "failWhen",
    "allowFailure",
    "onFailure"};
constexpr std::array<std::string_view, 8> fields_of_defaults{
    "priority",
    "timeout",
    "deadline",
    "queueTimeout",
    "retry",
    "pool",
    "resources",
    "allowFailure"};

}  // namespace

std::span<std::string_view const> option_fields() {
  return fields_all;
}

void OptionsReader::set_defaults(json::object const& defaults, Path const& path) {
  Fields const fields(problems_, path, defaults);
  fields.allow_only(fields_of_defaults);
  // Read once for the problems; the values are read again with each kind of task.
  TaskOptions options;
  read_plain(options, fields);
  if (auto const* retry = fields.object("retry"))
    read_retry(options.retry, *retry, fields.path("retry"), problems_);
  if (auto const* pool = fields.find("pool"))
    read_pool(options.needs, *pool, fields.path("pool"), problems_);
  if (auto const* resources = fields.object("resources"))
    read_resources(options.needs, *resources, fields.path("resources"), problems_);
  defaults_ = &defaults;
}

void OptionsReader::read_plain(TaskOptions& options, Fields const& fields) {
  if (auto const text = fields.string("description")) options.description = *text;
  if (auto const priority = fields.integer("priority", 0, 100))
    options.priority = static_cast<std::int32_t>(*priority);
  if (auto const timeout = fields.duration("timeout")) options.timeout = *timeout;
  if (auto const deadline = fields.duration("deadline")) options.deadline = *deadline;
  if (auto const timeout = fields.duration("queueTimeout")) options.queue_timeout = *timeout;
  if (auto const flag = fields.boolean("allowFailure")) options.allow_failure = *flag;
  if (fields.word("onFailure", {"pause"})) options.pause_on_failure = true;
}

std::shared_ptr<TaskOptions const> OptionsReader::read(
    json::object const& task, Path const& path, TaskType const& type, TaskIndex index
) {
  std::string key(type.name);
  for (std::string_view const name : fields_all) {
    auto const* value = task.if_contains(name);
    if (!value) continue;
    key += '\n';
    key += name;
    key += to_text(*value);
  }
  if (auto const found = shared_.find(key); found != shared_.end()) {
    // The conditions are the same text, but what they may refer to depends on the task.
    TaskOptions const& options = *found->second;
    Scope const scope{index, false, true};
    Path const when = path.field("when"), fail_when = path.field("failWhen");
    if (options.when) references_.check(*options.when, when, options.when->source(), scope);
    if (options.fail_when)
      references_.check(
          *options.fail_when, fail_when, options.fail_when->source(), Scope{index, true}
      );
    return found->second;
  }
  std::size_t const problems_before = problems_.count();
  auto options = build(task, path, type, index);
  // Wrong options are not shared: every task that has them is to be told.
  if (problems_.count() == problems_before) shared_.emplace(std::move(key), options);
  return options;
}

std::shared_ptr<TaskOptions const> OptionsReader::build(
    json::object const& task, Path const& path, TaskType const& type, TaskIndex index
) {
  auto options = std::make_shared<TaskOptions>();
  options->retry.max_attempts = type.max_attempts_default;
  Problems told;  // of the defaults: they were reported once, by set_defaults
  if (defaults_) {
    Path const root;
    Fields const fields(told, root, *defaults_);
    read_plain(*options, fields);
    if (auto const* retry = fields.object("retry")) read_retry(options->retry, *retry, root, told);
  }
  Fields const fields(problems_, path, task);
  read_plain(*options, fields);
  if (auto const* retry = fields.object("retry"))
    read_retry(options->retry, *retry, fields.path("retry"), problems_);
  options->needs = read_needs(task, path, type);
  if (auto const text = fields.string("when"))
    options->when = references_.compile(*text, fields.path("when"), {index, false, true});
  if (auto const text = fields.string("failWhen"))
    options->fail_when = references_.compile(*text, fields.path("failWhen"), {index, true});
  return options;
}

json::value const* OptionsReader::default_of(std::string_view name, TaskType const& type) const {
  return defaults_ && type.takes_default_pool ? defaults_->if_contains(name) : nullptr;
}

std::vector<PoolNeed> OptionsReader::read_needs(
    json::object const& task, Path const& path, TaskType const& type
) {
  std::vector<PoolNeed> needs;
  Fields const fields(problems_, path, task);
  if (!type.needs_slot) {
    for (std::string_view const name : {"pool", "resources"})
      if (fields.find(name))
        problems_.add(
            fields.path(name),
            {"takes_no_slot",
             "a `" + type.name + "` task runs in no pool",
             "remove this field",
             Spot::key}
        );
    return needs;
  }
  Problems told;
  Path const root;
  if (auto const* pool = fields.find("pool")) {
    read_pool(needs, *pool, fields.path("pool"), problems_);
  } else if (auto const* common = default_of("pool", type)) {
    read_pool(needs, *common, root, told);
  }
  if (needs.empty() && type.takes_default_pool) needs.push_back({"default", 1});
  if (auto const* resources = fields.object("resources")) {
    read_resources(needs, *resources, fields.path("resources"), problems_);
  } else if (auto const* common = default_of("resources", type)) {
    if (common->is_object()) read_resources(needs, common->get_object(), root, told);
  }
  std::ranges::sort(needs, {}, &PoolNeed::pool);
  return needs;
}

}  // namespace ropewalk::load

// `switch`: which of several ways an execution takes. A case leads to tasks, which then depend on
// the switch and on its having taken that case.

#include "engine/base/text.hpp"
#include "engine/model/load/tasks.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace ropewalk::load {
namespace {

constexpr std::size_t cases_max = 1000;
constexpr std::string_view otherwise = "otherwise";

std::string quoted(std::string_view text) {
  return '"' + shorten(text, 60) + '"';
}

}  // namespace

void TasksReader::read_cases(TaskIndex index, json::object const& task, Path const& path) {
  if (workflow_.tasks[index].type->name != "switch") return;
  Fields const fields(problems_, path, task);
  auto cases = std::make_shared<std::vector<SwitchCase>>();
  if (auto const* list = fields.list("cases")) {
    Path const here = fields.path("cases");
    if (list->empty() || list->size() > cases_max)
      problems_.add(
          here,
          {"wrong_count",
           "a switch has " + std::to_string(list->size()) + " cases",
           "write 1 to " + std::to_string(cases_max) + " of them"}
      );
    for (std::size_t i = 0; i < list->size() && i < cases_max; ++i) {
      Path const case_path = here.element(i);
      auto read = read_case(index, (*list)[i], i, case_path);
      if (!read) continue;
      bool const is_known =
          std::ranges::find(*cases, read->name, &SwitchCase::name) != cases->end();
      if (is_known || read->name == otherwise)
        problems_.add(
            case_path,
            {"duplicate_case", "there are two cases " + quoted(read->name), "rename one of them"}
        );
      cases->push_back(std::move(*read));
    }
  }
  if (auto const* then = fields.find("otherwise"))
    read_branch(index, std::string(otherwise), *then, fields.path("otherwise"));
  workflow_.tasks[index].cases = std::move(cases);
}

std::optional<SwitchCase> TasksReader::read_case(
    TaskIndex index, json::value const& value, std::size_t position, Path const& path
) {
  auto const* object = value.if_object();
  if (!object) {
    add_wrong_kind(problems_, path, value, "an object", "write {when: inputs.n > 5, then: [a]}");
    return std::nullopt;
  }
  Fields const fields(problems_, path, *object);
  fields.allow_only(std::array<std::string_view, 3>{"name", "when", "then"});
  std::string case_name = "case" + std::to_string(position + 1);
  if (auto const name = fields.string("name")) {
    case_name = *name;
    if (!is_identifier(*name))
      problems_.add(
          fields.path("name"),
          {"invalid_name",
           quoted(*name) + " cannot be the name of a case",
           "letters, digits, _ and -, beginning with a letter; at most 128"}
      );
  }
  if (auto const* then = fields.find("then"))
    read_branch(index, case_name, *then, fields.path("then"));
  if (!fields.find("when"))
    add_missing(problems_, fields.path("when"), "the last resort is `otherwise`, beside `cases`");
  auto const source = fields.string("when");
  if (!source) return std::nullopt;
  auto when = references_.compile(*source, fields.path("when"), Scope{index, false, true});
  if (!when) return std::nullopt;
  return SwitchCase{std::move(case_name), std::move(*when)};
}

void TasksReader::read_branch(
    TaskIndex index, std::string const& name, json::value const& then, Path const& path
) {
  auto const* list = then.if_array();
  if (!list)
    return add_wrong_kind(problems_, path, then, "a list of task ids", "write then: [a, b]");
  for (std::size_t i = 0; i < list->size(); ++i) {
    Path const here = path.element(i);
    if (auto const* id = (*list)[i].if_string())
      branches_.push_back({index, name, std::string(*id), steps_of(here)});
    else
      add_wrong_kind(problems_, here, (*list)[i], "the id of a task");
  }
}

void TasksReader::add_branches() {
  if (branches_.empty()) return;
  std::map<std::pair<TaskIndex, TaskIndex>, std::vector<std::string>> cases_by_way;
  for (Branch& branch : branches_) {
    TaskDef const& from = workflow_.tasks[branch.from];
    auto const to = workflow_.find(branch.task);
    if (!to) {
      std::string hint = references_.suggest_task(branch.task, "add the task, or remove it here");
      problems_.add(
          std::move(branch.steps),
          {"unknown_task", "there is no task " + quoted(branch.task), std::move(hint)}
      );
    } else if (*to == branch.from || workflow_.tasks[*to].is_final != from.is_final) {
      problems_.add(
          std::move(branch.steps),
          {"invalid_branch",
           "a switch cannot lead to " + quoted(branch.task),
           "name another task, of the same section of the file"}
      );
    } else {
      auto& names = cases_by_way[{branch.from, *to}];
      if (std::ranges::find(names, branch.case_name) == names.end())
        names.push_back(branch.case_name);
    }
  }
  for (Edge const& edge : edges_)
    if (cases_by_way.contains({edge.from, edge.to})) {
      problems_.add(
          task_path(edge.to),
          {"duplicate_dependency",
           "task " + quoted(workflow_.tasks[edge.to].id) + " is led to by the switch " +
               quoted(workflow_.tasks[edge.from].id) + ", and names it as a dependency too",
           "remove the dependency",
           Spot::key}
      );
    }
  for (auto const& [way, names] : cases_by_way)
    edges_.push_back(
        {way.first, way.second, DependencyType::success, false, case_condition(way.first, names)}
    );
}

/// tasks["route"].output.case in ["big", "small"]
std::uint32_t TasksReader::case_condition(TaskIndex task, std::vector<std::string> const& names) {
  std::string source = "tasks[\"" + workflow_.tasks[task].id + "\"].output.case in [";
  for (std::string const& name : names) {
    if (!is_identifier(name)) return no_condition;  // was reported
    source += (source.back() == '[' ? "\"" : ", \"") + name + "\"";
  }
  source += "]";
  auto const [found, is_new] =
      conditions_.emplace(*case_sources_.insert(std::move(source)).first, no_condition);
  if (!is_new) return found->second;
  auto compiled = cel::Expression::compile(found->first);
  ROPEWALK_CHECK(compiled.has_value());
  found->second = static_cast<std::uint32_t>(workflow_.edge_conditions.size());
  workflow_.edge_conditions.push_back(std::move(*compiled));
  return found->second;
}

}  // namespace ropewalk::load

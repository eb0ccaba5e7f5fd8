#include "engine/model/task_type.hpp"

#include "engine/model/wait_plan.hpp"

namespace ropewalk {

TaskTypes::TaskTypes() {
  add(TaskType{
      .name = "pass",
      .description = "Evaluates `value`, which becomes its output: shapes data, or does nothing.",
      .fields = {{
          .name = "value",
          .kind = FieldKind::any,
          .description = "The output; null when absent.",
      }},
      .needs_slot = false,
  });
  add(TaskType{
      .name = "switch",
      .description = "Takes the first case whose condition holds, and leads to its tasks.",
      .fields =
          {{
               .name = "cases",
               .kind = FieldKind::list,
               .required = true,
               .description = "Each with `when` (CEL), `then` (ids of tasks) and a `name`.",
           },
           {
               .name = "otherwise",
               .kind = FieldKind::list,
               .description = "Ids of the tasks that follow when no case holds.",
           }},
      .needs_slot = false,
  });
  add(wait_type());
}

void TaskTypes::add(TaskType type) {
  ROPEWALK_CHECK(!type.name.empty());
  std::string name = type.name;
  bool const is_new = types_.emplace(std::move(name), std::move(type)).second;
  ROPEWALK_CHECK(is_new);
}

TaskType const* TaskTypes::find(std::string_view name) const {
  auto const found = types_.find(name);
  return found == types_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> TaskTypes::names() const {
  std::vector<std::string_view> out;
  out.reserve(types_.size());
  for (auto const& [name, type] : types_) out.emplace_back(name);
  return out;
}

}  // namespace ropewalk

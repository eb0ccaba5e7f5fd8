#include "engine/model/workflow.hpp"

#include "engine/base/json.hpp"
#include "engine/model/json_schema.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace ropewalk {

std::optional<TaskIndex> Workflow::find(std::string_view task_id) const {
  auto const found = index_by_id.find(task_id);
  if (found == index_by_id.end()) return std::nullopt;
  return found->second;
}

bool is_workflow_name(std::string_view text) {
  constexpr std::size_t size_max = 128;
  return !text.empty() && text.size() <= size_max && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

std::string canonical_text(Workflow const& workflow) {
  return to_canonical_text(json::value(workflow.document));
}

Result<boost::json::object> accept_inputs(Workflow const& workflow, boost::json::object inputs) {
  for (auto const& member : workflow.input_defaults)
    if (!inputs.contains(member.key())) inputs.emplace(member.key(), member.value());
  if (!workflow.inputs) return inputs;
  json::value document(std::move(inputs));
  auto const violations = workflow.inputs->check(document);
  if (violations.empty()) return std::move(document.get_object());

  Error error{ErrorClass::permanent, "invalid_inputs", "the inputs do not fit the workflow"};
  json::array listed;
  for (SchemaViolation const& violation : violations)
    listed.push_back({{"path", violation.path}, {"message", violation.message}});
  error.detail = json::object{{"violations", std::move(listed)}};
  SchemaViolation const& first = violations.front();
  error.message += ": " + (first.path.empty() ? "" : first.path + ": ") + first.message;
  error.hint = "see `inputs` of the workflow \"" + workflow.name + '"';
  return error;
}

}  // namespace ropewalk

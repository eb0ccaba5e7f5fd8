#include "engine/schedule/execution_scope.hpp"

#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"

#include <array>
#include <memory>
#include <string>

namespace ropewalk {
namespace {

using cel::Value;

Value text(std::string_view view) {
  return Value(std::string(view));
}

/// tasks.<id>: {status, output, error, attempt}
class TaskView : public cel::MapView {
 public:
  TaskView(Execution const& execution, TaskIndex task) : execution_(execution), task_(task) {}

  std::optional<Value> find(std::string_view key) const override {
    if (key == "status") return text(to_string(execution_.task_status(task_)));
    if (key == "attempt") return Value(static_cast<std::int64_t>(execution_.task_attempt(task_)));
    if (key == "output") {
      auto const* output = execution_.task_output(task_);
      return output ? Value::view(*output) : Value();
    }
    if (key == "error") {
      auto const* error = execution_.task_error(task_);
      if (!error) return Value();
      auto const owner = std::make_shared<json::value const>(to_json(*error));
      return Value::view(*owner, owner);
    }
    return std::nullopt;
  }
  std::size_t size() const override { return names.size(); }
  void keys(std::function<void(std::string_view)> const& visit) const override {
    for (auto const name : names) visit(name);
  }

 private:
  static constexpr std::array<std::string_view, 4> names{"status", "output", "error", "attempt"};
  Execution const& execution_;
  TaskIndex task_;
};

class TasksView : public cel::MapView {
 public:
  TasksView(Execution const& execution, TaskIndex self) : execution_(execution), self_(self) {}

  std::optional<Value> find(std::string_view key) const override {
    auto task = execution_.workflow().find(key);
    if (!task) return std::nullopt;
    if (*task == execution_.template_of(self_)) task = self_;  // an instance means itself
    std::shared_ptr<cel::MapView const> view = std::make_shared<TaskView>(execution_, *task);
    return Value(cel::Map(std::move(view)));
  }
  std::size_t size() const override { return execution_.workflow().tasks.size(); }
  void keys(std::function<void(std::string_view)> const& visit) const override {
    for (auto const& task : execution_.workflow().tasks) visit(task.id);
  }

 private:
  Execution const& execution_;
  TaskIndex self_;
};

/// execution: {id, workflow, version, priority, createdAt, labels, status, error}. Tasks of
/// `finally` see what it ends as.
Value describe(Execution const& execution) {
  auto const& record = execution.record();
  json::object labels;
  for (auto const& [name, value] : record.labels) labels[name] = value;
  json::value description = json::object{
      {"id", execution.id().to_string()},
      {"workflow", record.workflow},
      {"version", record.workflow_version},
      {"priority", record.priority},
      {"createdAt", format_instant(record.created_at)},
      {"labels", std::move(labels)},
      {"status", to_string(execution.is_finishing() ? execution.end_status() : Status::running)},
      {"error", execution.failure() ? to_json(*execution.failure()) : json::value()},
  };
  auto const owner = std::make_shared<json::value const>(std::move(description));
  return Value::view(*owner, owner);
}

}  // namespace

std::optional<cel::Value> ExecutionScope::lookup(std::string_view name) const {
  if (name == "inputs") return Value(cel::Map(execution_.inputs(), nullptr));
  if (name == "variables") return Value(cel::Map(execution_.workflow().variables, nullptr));
  if (name == "tasks") {
    std::shared_ptr<cel::MapView const> view = std::make_shared<TasksView>(execution_, task_);
    return Value(cel::Map(std::move(view)));
  }
  if (name == "execution") return describe(execution_);
  if (name == "args") {
    auto const* arguments = execution_.task_arguments(task_);
    return arguments ? std::optional(Value::view(*arguments)) : std::nullopt;
  }
  if (name == "item") {
    auto const* item = execution_.task_item(task_);
    return item ? std::optional(Value::view(*item)) : std::nullopt;
  }
  if (name == "index" && execution_.is_item(task_))
    return Value(static_cast<std::int64_t>(execution_.item_place(task_)));
  return std::nullopt;
}

}  // namespace ropewalk

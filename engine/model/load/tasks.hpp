#pragma once
// Checks `tasks` and compiles them into a Workflow's tasks, graph and conditions.
//
// Owner: load_workflow; one thread. The order of the steps matters: ids first, so that everything
// can refer to them.

#include "engine/model/load/options.hpp"

#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace ropewalk::load {

/// A task as it stands in the document.
struct RawTask {
  json::object const* fields = nullptr;   // null: not an object
  std::optional<std::size_t> position{};  // in the list, when they are a list
};

/// What a type's tasks may hold: the type's own fields by name; fields of every task have no spec.
using FieldTable = std::unordered_map<std::string_view, FieldSpec const*>;

class TasksReader {
 public:
  TasksReader(
      Workflow& workflow, Problems& problems, TaskTypes const& types, WorkflowLimits const& limits
  )
      : workflow_(workflow),
        problems_(problems),
        types_(types),
        limits_(limits),
        references_(workflow, problems),
        options_(problems, references_) {}

  OptionsReader& options() { return options_; }
  References& references() { return references_; }
  /// `tasks` and `finally` (null: there are none): each an object by id, or a list of objects with
  /// an `id`.
  void read(json::value const& tasks, json::value const* finally, Path const& root);

 private:
  void read_ids(json::value const& tasks, Path const& path);
  void add_task(
      std::string_view id,
      json::value const& task,
      std::optional<std::size_t> position,
      Path const& path
  );
  void read_task(TaskIndex index, Path const& path);
  TaskType const* read_type(RawTask const& raw, Path const& path);
  FieldTable const& fields_of(TaskType const& type);
  /// The fields of the type, and `env`: what is left for the runner.
  void read_config(
      TaskIndex index, json::object const& task, TaskType const& type, Path const& path
  );
  // for_each.cpp
  void read_for_each(TaskIndex index, json::object const& task, Path const& path);
  void read_items(ForEach& each, json::value const& items, Path const& path, TaskIndex index);

  // switch_cases.cpp
  void read_cases(TaskIndex index, json::object const& task, Path const& path);
  std::optional<SwitchCase> read_case(
      TaskIndex index, json::value const& value, std::size_t position, Path const& path
  );
  void read_branch(
      TaskIndex index, std::string const& name, json::value const& then, Path const& path
  );
  /// Turns what cases lead to into edges.
  void add_branches();
  std::uint32_t case_condition(TaskIndex task, std::vector<std::string> const& names);

  // caching.cpp
  void read_caching(TaskIndex index, json::object const& task, Path const& path);

  void check_env(json::value const& env, Path const& path, TaskIndex index);

  void read_dependencies(TaskIndex index, json::object const& task, Path const& path);
  void read_needs(TaskIndex index, json::value const& needs, Path const& path);
  void read_dependency(TaskIndex index, json::value const& dependency, Path const& path);
  void add_edge(
      TaskIndex index,
      std::string_view id,
      DependencyType type,
      std::uint32_t condition,
      Path const& path
  );
  std::uint32_t add_condition(std::string_view source, Path const& path, TaskIndex index);
  void build_graph();

  // calls.cpp
  /// Notes which tasks `index` calls.
  void read_calls(
      TaskIndex index, json::object const& task, TaskType const& type, Path const& path
  );
  /// Turns the calls into edges, and checks what is called.
  void add_calls();
  /// A task that calls others needs what its calls need. REQUIRES: no cycle.
  void cover_calls();

  Path task_path(TaskIndex index) const;

  Workflow& workflow_;
  Problems& problems_;
  TaskTypes const& types_;
  WorkflowLimits const& limits_;
  References references_;
  OptionsReader options_;
  std::vector<RawTask> raw_{};
  Path tasks_path_{}, finally_path_{};
  bool reads_finally_ = false;
  std::unordered_map<TaskType const*, FieldTable> field_tables_{};
  struct Call {
    TaskIndex caller = 0;
    std::string task{};
    Steps steps{};
  };
  std::vector<Call> calls_{};
  struct Branch {
    TaskIndex from = 0;
    std::string case_name{};
    std::string task{};
    Steps steps{};
  };
  std::vector<Branch> branches_{};
  std::set<std::string> case_sources_{};  // what conditions_ looks at
  std::vector<Edge> edges_{};
  std::vector<TaskIndex> last_user_{};  // of each task: who was the last to depend on it
  std::unordered_map<std::string_view, std::uint32_t> conditions_{};
};

/// Field paths of a task type's hooks, "prompt.inline" or "context[0]", as steps behind those of
/// the task.
Steps steps_inside(Path const& task, std::string_view field);

/// Checks a value against the kind of its field (kind, words, expression, code); adds what is
/// wrong.
void check_field(
    FieldSpec const& spec,
    json::value const& value,
    Path const& path,
    Scope const& scope,
    References& references,
    Problems& problems
);

}  // namespace ropewalk::load

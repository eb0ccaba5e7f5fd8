#pragma once
// Task types as providers register them, cut down to what the tests need.

#include "engine/model/task_type.hpp"
#include "engine/model/workflow.hpp"

#include <string>
#include <string_view>

namespace ropewalk::test {

inline TaskTypes const& fake_types() {
  static TaskTypes const types = [] {
    TaskTypes out;
    out.add(TaskType{
        .name = "ai",
        .fields =
            {{.name = "prompt", .kind = FieldKind::any, .required = true},
             {.name = "model", .kind = FieldKind::any},
             {.name = "temperature", .kind = FieldKind::number},
             {.name = "maxTokens", .kind = FieldKind::integer},
             {.name = "context", .kind = FieldKind::list},
             {.name = "output", .kind = FieldKind::object}},
        .max_attempts_default = 3,
    });
    out.add(TaskType{
        .name = "command",
        .fields =
            {{.name = "command", .kind = FieldKind::list, .required = true},
             {.name = "grace", .kind = FieldKind::duration},
             {.name = "outputLimit", .kind = FieldKind::size},
             {.name = "until", .kind = FieldKind::string, .expression = true}},
    });
    out.add(TaskType{
        .name = "script",
        .fields =
            {{.name = "language",
              .kind = FieldKind::string,
              .required = true,
              .allowed = {"python", "shell", "node"}},
             {.name = "source", .kind = FieldKind::string, .code = true},
             {.name = "file", .kind = FieldKind::string}},
        .check =
            [](boost::json::object const& task, ReportProblem const& report) {
              if (!task.contains("source") && !task.contains("file"))
                report("source", "missing_field", "a script needs `source` or `file`", "write one");
            },
    });
    return out;
  }();
  return types;
}

/// "12:5 unknown_field tasks.a.typ" a line.
inline std::string problems_of(LoadedWorkflow const& loaded) {
  std::string out;
  for (Problem const& problem : loaded.problems) {
    if (problem.line > 0)
      out += std::to_string(problem.line) + ':' + std::to_string(problem.column) + ' ';
    out += problem.code;
    if (!problem.path.empty()) out += ' ' + problem.path;
    out += '\n';
  }
  return out;
}

inline std::string problems_of(std::string_view text) {
  return problems_of(load_workflow(text, fake_types()));
}

}  // namespace ropewalk::test

#pragma once
// What the expressions of a workflow see: inputs, variables, tasks, execution, args in a task that
// was called as a tool, item and index in one with forEach (DESIGN §4).
//
// Looks into the execution, copies nothing: `tasks` of a graph with a million tasks costs no more
// than that of one with three. Lives within one evaluation.

#include "engine/model/cel/expression.hpp"
#include "engine/model/graph.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string_view>

namespace ropewalk {

class Execution;

class ExecutionScope : public cel::Activation {
 public:
  /// `execution` must outlive the scope and every value taken from it.
  /// For an expression of `task`; an instance sees its `args`, or its `item`.
  ExecutionScope(Execution const& execution, TaskIndex task) : execution_(execution), task_(task) {}
  std::optional<cel::Value> lookup(std::string_view name) const override;

 private:
  Execution const& execution_;
  TaskIndex task_;
};

}  // namespace ropewalk

#pragma once
// A workflow's graph for other programs: Mermaid for Markdown, DOT for Graphviz, JSON for the web
// page.
//
// Any thread: pure functions.

#include "engine/model/workflow.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ropewalk {

std::string to_mermaid(Workflow const& workflow);
std::string to_dot(Workflow const& workflow);

/// Where a task is drawn: how many others come before it, one after the other. Those of `finally`
/// stand below all others.
std::vector<std::uint32_t> shown_levels(Workflow const& workflow);

/// {tasks: [{id, type, level, forEach, finally}], edges: [{from, to, type, condition, cases}],
/// criticalPath}. Flags that are false and conditions that are not there are left out, and
/// criticalPath when `weights` (one a task, e.g. seconds) is empty. `cases`: of an edge from a
/// switch, the names of those that lead along it.
boost::json::value to_graph_json(Workflow const& workflow, std::span<double const> weights = {});

}  // namespace ropewalk

#pragma once
// A workflow's graph for other programs: Mermaid for Markdown, DOT for Graphviz, JSON for the web
// page.
//
// Any thread: pure functions.

#include "engine/model/workflow.hpp"

#include <boost/json/value.hpp>

#include <span>
#include <string>

namespace ropewalk {

std::string to_mermaid(Workflow const& workflow);
std::string to_dot(Workflow const& workflow);

/// {tasks: [{id, type, level}], edges: [{from, to, type, condition}], criticalPath}. `condition` is
/// left out where there is none, and criticalPath when `weights` (one a task, e.g. seconds) is
/// empty.
boost::json::value to_graph_json(Workflow const& workflow, std::span<double const> weights = {});

}  // namespace ropewalk

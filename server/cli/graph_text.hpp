#pragma once
// A workflow's graph as text for other programs to draw. Pure.

#include "engine/model/workflow.hpp"

#include <boost/json/value.hpp>

#include <string>

namespace ropewalk::cli {

/// A Mermaid flowchart (https://mermaid.js.org), as Markdown renderers draw it.
std::string mermaid_text(Workflow const& workflow);
/// Graphviz.
std::string dot_text(Workflow const& workflow);
/// {"name","tasks":[{"id","type","level"}],"edges":[{"from","to","type","condition"?}]}
boost::json::value graph_json(Workflow const& workflow);

}  // namespace ropewalk::cli

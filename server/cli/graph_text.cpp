#include "server/cli/graph_text.hpp"

#include "server/cli/terminal_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

std::string condition_of(Workflow const& workflow, Edge const& edge) {
  if (edge.condition == no_condition) return {};
  return std::string(workflow.edge_conditions[edge.condition].source());
}

std::string label_of(Workflow const& workflow, Edge const& edge) {
  std::string out;
  if (edge.type != DependencyType::success) out = to_string(edge.type);
  auto const condition = condition_of(workflow, edge);
  if (!out.empty() && !condition.empty()) out += ": ";
  return strip_control(out + condition);
}

std::string replace_all(std::string text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// Text between double quotes; Mermaid knows HTML's names of signs, and no backslashes.
std::string mermaid_quoted(std::string text) {
  text = replace_all(std::move(text), "&", "&amp;");
  text = replace_all(std::move(text), "\"", "&quot;");
  text = replace_all(std::move(text), "<", "&lt;");
  return "\"" + replace_all(std::move(text), ">", "&gt;") + "\"";
}

std::string dot_quoted(std::string text) {
  text = replace_all(std::move(text), "\\", "\\\\");
  return "\"" + replace_all(std::move(text), "\"", "\\\"") + "\"";
}

/// Calls `visit(edge)` for every edge, task by task.
template <class Visit>
void for_each_edge(Workflow const& workflow, Visit visit) {
  for (TaskIndex task = 0; task < workflow.tasks.size(); ++task)
    for (auto const& edge : workflow.graph.dependencies(task)) visit(edge);
}

}  // namespace

std::string mermaid_text(Workflow const& workflow) {
  std::string out = "flowchart LR\n";
  for (std::size_t i = 0; i < workflow.tasks.size(); ++i)
    out += "  t" + std::to_string(i) + "[" + mermaid_quoted(workflow.tasks[i].id) + "]\n";
  for_each_edge(workflow, [&](Edge const& edge) {
    auto const label = label_of(workflow, edge);
    bool const is_plain = edge.type == DependencyType::success;
    out += "  t" + std::to_string(edge.from) + (is_plain ? " -->" : " -.->");
    if (!label.empty()) out += "|" + mermaid_quoted(label) + "|";
    out += " t" + std::to_string(edge.to) + "\n";
  });
  return out;
}

std::string dot_text(Workflow const& workflow) {
  std::string out = "digraph " + dot_quoted(strip_control(workflow.name)) +
                    " {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n";
  for (auto const& task : workflow.tasks) out += "  " + dot_quoted(task.id) + ";\n";
  for_each_edge(workflow, [&](Edge const& edge) {
    auto const label = label_of(workflow, edge);
    out += "  " + dot_quoted(workflow.tasks[edge.from].id) + " -> " +
           dot_quoted(workflow.tasks[edge.to].id);
    if (!label.empty()) out += " [label=" + dot_quoted(label) + "]";
    out += ";\n";
  });
  return out + "}\n";
}

json::value graph_json(Workflow const& workflow) {
  json::array tasks;
  for (TaskIndex i = 0; i < workflow.tasks.size(); ++i) {
    json::object task;
    task["id"] = workflow.tasks[i].id;
    task["type"] = workflow.tasks[i].type->name;
    task["level"] = workflow.graph.levels()[i];
    tasks.push_back(std::move(task));
  }
  json::array edges;
  for_each_edge(workflow, [&](Edge const& edge) {
    json::object out;
    out["from"] = workflow.tasks[edge.from].id;
    out["to"] = workflow.tasks[edge.to].id;
    out["type"] = to_string(edge.type);
    if (edge.condition != no_condition) out["condition"] = condition_of(workflow, edge);
    edges.push_back(std::move(out));
  });
  json::object out;
  out["name"] = workflow.name;
  out["tasks"] = std::move(tasks);
  out["edges"] = std::move(edges);
  return out;
}

}  // namespace ropewalk::cli

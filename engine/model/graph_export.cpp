#include "engine/model/graph_export.hpp"

#include "engine/base/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace ropewalk {
namespace {

constexpr std::size_t label_bytes_max = 80;

std::string_view condition_of(Workflow const& workflow, Edge const& edge) {
  if (edge.condition == no_condition) return {};
  return workflow.edge_conditions[edge.condition].source();
}

/// Of an edge that a switch has made: the cases that lead along it.
boost::json::array cases_of(Workflow const& workflow, Edge const& edge) {
  auto const& cases = workflow.tasks[edge.from].cases;
  std::string_view const condition = condition_of(workflow, edge);
  if (!cases || condition.find("].output.case in [") == std::string_view::npos) return {};
  boost::json::array out;
  auto const add = [&](std::string_view name) {
    if (condition.find('"' + std::string(name) + '"') != std::string_view::npos)
      out.emplace_back(name);
  };
  for (SwitchCase const& way : *cases) add(way.name);
  add("otherwise");
  return out;
}

/// "failure", "success: x > 7", "big, small" behind a switch, "calls", or nothing for a plain
/// success.
std::string label_of(Workflow const& workflow, Edge const& edge) {
  if (edge.is_call) return "calls";
  std::string names;
  for (auto const& name : cases_of(workflow, edge))
    names += (names.empty() ? "" : ", ") + std::string(name.as_string());
  if (!names.empty()) return shorten(names, label_bytes_max);
  std::string_view const condition = condition_of(workflow, edge);
  std::string label;
  if (edge.type != DependencyType::success) label = to_string(edge.type);
  if (condition.empty()) return label;
  if (!label.empty()) label += ": ";
  return label + shorten(condition, label_bytes_max);
}

/// Mermaid reads HTML entities inside quoted labels; everything that could end or style the label
/// becomes one.
std::string mermaid_text(std::string_view text) {
  std::string out;
  for (char const c : text) {
    bool const is_special = std::string_view("\"#<>&;|`{}[]()\\").find(c) != std::string_view::npos;
    if (c == '\n' || c == '\r' || c == '\t') {
      out += ' ';
    } else if (is_special) {
      out += '#' + std::to_string(static_cast<int>(c)) + ';';
    } else {
      out += c;
    }
  }
  return out;
}

std::string dot_text(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c != '\r') {
      out += c;
    }
  }
  return out + '"';
}

/// "command", "command for each".
std::string kind_of(TaskDef const& task) {
  return task.type->name + (task.for_each ? " for each" : "");
}

bool has_finally(Workflow const& workflow) {
  return !workflow.tasks.empty() && workflow.tasks.back().is_final;  // they come last
}

template <class Visit>
void for_each_edge(Workflow const& workflow, Visit visit) {
  for (TaskIndex task = 0; task < workflow.tasks.size(); ++task)
    for (Edge const& edge : workflow.graph.dependencies(task)) visit(edge);
}

}  // namespace

std::string to_mermaid(Workflow const& workflow) {
  // Nodes are named by number: an id like "end" is a word of the language.
  std::string out = "flowchart TD\n";
  for (std::size_t i = 0; i < workflow.tasks.size(); ++i) {
    TaskDef const& task = workflow.tasks[i];
    bool const begins = task.is_final && !workflow.tasks[i - 1].is_final;
    if (begins) out += "  subgraph finally\n";
    out += "  t" + std::to_string(i) + "[\"" + mermaid_text(task.id) + "<br/><small>" +
           mermaid_text(kind_of(task)) + "</small>\"]\n";
  }
  if (has_finally(workflow)) out += "  end\n";
  for_each_edge(workflow, [&](Edge const& edge) {
    std::string const label = label_of(workflow, edge);
    out += "  t" + std::to_string(edge.from);
    out += edge.type == DependencyType::success ? " -->" : " -.->";
    if (!label.empty()) out += "|\"" + mermaid_text(label) + "\"|";
    out += " t" + std::to_string(edge.to) + '\n';
  });
  return out;
}

std::string to_dot(Workflow const& workflow) {
  std::string out = "digraph " + dot_text(workflow.name) + " {\n  node [shape=box];\n";
  bool is_inside = false;
  for (TaskDef const& task : workflow.tasks) {
    if (task.is_final && !std::exchange(is_inside, true))
      out += "  subgraph cluster_finally {\n  label=\"finally\";\n";
    out +=
        "  " + dot_text(task.id) + " [label=" + dot_text(task.id + '\n' + kind_of(task)) + "];\n";
  }
  if (is_inside) out += "  }\n";
  for_each_edge(workflow, [&](Edge const& edge) {
    out += "  " + dot_text(workflow.tasks[edge.from].id) + " -> " +
           dot_text(workflow.tasks[edge.to].id);
    std::string const label = label_of(workflow, edge);
    std::string attributes;
    if (!label.empty()) attributes = "label=" + dot_text(label);
    if (edge.type != DependencyType::success)
      attributes += (attributes.empty() ? "" : ", ") + std::string("style=dashed");
    if (!attributes.empty()) out += " [" + attributes + ']';
    out += ";\n";
  });
  return out + "}\n";
}

std::vector<std::uint32_t> shown_levels(Workflow const& workflow) {
  std::vector<std::uint32_t> out(workflow.graph.levels().begin(), workflow.graph.levels().end());
  std::uint32_t below = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (workflow.tasks[i].is_final)
      out[i] += below;
    else
      below = std::max(below, out[i] + 1);
  }
  return out;
}

boost::json::value to_graph_json(Workflow const& workflow, std::span<double const> weights) {
  boost::json::array tasks, edges;
  auto const levels = shown_levels(workflow);
  tasks.reserve(workflow.tasks.size());
  for (std::size_t i = 0; i < workflow.tasks.size(); ++i) {
    TaskDef const& task = workflow.tasks[i];
    boost::json::object node{{"id", task.id}, {"type", task.type->name}, {"level", levels[i]}};
    if (task.for_each) node["forEach"] = true;
    if (task.is_final) node["finally"] = true;
    tasks.push_back(std::move(node));
  }
  edges.reserve(workflow.graph.edges_count());
  for_each_edge(workflow, [&](Edge const& edge) {
    boost::json::object out{
        {"from", workflow.tasks[edge.from].id},
        {"to", workflow.tasks[edge.to].id},
        {"type", to_string(edge.type)}};
    if (edge.is_call) out["call"] = true;
    std::string_view const condition = condition_of(workflow, edge);
    if (!condition.empty()) out["condition"] = condition;
    if (auto cases = cases_of(workflow, edge); !cases.empty()) out["cases"] = std::move(cases);
    edges.push_back(std::move(out));
  });
  boost::json::object out{{"tasks", std::move(tasks)}, {"edges", std::move(edges)}};
  if (!weights.empty()) {
    boost::json::array path;
    for (TaskIndex const task : workflow.graph.critical_path(weights))
      path.emplace_back(workflow.tasks[task].id);
    out["criticalPath"] = std::move(path);
  }
  return out;
}

}  // namespace ropewalk

#include "engine/model/graph.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

/// offsets[t] .. offsets[t+1] is where the entries of task t go.
template <class KeyOf>
std::vector<std::uint32_t> offsets_by(
    std::uint32_t tasks_count, std::vector<Edge> const& edges, KeyOf key_of
) {
  std::vector<std::uint32_t> offsets(tasks_count + std::size_t{1}, 0);
  for (Edge const& edge : edges) ++offsets[key_of(edge) + std::size_t{1}];
  for (std::size_t t = 0; t < tasks_count; ++t) offsets[t + 1] += offsets[t];
  return offsets;
}

}  // namespace

std::string_view to_string(DependencyType type) {
  switch (type) {
    case DependencyType::success:
      return "success";
    case DependencyType::failure:
      return "failure";
    case DependencyType::completion:
      return "completion";
  }
  return "";
}

Graph::Graph(std::uint32_t tasks_count, std::vector<Edge> edges) {
  for (Edge const& edge : edges) ROPEWALK_CHECK(edge.from < tasks_count && edge.to < tasks_count);
  offsets_in_ = offsets_by(tasks_count, edges, [](Edge const& e) { return e.to; });
  if (std::ranges::is_sorted(edges, {}, &Edge::to)) {
    edges_ = std::move(edges);
  } else {
    std::vector<std::uint32_t> next(offsets_in_.begin(), offsets_in_.end() - 1);
    edges_.resize(edges.size());
    for (Edge const& edge : edges) edges_[next[edge.to]++] = edge;
  }
  offsets_out_ = offsets_by(tasks_count, edges_, [](Edge const& e) { return e.from; });
  std::vector<std::uint32_t> next(offsets_out_.begin(), offsets_out_.end() - 1);
  out_.resize(edges_.size());
  for (std::uint32_t i = 0; i < edges_.size(); ++i) out_[next[edges_[i].from]++] = i;

  // Kahn: take tasks whose dependencies are all taken. `order_` is the queue as well as the result.
  std::vector<std::uint32_t> unmet(tasks_count, 0);
  levels_.assign(tasks_count, 0);
  order_.reserve(tasks_count);
  for (TaskIndex t = 0; t < tasks_count; ++t) {
    unmet[t] = offsets_in_[t + 1] - offsets_in_[t];
    if (unmet[t] == 0) order_.push_back(t);
  }
  for (std::size_t head = 0; head < order_.size(); ++head) {
    TaskIndex const task = order_[head];
    for (std::uint32_t const index : dependants(task)) {
      TaskIndex const to = edges_[index].to;
      levels_[to] = std::max(levels_[to], levels_[task] + 1);
      if (--unmet[to] == 0) order_.push_back(to);
    }
  }
  if (order_.size() < tasks_count) order_.clear();
}

std::span<Edge const> Graph::dependencies(TaskIndex task) const {
  return std::span(edges_).subspan(offsets_in_[task], offsets_in_[task + 1] - offsets_in_[task]);
}

std::span<std::uint32_t const> Graph::dependants(TaskIndex task) const {
  return std::span(out_).subspan(offsets_out_[task], offsets_out_[task + 1] - offsets_out_[task]);
}

std::vector<TaskIndex> Graph::find_cycle() const {
  auto cycles = find_cycles(1);
  return cycles.empty() ? std::vector<TaskIndex>{} : std::move(cycles.front());
}

std::vector<TaskIndex> Graph::critical_path(std::span<double const> weights) const {
  ROPEWALK_CHECK(weights.size() == tasks_count() && order_.size() == tasks_count());
  if (order_.empty()) return {};
  std::vector<double> total(weights.begin(), weights.end());
  std::vector<TaskIndex> before(tasks_count());
  TaskIndex last = order_.front();
  for (TaskIndex const task : order_) {
    before[task] = task;
    for (Edge const& edge : dependencies(task)) {
      if (before[task] != task && total[edge.from] + weights[task] <= total[task]) continue;
      total[task] = total[edge.from] + weights[task];
      before[task] = edge.from;
    }
    if (total[task] > total[last]) last = task;
  }
  std::vector<TaskIndex> path{last};
  while (before[path.back()] != path.back()) path.push_back(before[path.back()]);
  std::ranges::reverse(path);
  return path;
}

}  // namespace ropewalk

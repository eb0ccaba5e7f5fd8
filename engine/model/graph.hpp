#pragma once
// The graph of a workflow in flat arrays: who waits for whom, in what order, at what level.
//
// Edges of a task lie side by side, so that walking them is a scan of memory, and a million tasks
// cost tens of bytes each. Everything here is linear in tasks + edges and walks without recursion.

#include "engine/base/error.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ropewalk {

using TaskIndex = std::uint32_t;

enum class DependencyType : unsigned char { success, failure, completion };
std::string_view to_string(DependencyType type);

inline constexpr std::uint32_t no_condition = 0xffffffff;

/// One dependency: `to` waits for `from`.
struct Edge {
  TaskIndex from = 0;
  TaskIndex to = 0;
  DependencyType type = DependencyType::success;
  bool is_call = false;  // `from` may run `to` as its tool; `to` settles once `from` has ended
  std::uint32_t condition = no_condition;  // into Workflow::edge_conditions
};

class Graph {
 public:
  Graph() = default;
  /// REQUIRES: every edge within 0..tasks_count-1. Edges keep their given order within a task.
  Graph(std::uint32_t tasks_count, std::vector<Edge> edges);

  std::uint32_t tasks_count() const {
    return static_cast<std::uint32_t>(offsets_in_.empty() ? 0 : offsets_in_.size() - 1);
  }
  std::size_t edges_count() const { return edges_.size(); }

  /// The dependencies of `task` (edges with to == task).
  std::span<Edge const> dependencies(TaskIndex task) const;
  /// Indices into all edges of those that leave `task`; read them with edge().
  std::span<std::uint32_t const> dependants(TaskIndex task) const;
  Edge const& edge(std::uint32_t index) const { return edges_[index]; }

  /// Empty when the graph has a cycle.
  std::vector<TaskIndex> const& topological_order() const { return order_; }
  /// Length of the longest path that ends in each task: 0 for tasks without dependencies.
  std::vector<std::uint32_t> const& levels() const { return levels_; }

  /// One cycle as the tasks along it (a, b, c for a → b → c → a), empty when there is none.
  std::vector<TaskIndex> find_cycle() const;
  /// One cycle of each knot of tasks that depend on each other, each the shortest through its first
  /// task; at most `cycles_max`.
  std::vector<std::vector<TaskIndex>> find_cycles(std::size_t cycles_max) const;
  /// The heaviest path by the sum of `weights` (one a task, e.g. seconds), in order. REQUIRES: no
  /// cycle.
  std::vector<TaskIndex> critical_path(std::span<double const> weights) const;

 private:
  std::vector<Edge> edges_;  // sorted by `to`
  std::vector<std::uint32_t>
      offsets_in_;  // edges_[offsets_in_[t] .. offsets_in_[t+1]) are t's dependencies
  std::vector<std::uint32_t> out_;  // edge indices, grouped by `from`
  std::vector<std::uint32_t> offsets_out_;
  std::vector<TaskIndex> order_;
  std::vector<std::uint32_t> levels_;
};

}  // namespace ropewalk

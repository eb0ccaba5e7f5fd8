#include "engine/model/graph.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

/// Strongly connected components by Tarjan's algorithm, with its own stack instead of recursion.
class Components {
 public:
  explicit Components(Graph const& graph)
      : graph_(graph), number_(graph.tasks_count(), 0), low_(graph.tasks_count(), 0) {
    component.assign(graph.tasks_count(), none);
    for (TaskIndex task = 0; task < graph.tasks_count(); ++task)
      if (number_[task] == 0) walk(task);
  }

  static constexpr std::uint32_t none = 0xffffffff;
  std::vector<std::uint32_t> component{};
  std::vector<TaskIndex> heads{};  // one task of each component
  std::vector<std::uint32_t> sizes{};

 private:
  struct Frame {
    TaskIndex task = 0;
    std::size_t next = 0;  // of its dependants
  };

  void enter(TaskIndex task) {
    number_[task] = low_[task] = ++count_;
    open_.push_back(task);
    frames_.push_back({task});
  }

  void leave(TaskIndex task) {
    if (low_[task] != number_[task]) return;
    auto const id = static_cast<std::uint32_t>(heads.size());
    std::uint32_t size = 0;
    TaskIndex smallest = task;
    for (;; ++size) {
      TaskIndex const member = open_.back();
      open_.pop_back();
      component[member] = id;
      smallest = std::min(smallest, member);
      if (member == task) break;
    }
    heads.push_back(smallest);
    sizes.push_back(size + 1);
  }

  void walk(TaskIndex root) {
    enter(root);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      TaskIndex const task = frame.task;
      auto const out = graph_.dependants(task);
      if (frame.next < out.size()) {
        TaskIndex const to = graph_.edge(out[frame.next++]).to;
        if (number_[to] == 0) {
          enter(to);
        } else if (component[to] == none) {
          low_[task] = std::min(low_[task], number_[to]);
        }
        continue;
      }
      frames_.pop_back();
      if (!frames_.empty()) {
        TaskIndex const parent = frames_.back().task;
        low_[parent] = std::min(low_[parent], low_[task]);
      }
      leave(task);
    }
  }

  Graph const& graph_;
  std::uint32_t count_ = 0;
  std::vector<std::uint32_t> number_;
  std::vector<std::uint32_t> low_;
  std::vector<TaskIndex> open_{};
  std::vector<Frame> frames_{};
};

/// The shortest way from `start` back to itself inside its component: the cycle people can read
/// best.
std::vector<TaskIndex> shortest_cycle(
    Graph const& graph,
    std::vector<std::uint32_t> const& component,
    TaskIndex start,
    std::vector<TaskIndex>& came_from
) {
  std::vector<TaskIndex> queue{start};
  for (std::size_t head = 0; head < queue.size(); ++head) {
    TaskIndex const task = queue[head];
    for (std::uint32_t const index : graph.dependants(task)) {
      TaskIndex const to = graph.edge(index).to;
      if (to == start) {
        std::vector<TaskIndex> cycle;
        for (TaskIndex at = task; at != start; at = came_from[at]) cycle.push_back(at);
        cycle.push_back(start);
        std::ranges::reverse(cycle);
        return cycle;
      }
      if (component[to] != component[start] || came_from[to] != Components::none) continue;
      came_from[to] = task;
      queue.push_back(to);
    }
  }
  return {};
}

}  // namespace

std::vector<std::vector<TaskIndex>> Graph::find_cycles(std::size_t cycles_max) const {
  std::vector<std::vector<TaskIndex>> cycles;
  if (order_.size() == tasks_count()) return cycles;
  Components components(*this);
  std::vector<TaskIndex> came_from(tasks_count(), Components::none);
  std::vector<TaskIndex> heads;
  for (std::uint32_t id = 0; id < components.heads.size(); ++id) {
    TaskIndex const head = components.heads[id];
    bool const loop = std::ranges::any_of(dependencies(head), [&](Edge const& edge) {
      return edge.from == head;
    });
    if (components.sizes[id] > 1 || loop) heads.push_back(head);
  }
  std::ranges::sort(heads);  // in the order of the file
  for (TaskIndex const head : heads) {
    if (cycles.size() == cycles_max) break;
    cycles.push_back(shortest_cycle(*this, components.component, head, came_from));
  }
  return cycles;
}

}  // namespace ropewalk

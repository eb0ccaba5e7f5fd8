// Goal: order, levels, cycles and critical paths of small graphs by hand, and of huge ones on a
// small stack.

#include "engine/model/graph.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

namespace ropewalk {
namespace {

using Tasks = std::vector<TaskIndex>;

Graph graph_of(std::uint32_t count, std::vector<std::pair<TaskIndex, TaskIndex>> const& pairs) {
  std::vector<Edge> edges;
  for (auto const& [from, to] : pairs) edges.push_back({from, to});
  return Graph(count, std::move(edges));
}

TEST(Graph, diamond) {
  Graph const graph = graph_of(4, {{0, 1}, {0, 2}, {2, 3}, {1, 3}});
  EXPECT_EQ(graph.topological_order(), (Tasks{0, 1, 2, 3}));
  EXPECT_EQ(graph.levels(), (std::vector<std::uint32_t>{0, 1, 1, 2}));
  ASSERT_EQ(graph.dependencies(3).size(), 2U);
  EXPECT_EQ(graph.dependencies(3)[0].from, 2U);  // in the given order
  ASSERT_EQ(graph.dependants(0).size(), 2U);
  EXPECT_EQ(graph.edge(graph.dependants(0)[1]).to, 2U);
  EXPECT_TRUE(graph.find_cycle().empty());
  std::vector<double> const weights{1, 5, 2, 1};
  EXPECT_EQ(graph.critical_path(weights), (Tasks{0, 1, 3}));
}

TEST(Graph, empty_and_single) {
  EXPECT_EQ(Graph().tasks_count(), 0U);
  EXPECT_TRUE(Graph(0, {}).critical_path({}).empty());
  std::vector<double> const one{0};
  EXPECT_EQ(Graph(1, {}).critical_path(one), Tasks{0});
}

TEST(Graph, cycles_are_shown_as_the_shortest_way_round) {
  // 1 → 2 → 3 → 1, with a longer way 3 → 4 → 1; 5 ↔ 6 apart from it; 0 and 7 hang on but are on no
  // cycle.
  Graph const graph =
      graph_of(8, {{0, 1}, {1, 2}, {2, 3}, {3, 1}, {3, 4}, {4, 1}, {5, 6}, {6, 5}, {6, 7}});
  EXPECT_TRUE(graph.topological_order().empty());
  EXPECT_EQ(graph.find_cycle(), (Tasks{1, 2, 3}));
  EXPECT_EQ(graph.find_cycles(10), (std::vector<Tasks>{{1, 2, 3}, {5, 6}}));
  EXPECT_EQ(graph.find_cycles(1).size(), 1U);
  EXPECT_EQ(graph_of(1, {{0, 0}}).find_cycle(), Tasks{0});
}

void* huge(void*) {
  constexpr std::uint32_t count = 100'000;
  std::vector<Edge> chain, fan_in, fan_out;
  for (TaskIndex i = 1; i < count; ++i) {
    chain.push_back({i - 1, i});
    fan_in.push_back({i, 0});
    fan_out.push_back({0, i});
  }
  Graph const line(count, chain);
  EXPECT_EQ(line.levels().back(), count - 1);
  EXPECT_EQ(line.critical_path(std::vector<double>(count, 1)).size(), count);
  EXPECT_EQ(Graph(count, fan_in).levels()[0], 1U);
  EXPECT_EQ(Graph(count, fan_out).dependants(0).size(), count - 1);
  chain.push_back({count - 1, 0});
  EXPECT_EQ(Graph(count, chain).find_cycle().size(), count);
  return nullptr;
}

TEST(Graph, huge_ones_do_not_recurse) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, huge, nullptr), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

}  // namespace
}  // namespace ropewalk

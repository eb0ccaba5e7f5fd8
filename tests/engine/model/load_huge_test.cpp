// Goal: a hundred thousand tasks load on a small stack: nothing recurses along the graph.

#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

namespace ropewalk {
namespace {

constexpr int tasks_count = 100'000;
constexpr WorkflowLimits limits{.bytes_max = 64U << 20};

/// `needs_of(i)` is the JSON list of what task i waits for.
template <class NeedsOf>
std::string definition(NeedsOf needs_of) {
  std::string text = R"({"name":"huge","tasks":{)";
  for (int i = 0; i < tasks_count; ++i) {
    if (i > 0) text += ',';
    text += "\"t" + std::to_string(i) + R"(":{"type":"pass","needs":[)" + needs_of(i) + "]}";
  }
  return text + "}}";
}

std::string name(int i) {
  return "\"t" + std::to_string(i) + '"';
}

void* load_all(void*) {
  TaskTypes const types;
  std::string all;
  for (int i = 1; i < tasks_count; ++i) all += (i > 1 ? "," : "") + name(i);
  auto const chain =
      load_workflow(definition([](int i) { return i ? name(i - 1) : ""; }), types, limits);
  EXPECT_EQ(test::problems_of(chain), "");
  EXPECT_EQ(chain.workflow->graph.levels().back(), tasks_count - 1U);
  auto const fan_in = load_workflow(definition([&](int i) { return i ? "" : all; }), types, limits);
  EXPECT_EQ(test::problems_of(fan_in), "");
  auto const fan_out =
      load_workflow(definition([](int i) { return i ? name(0) : ""; }), types, limits);
  EXPECT_EQ(test::problems_of(fan_out), "");
  auto const ring = load_workflow(
      definition([](int i) { return name((i + tasks_count - 1) % tasks_count); }), types, limits
  );
  EXPECT_EQ(test::problems_of(ring), "1:25 cycle tasks.t0\n");
  return nullptr;
}

TEST(LoadHuge, on_a_small_stack) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, load_all, nullptr), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST(LoadHuge, many_references_up_a_chain) {
  std::string text =
      R"({"name":"huge","tasks":{"t0":{"type":"pass"},"t1":{"type":"pass","needs":["t0"]})";
  for (int i = 2; i < 20'000; ++i)
    text += ",\"t" + std::to_string(i) + R"(":{"type":"pass","needs":["t)" + std::to_string(i - 1) +
            R"("],"value":"${{ tasks.t)" + std::to_string(i - 2) + R"(.output }}"})";
  auto const loaded = load_workflow(text + "}}", TaskTypes(), limits);
  EXPECT_EQ(test::problems_of(loaded), "");
}

}  // namespace
}  // namespace ropewalk

// EngineCore without I/O: what it does with executions that others left.
#include "engine/schedule/core.hpp"

#include "tests/engine/schedule/support.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

using namespace test;

constexpr char const* chain = "tasks: {a: {type: work}, b: {type: work, needs: [a]}}";

/// Everything is durable at once; what the journal got.
std::vector<Change> commit_all(EngineCore& core) {
  std::vector<Change> all;
  while (core.has_batch()) {
    auto batch = core.take_batch();
    all.insert(all.end(), batch.begin(), batch.end());
    core.committed(std::move(batch), {}, t0);
  }
  return all;
}

TEST(EngineCore, WhatNobodyCanGoOnWithEndsAsFailed) {
  Driver before(chain);
  before.start("a");
  auto const known = before.stored.state.last_seq;
  EngineCore core(CoreOptions{});
  Error const unreadable{ErrorClass::permanent, "invalid_workflow", "nobody can read it"};
  core.abandon(before.stored, unreadable, t0);
  auto const changes = commit_all(core);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].after_seq, known);
  EXPECT_EQ(changes[0].state->status, Status::failed);
  EXPECT_NE(changes[0].state->error.find("invalid_workflow"), std::string::npos);
  ASSERT_EQ(changes[0].tasks.size(), 1U) << "b has no row yet";
  EXPECT_EQ(changes[0].tasks[0].status, Status::cancelled);
  auto const effects = core.take_effects();
  ASSERT_EQ(effects.ended.size(), 1U);
  EXPECT_EQ(effects.ended[0].status, Status::failed);
  EXPECT_EQ(core.live_count(), 0U);
}

TEST(EngineCore, AStoppingOneTakesOverNothing) {
  Driver const before(chain);
  EngineCore core(CoreOptions{});
  core.stop_starting();
  core.adopt(before.flow, before.stored, true, t0);
  core.abandon(before.stored, Error{}, t0);
  EXPECT_EQ(core.live_count(), 0U);
}

TEST(EngineCore, ExecutionsThatHadBegunAreAdoptedFirst) {
  std::vector<LeftBehind> left{
      {execution_id(1), false}, {execution_id(4), true}, {execution_id(2), true}};
  std::sort(left.begin(), left.end());
  std::vector<LeftBehind> const expected{
      {execution_id(2), true}, {execution_id(4), true}, {execution_id(1), false}};
  EXPECT_EQ(left, expected);
}

}  // namespace
}  // namespace ropewalk

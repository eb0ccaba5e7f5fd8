// How many executions of a workflow run at once.
#include "engine/schedule/execution_limits.hpp"

#include "tests/engine/schedule/support.hpp"

namespace ropewalk {
namespace {

using namespace test;
using Verdict = EnterResult::Verdict;

EnterRequest request(
    std::uint64_t n, OnLimit on_limit = OnLimit::queue, std::int32_t priority = 50
) {
  EnterRequest asked;
  asked.execution = execution_id(n);
  asked.group = "report/acme";
  asked.limit = 2;
  asked.on_limit = on_limit;
  asked.priority = priority;
  asked.created_at = t0 + n * 1s;
  return asked;
}

TEST(ExecutionLimits, QueuesPastTheLimitAndBeginsAsPlacesComeFree) {
  ExecutionLimits limits;
  EXPECT_EQ(limits.enter(request(1)).verdict, Verdict::granted);
  EXPECT_EQ(limits.enter(request(2)).verdict, Verdict::granted);
  EXPECT_EQ(limits.enter(request(3)).verdict, Verdict::queued);
  EXPECT_EQ(limits.enter(request(4)).verdict, Verdict::queued);
  EXPECT_EQ(limits.leave(execution_id(1)), std::vector{execution_id(3)});
  EXPECT_EQ(limits.leave(execution_id(4)), std::vector<ExecutionId>{}) << "it left the queue";
  EXPECT_EQ(limits.leave(execution_id(2)), std::vector<ExecutionId>{});
}

TEST(ExecutionLimits, OtherKeysHaveTheirOwnPlaces) {
  ExecutionLimits limits;
  limits.enter(request(1));
  limits.enter(request(2));
  auto other = request(3);
  other.group = "report/initech";
  EXPECT_EQ(limits.enter(other).verdict, Verdict::granted);
}

TEST(ExecutionLimits, HigherPriorityLeavesTheQueueFirst) {
  ExecutionLimits limits;
  limits.enter(request(1));
  limits.enter(request(2));
  limits.enter(request(3, OnLimit::queue, 10));
  limits.enter(request(4, OnLimit::queue, 90));
  EXPECT_EQ(limits.leave(execution_id(1)), std::vector{execution_id(4)});
}

TEST(ExecutionLimits, RejectsWhereTheWorkflowSaysSo) {
  ExecutionLimits limits;
  limits.enter(request(1));
  limits.enter(request(2));
  EXPECT_EQ(limits.enter(request(3, OnLimit::reject)).verdict, Verdict::rejected);
  EXPECT_EQ(limits.leave(execution_id(3)), std::vector<ExecutionId>{});
}

TEST(ExecutionLimits, CancelOldestNamesEachVictimOnce) {
  ExecutionLimits limits;
  limits.enter(request(1));
  limits.enter(request(2));
  EXPECT_EQ(limits.enter(request(3, OnLimit::cancel_oldest)).cancel, execution_id(1));
  EXPECT_EQ(limits.enter(request(4, OnLimit::cancel_oldest)).cancel, execution_id(2));
  EXPECT_EQ(limits.enter(request(5, OnLimit::cancel_oldest)).cancel, std::nullopt);
  EXPECT_EQ(limits.leave(execution_id(1)), std::vector{execution_id(3)});
}

TEST(ExecutionLimits, WhatRanBeforeACrashKeepsItsPlace) {
  ExecutionLimits limits;
  for (std::uint64_t n = 1; n <= 3; ++n) {
    auto asked = request(n);
    asked.was_running = true;
    EXPECT_EQ(limits.enter(asked).verdict, Verdict::granted);
  }
  EXPECT_EQ(limits.enter(request(4)).verdict, Verdict::queued);
  EXPECT_EQ(limits.leave(execution_id(1)), std::vector<ExecutionId>{})
      << "still as many as the limit allows";
  EXPECT_EQ(limits.leave(execution_id(2)), std::vector{execution_id(4)});
}

TEST(ExecutionLimits, SaysWhereAnExecutionStands) {
  ExecutionLimits limits;
  for (std::uint64_t n = 1; n <= 4; ++n) limits.enter(request(n));
  auto const position = limits.explain(execution_id(4));
  ASSERT_TRUE(position);
  EXPECT_EQ(position->limit, 2U);
  EXPECT_EQ(position->position, 2U);
  EXPECT_EQ(position->holders, (std::vector{execution_id(1), execution_id(2)}));
  EXPECT_FALSE(limits.explain(execution_id(1)));
}

}  // namespace
}  // namespace ropewalk

// The cache of loaded workflows. Method: what stays and what goes when it is full.
#include "server/workflow_cache.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

std::shared_ptr<Workflow const> workflow(std::size_t tasks_count) {
  auto out = std::make_shared<Workflow>();
  out->tasks.resize(tasks_count);
  return out;
}

TEST(WorkflowCache, LeastRecentlyUsedGoesFirst) {
  WorkflowCache cache(10);
  cache.put("a", workflow(4));
  cache.put("b", workflow(4));
  EXPECT_NE(cache.find("a"), nullptr);
  cache.put("c", workflow(4));
  EXPECT_EQ(cache.find("b"), nullptr);
  EXPECT_NE(cache.find("a"), nullptr);
  EXPECT_NE(cache.find("c"), nullptr);
}

TEST(WorkflowCache, OneThatIsTooLargeAloneIsStillKept) {
  WorkflowCache cache(10);
  cache.put("a", workflow(4));
  cache.put("big", workflow(100));
  EXPECT_NE(cache.find("big"), nullptr);
  EXPECT_EQ(cache.size(), 1U);
}

}  // namespace
}  // namespace ropewalk::server

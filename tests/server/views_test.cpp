// What clients see of calls of tasks, of costs and of what is held. Method: rows by hand, JSON out.
#include "server/api/views.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

sql::SpendTotal spent(std::string group, double cost, std::int64_t unpriced = 0) {
  sql::SpendTotal total;
  total.group = std::move(group);
  total.calls = 2;
  total.input_tokens = 100;
  total.cached_tokens = 40;
  total.output_tokens = 10;
  total.cost_usd = cost;
  total.unpriced_calls = unpriced;
  return total;
}

TaskRecord task(std::string id, Status status = Status::completed) {
  TaskRecord record;
  record.task = std::move(id);
  record.status = status;
  return record;
}

sql::ExecutionRow row_with_calls() {
  sql::ExecutionRow row;
  row.stored.tasks.push_back(task("lookup[10]"));
  row.stored.tasks.push_back(task("lookup[2]"));
  for (auto& call : row.stored.tasks) call.parent = "ask";
  row.stored.tasks.push_back(task("ask"));
  row.spend.push_back(spent("ask", 0.5));
  row.spend.push_back(spent("lookup[2]", 0, 2));
  return row;
}

TEST(Views, CallsStandBehindTheirTaskInTheirOrder) {
  TaskTypes const types;
  auto const loaded =
      load_workflow("name: x\ntasks: {lookup: {type: pass}, ask: {type: pass}}", types);
  ASSERT_TRUE(loaded.workflow);
  auto const view = execution_view(row_with_calls(), loaded.workflow.get());
  auto const& tasks = view.at("tasks").as_array();
  std::string order;
  for (auto const& one : tasks) order += std::string(one.at("id").as_string()) + ' ';
  EXPECT_EQ(order, "lookup lookup[2] lookup[10] ask ");
  EXPECT_EQ(tasks[1].at("parent").as_string(), "ask");
  EXPECT_EQ(tasks[1].at("template").as_string(), "lookup");
  EXPECT_EQ(tasks[1].at("type").as_string(), "pass");
  EXPECT_FALSE(tasks[3].as_object().contains("parent"));
}

TEST(Views, CostsAreSummedUpAndUnknownPricesSaid) {
  auto const view = execution_view(row_with_calls(), nullptr);
  EXPECT_EQ(view.at("calls").as_int64(), 4);
  EXPECT_EQ(view.at("costUsd").as_double(), 0.5);
  EXPECT_EQ(view.at("unpricedCalls").as_int64(), 2);
  EXPECT_EQ(view.at("tokens").at("cachedInput").as_int64(), 80);
  EXPECT_FALSE(cost_view(spent("x", 0, 2)).contains("costUsd")) << "unknown is not free";
  EXPECT_FALSE(cost_view(sql::SpendTotal{}).contains("calls"));
}

TEST(Views, AHeldExecutionSaysWhy) {
  sql::ExecutionRow row;
  row.stored.state.paused = true;
  row.stored.tasks.push_back(task("ask", Status::pending));
  row.stored.tasks[0].hold = Hold::held;
  row.stored.tasks[0].error = R"({"code":"budget_exceeded"})";
  auto const view = execution_view(row, nullptr);
  EXPECT_EQ(view.at("hold").at("code").as_string(), "budget_exceeded");
  EXPECT_EQ(view.at("tasks").at(0).at("hold").as_string(), "held");
}

TEST(Views, OneTaskComesWithWhatItLeft) {
  sql::TaskRow row;
  row.task = task("lookup[1]");
  row.task.parent = "ask";
  row.task.input = R"({"city":"Ulm"})";
  row.task.detail = R"({"rounds":2})";
  row.attempts.emplace_back();
  row.attempts[0].detail = R"({"rounds":1})";
  row.spend = spent("", 0.25);
  auto const view = task_view(row);
  EXPECT_EQ(view.at("input").at("city").as_string(), "Ulm");
  EXPECT_EQ(view.at("detail").at("rounds").as_int64(), 2);
  EXPECT_EQ(view.at("attempts").at(0).at("detail").at("rounds").as_int64(), 1);
  EXPECT_EQ(view.at("costUsd").as_double(), 0.25);
}

}  // namespace
}  // namespace ropewalk::server

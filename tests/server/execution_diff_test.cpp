// Where executions differ. Method: rows by hand, JSON out.
#include "server/api/execution_diff.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

json::value parsed(std::string_view text) {
  return parse_json(text).value();
}

/// The pointer, "=" when there is none.
std::string pointer(std::string_view a, std::string_view b) {
  return first_difference(parsed(a), parsed(b)).value_or("=");
}

TEST(ExecutionDiff, TheFirstDifferenceIsAPointer) {
  EXPECT_EQ(pointer(R"({"a":1,"b":[1,2]})", R"({"b":[1,2],"a":1})"), "=") << "order is nothing";
  EXPECT_EQ(pointer("1", "1.0"), "=");
  EXPECT_EQ(pointer("1", "2"), "");
  EXPECT_EQ(pointer(R"({"a":{"b":[0,{"c":1}]}})", R"({"a":{"b":[0,{"c":2}]}})"), "/a/b/1/c");
  EXPECT_EQ(pointer("[1,2]", "[1]"), "/1");
  EXPECT_EQ(pointer(R"({"a/b":1})", R"({"a/b":2})"), "/a~1b");
  EXPECT_EQ(pointer(R"({"a":1})", R"({"a":1,"b":2})"), "/b");
  EXPECT_EQ(pointer("null", R"({"a":1})"), "");
}

class TwoExecutions : public testing::Test {
 protected:
  TwoExecutions() {
    workflow_ = load_workflow(
                    "name: x\nvariables: {v: 1}\n"
                    "tasks: {second: {type: pass, needs: [first]}, first: {type: pass}}",
                    types_
    )
                    .workflow;
    for (auto* row : {&a_, &b_}) {
      row->stored.created.workflow = "x";
      row->stored.created.definition_hash = "h";
      row->stored.state.status = Status::completed;
      add(*row, "first", R"({"n":1})");
      add(*row, "second", "2");
    }
  }
  static void add(sql::ExecutionRow& row, std::string id, std::string output) {
    TaskRecord task;
    task.task = std::move(id);
    task.status = Status::completed;
    task.attempt = 1;
    task.output = std::move(output);
    row.stored.tasks.push_back(std::move(task));
  }
  json::object diff() const {
    return diff_executions(ExecutionSide{a_, *workflow_}, ExecutionSide{b_, *workflow_});
  }

  TaskTypes const types_;
  std::shared_ptr<Workflow const> workflow_;
  sql::ExecutionRow a_;
  sql::ExecutionRow b_;
};

TEST_F(TwoExecutions, AreEqualWhateverTimeTheyTook) {
  auto& first = a_.stored.tasks[0];
  first.started_at = Instant{};
  first.finished_at = Instant(std::chrono::milliseconds(100));
  b_.stored.tasks[0].started_at = Instant{};
  b_.stored.tasks[0].finished_at = Instant(std::chrono::milliseconds(250));
  auto const found = diff();
  EXPECT_TRUE(found.at("equal").as_bool()) << to_text(found);
  EXPECT_TRUE(found.at("first").is_null());
  auto const& task = found.at("tasks").at(0);
  EXPECT_EQ(task.at("task").as_string(), "first") << "the order is that of the graph";
  EXPECT_EQ(task.at("durationMs").at("b").to_number<double>(), 250);
  EXPECT_EQ(task.at("ratio").to_number<double>(), 2.5);
}

TEST_F(TwoExecutions, DifferFirstWhereTheGraphSaysSo) {
  b_.stored.tasks[0].output = R"({"n":7})";
  b_.stored.tasks[1].output = "8";
  auto const found = diff();
  EXPECT_FALSE(found.at("equal").as_bool());
  EXPECT_EQ(
      to_text(found.at("first")), R"({"what":"output","pointer":"/n","a":1,"b":7,"task":"first"})"
  );
  EXPECT_EQ(found.at("tasks").at(1).at("differences").as_array().size(), 1U);
}

TEST_F(TwoExecutions, DifferInWhatTheyWereGiven) {
  b_.stored.created.inputs = R"({"x":1})";
  b_.stored.created.definition_hash = "i";
  auto const found = diff();
  EXPECT_EQ(found.at("first").at("what").as_string(), "workflow");
  EXPECT_EQ(to_text(found.at("differences").at(1)), R"({"what":"inputs","pointer":"/x","b":1})");
}

TEST_F(TwoExecutions, DifferInErrorsByTheirKindAndInAttempts) {
  auto& task = b_.stored.tasks[1];
  task.status = Status::failed;
  task.output.clear();
  task.error = R"({"class":"transient","code":"timeout","message":"at noon"})";
  task.attempt = 3;
  auto const found = diff();
  auto const& list = found.at("tasks").at(1).at("differences").as_array();
  std::string what;
  for (auto const& one : list) what += std::string(one.at("what").as_string()) + " ";
  EXPECT_EQ(what, "status error output attempts ");
  EXPECT_EQ(list[1].at("b").at("code").as_string(), "timeout");
}

TEST_F(TwoExecutions, AResultThatWasTakenOverHasNoAttempts) {
  b_.stored.tasks[0].reused_from = "e/first";
  b_.stored.tasks[0].attempt = 0;
  auto const found = diff();
  EXPECT_TRUE(found.at("equal").as_bool());
  EXPECT_EQ(found.at("tasks").at(0).at("reusedFrom").at("b").as_string(), "e/first");
}

TEST_F(TwoExecutions, LargeValuesAreCut) {
  b_.stored.tasks[0].output = "\"" + std::string(5000, 'x') + "\"";
  auto const found = diff();
  EXPECT_LT(found.at("first").at("b").as_string().size(), 600U);
  EXPECT_TRUE(found.at("first").at("cut").as_bool());
}

TEST_F(TwoExecutions, MayHaveDifferentTasks) {
  auto const other = load_workflow("name: x\ntasks: {first: {type: pass}}", types_).workflow;
  auto const found = diff_executions(ExecutionSide{a_, *workflow_}, ExecutionSide{b_, *other});
  EXPECT_EQ(
      to_text(found.at("tasks").at(1).at("differences")),
      R"([{"what":"task","a":"second","b":null}])"
  );
}

}  // namespace
}  // namespace ropewalk::server

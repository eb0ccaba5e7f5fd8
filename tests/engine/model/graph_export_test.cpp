// Goal: exports are readable by their programs whatever stands in a condition.

#include "engine/model/graph_export.hpp"

#include "engine/base/json.hpp"
#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

LoadedWorkflow example() {
  return load_workflow(
      R"(name: my.flow
tasks:
  end: {type: pass}
  b-1:
    type: pass
    dependencies: [{taskId: end, type: failure, condition: 'inputs.x == "a\\b" && inputs.y > 1'}]
  c: {type: wait, duration: 1s, needs: [end]}
)",
      test::fake_types()
  );
}

TEST(GraphExport, mermaid) {
  auto const loaded = example();
  ASSERT_TRUE(loaded.workflow) << test::problems_of(loaded);
  EXPECT_EQ(
      to_mermaid(*loaded.workflow),
      "flowchart TD\n"
      "  t0[\"end<br/><small>pass</small>\"]\n"
      "  t1[\"b-1<br/><small>pass</small>\"]\n"
      "  t2[\"c<br/><small>wait</small>\"]\n"
      "  t0 -.->|\"failure: inputs.x == #34;a#92;#92;b#34; #38;#38; inputs.y #62; 1\"| t1\n"
      "  t0 --> t2\n"
  );
}

TEST(GraphExport, dot) {
  auto const loaded = example();
  EXPECT_EQ(
      to_dot(*loaded.workflow),
      "digraph \"my.flow\" {\n"
      "  node [shape=box];\n"
      "  \"end\" [label=\"end\\npass\"];\n"
      "  \"b-1\" [label=\"b-1\\npass\"];\n"
      "  \"c\" [label=\"c\\nwait\"];\n"
      "  \"end\" -> \"b-1\" [label=\"failure: inputs.x == \\\"a\\\\\\\\b\\\" && inputs.y > 1\", "
      "style=dashed];\n"
      "  \"end\" -> \"c\";\n"
      "}\n"
  );
}

TEST(GraphExport, json) {
  auto const loaded = example();
  std::vector<double> const weights{1, 2, 5};
  auto const value = to_graph_json(*loaded.workflow, weights);
  EXPECT_EQ(to_text(value.at("tasks").at(1)), R"({"id":"b-1","type":"pass","level":1})");
  EXPECT_EQ(to_text(value.at("edges").at(1)), R"({"from":"end","to":"c","type":"success"})");
  EXPECT_EQ(to_text(value.at("criticalPath")), R"(["end","c"])");
  EXPECT_FALSE(to_graph_json(*loaded.workflow).get_object().contains("criticalPath"));
}

TEST(GraphExport, ShowsListsSwitchesAndWhatComesAtTheEnd) {
  auto const loaded = load_workflow(
      R"(name: x
tasks:
  s: {type: switch, cases: [{name: big, when: inputs.n > 1, then: [a]}], otherwise: [a]}
  a: {type: pass, forEach: [1, 2]}
finally: {clean: {type: pass}}
)",
      test::fake_types()
  );
  ASSERT_TRUE(loaded.workflow) << test::problems_of(loaded);
  EXPECT_EQ(
      to_mermaid(*loaded.workflow),
      "flowchart TD\n"
      "  t0[\"s<br/><small>switch</small>\"]\n"
      "  t1[\"a<br/><small>pass for each</small>\"]\n"
      "  subgraph finally\n"
      "  t2[\"clean<br/><small>pass</small>\"]\n"
      "  end\n"
      "  t0 -->|\"big, otherwise\"| t1\n"
  );
  auto const value = to_graph_json(*loaded.workflow);
  EXPECT_EQ(
      to_text(value.at("tasks").at(1)), R"({"id":"a","type":"pass","level":1,"forEach":true})"
  );
  EXPECT_EQ(
      to_text(value.at("tasks").at(2)), R"({"id":"clean","type":"pass","level":2,"finally":true})"
  );
  EXPECT_EQ(to_text(value.at("edges").at(0).at("cases")), R"(["big","otherwise"])");
  EXPECT_NE(to_dot(*loaded.workflow).find("subgraph cluster_finally"), std::string::npos);
}

}  // namespace
}  // namespace ropewalk

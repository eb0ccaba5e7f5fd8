// Goal: what expressions refer to is checked before anything runs, and problems point into the
// expression.

#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using test::fake_types;
using test::problems_of;

/// Tasks a → b → c, and d apart; `fields` are c's.
std::string of_task_c(std::string const& fields) {
  return problems_of(load_workflow(
      "name: x\ntasks:\n  a: {type: pass}\n  b: {type: pass, needs: [a]}\n  d: {type: pass}\n"
      "  c:\n    type: pass\n    needs: [b]\n    " +
          fields + "\n",
      fake_types()
  ));
}

TEST(References, problems) {
  std::pair<char const*, char const*> const cases[]{
      {"when: tasks.b.output.x > 1", ""},
      {"when: tasks.a.status == 'COMPLETED'", ""},
      {"when: tasks.d.output.x > 1", "9:11 not_upstream tasks.c.when\n"},
      {"when: inputs.y && tasks.d.output.x", "9:23 not_upstream tasks.c.when\n"},
      {"when: tasks.c.attempt > 1", "9:11 not_upstream tasks.c.when\n"},
      {"failWhen: tasks.c.output.x > 1", ""},
      {"when: tasks.bb.output", "9:11 unknown_task tasks.c.when\n"},
      {"when: tasks['bb'].output", "9:11 unknown_task tasks.c.when\n"},
      {"when: tasks[inputs.name].output", ""},
      {"when: size(tasks) > 0", ""},
      {"when: input.x", "9:11 unknown_name tasks.c.when\n"},
      {"when: inputs.list.all(x, x > 1) && variables.v && execution.id != ''", ""},
      {"when: sise(inputs.x) > 1", "9:11 unknown_function tasks.c.when\n"},
      {"value: 'é ${{ inputs.a }} ${{ tasks.d.output }}'", "9:35 not_upstream tasks.c.value\n"},
      {"value: {deep: ['${{ tasks.zz.output }}']}", "9:25 unknown_task tasks.c.value.deep[0]\n"},
      {"env: {A: '${{ tasks.d.output }}'}", "9:19 not_upstream tasks.c.env.A\n"},
      {"value: |\n      one\n      two ${{ nope }}\n", "11:15 unknown_name tasks.c.value\n"},
  };
  for (auto const& [fields, problems] : cases) EXPECT_EQ(of_task_c(fields), problems) << fields;
}

TEST(References, secrets) {
  std::pair<char const*, char const*> const cases[]{
      {"env: {A: 'x ${{ secrets.KEY }} y'}", ""},
      {"env: {A: '${{ secrets.KEY + inputs.x }}'}", "9:19 secret_in_expression tasks.c.env.A\n"},
      {"env: {A: '${{ secrets }}'}", "9:19 secret_in_expression tasks.c.env.A\n"},
      {"env: {A: '${{ secrets.a.b }}'}", "9:19 secret_in_expression tasks.c.env.A\n"},
      {"env: {A: '${{ secrets[inputs.x] }}'}", "9:19 secret_in_expression tasks.c.env.A\n"},
      {"value: '${{ secrets.KEY }}'", "9:16 secret_not_allowed tasks.c.value\n"},
      {"when: secrets.KEY == 'x'", "9:11 secret_in_expression tasks.c.when\n"},
      {"failWhen: secrets.KEY == 'x'", "9:15 secret_in_expression tasks.c.failWhen\n"},
      {"forEach: ['${{ secrets.KEY }}']", "9:19 secret_not_allowed tasks.c.forEach[0]\n"},
  };
  for (auto const& [fields, problems] : cases) EXPECT_EQ(of_task_c(fields), problems) << fields;
  EXPECT_EQ(
      problems_of("name: x\nconcurrency: {limit: 1, key: 'k${{ secrets.KEY }}'}\n"
                  "tasks: {a: {type: pass}}\n"),
      "2:35 secret_not_allowed concurrency.key\n"
  );
}

TEST(References, mend) {
  auto const loaded = load_workflow(
      "name: x\ntasks:\n  classify: {type: pass}\n  b: {type: pass, needs: [classify], when: "
      "tasks.clasify.output}\n"
      "  d: {type: pass, when: tasks.b.output}\n",
      fake_types()
  );
  ASSERT_EQ(loaded.problems.size(), 2U);
  EXPECT_EQ(loaded.problems[0].hint, "did you mean `classify`?");
  EXPECT_EQ(loaded.problems[1].hint, "add b to its `needs`");
}

TEST(References, shared_conditions_are_checked_for_every_task) {
  EXPECT_EQ(
      problems_of("name: x\ntasks:\n  a: {type: pass}\n"
                  "  b: {type: pass, needs: [a], when: tasks.a.output}\n"
                  "  c: {type: pass, when: tasks.a.output}\n"),
      "5:25 not_upstream tasks.c.when\n"
  );
}

TEST(Dependencies, problems) {
  EXPECT_EQ(
      problems_of("name: x\ntasks:\n  a: {type: pass}\n  b:\n    type: pass\n    needs: [a]\n"
                  "    dependencies:\n    - {taskId: a, type: failure}\n    - {taskId: q, typ: x}\n"
                  "    - {taskId: b, type: never}\n"),
      "8:16 duplicate_dependency tasks.b.dependencies[0].taskId\n"
      "9:16 unknown_task tasks.b.dependencies[1].taskId\n"
      "9:19 unknown_field tasks.b.dependencies[1].typ\n"
      "10:16 self_dependency tasks.b.dependencies[2].taskId\n"
      "10:25 unknown_word tasks.b.dependencies[2].type\n"
  );
}

}  // namespace
}  // namespace ropewalk

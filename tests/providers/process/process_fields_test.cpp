// Goal: what an attempt may use and reach is read as it is meant, and mistakes are found before it
// runs. Method: small tasks and the codes or values they must give.
#include "providers/process/process_fields.hpp"

#include "engine/base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

std::vector<std::string> problems(std::string_view task) {
  std::vector<std::string> out;
  auto const parsed = parse_json(task).value();
  fields::Reading const reading{
      [&](std::string field, std::string code, std::string, std::string hint) {
        EXPECT_FALSE(hint.empty()) << field;
        out.push_back(field + ":" + code);
      },
      false};
  static_cast<void>(read_process_fields(parsed.as_object(), reading));
  return out;
}

Result<ProcessFields> read(std::string_view config) {
  auto const parsed = parse_json(config).value();
  return read_process_fields(parsed.as_object());
}

TEST(ProcessFields, NothingIsLimitedUnlessItIsSaid) {
  auto const fields = read("{}").value();
  EXPECT_EQ(fields.limits.memory_bytes, 0U);
  EXPECT_EQ(fields.limits.cpu_us, 0U);
  EXPECT_FALSE(fields.sandbox.has_value());
  EXPECT_FALSE(fields.stdin_text.has_value());
}

TEST(ProcessFields, Limits) {
  auto const fields = read(R"({"limits":{"cpu":"30s","cores":1.5,"memory":"1GiB","processes":10,
      "fileSize":"5MiB","openFiles":64,"wall":"2m"}})")
                          .value();
  EXPECT_EQ(fields.limits.cpu_us, 30'000'000U);
  EXPECT_EQ(fields.limits.cores_thousandth, 1500U);
  EXPECT_EQ(fields.limits.memory_bytes, 1ULL << 30U);
  EXPECT_EQ(fields.limits.processes, 10U);
  EXPECT_EQ(fields.limits.file_bytes, 5ULL << 20U);
  EXPECT_EQ(fields.limits.open_files, 64U);
  EXPECT_EQ(fields.limits.wall_us, 120'000'000U);
}

TEST(ProcessFields, MistakesInLimits) {
  EXPECT_THAT(
      problems(R"({"limits":{"memroy":"1GiB"}})"), ElementsAre("limits.memroy:unknown_field")
  );
  EXPECT_THAT(
      problems(R"({"limits":{"memory":"1 elephant"}})"), ElementsAre("limits.memory:invalid_size")
  );
  EXPECT_THAT(problems(R"({"limits":{"memory":100}})"), ElementsAre("limits.memory:out_of_range"));
  EXPECT_THAT(problems(R"({"limits":{"cpu":2}})"), ElementsAre("limits.cpu:wrong_kind"));
  EXPECT_THAT(problems(R"({"limits":{"cpu":"0s"}})"), ElementsAre("limits.cpu:out_of_range"));
  EXPECT_THAT(
      problems(R"({"limits":{"processes":0}})"), ElementsAre("limits.processes:out_of_range")
  );
  EXPECT_THAT(
      problems(R"({"limits":{"openFiles":3}})"), ElementsAre("limits.openFiles:out_of_range")
  );
  EXPECT_THAT(problems(R"({"limits":{"memory":"${{ inputs.memory }}"}})"), IsEmpty());
}

TEST(ProcessFields, AnExpressionThatGaveNothingLiftsNoLimitAndNoWall) {
  for (auto const* config :
       {R"({"limits":{"memory":null}})",
        R"({"limits":null})",
        R"({"sandbox":null})",
        R"({"sandbox":{"type":"bwrap","network":null}})"}) {
    auto const fields = read(config);
    ASSERT_FALSE(fields) << config;
    EXPECT_EQ(fields.error().code, "invalid_task");
    EXPECT_EQ(fields.error().error_class, ErrorClass::permanent);
    EXPECT_THAT(fields.error().message, HasSubstr("null"));
  }
}

TEST(ProcessFields, Sandbox) {
  EXPECT_FALSE(read(R"({"sandbox":"bwrap"})").value().sandbox->network);
  auto const fields =
      read(R"({"sandbox":{"type":"bwrap","network":true,"writable":["/srv/a"],"readable":["b"]}})")
          .value();
  EXPECT_TRUE(fields.sandbox->network);
  EXPECT_THAT(fields.sandbox->writable, ElementsAre("/srv/a"));
  EXPECT_THAT(fields.sandbox->readable, ElementsAre("b"));
}

TEST(ProcessFields, MistakesInSandbox) {
  EXPECT_THAT(problems(R"({"sandbox":"docker"})"), ElementsAre("sandbox:unknown_word"));
  EXPECT_THAT(problems(R"({"sandbox":true})"), ElementsAre("sandbox:wrong_kind"));
  EXPECT_THAT(
      problems(R"({"sandbox":{"network":true}})"), ElementsAre("sandbox.type:missing_field")
  );
  EXPECT_THAT(
      problems(R"({"sandbox":{"type":"bwrap","writeable":[]}})"),
      ElementsAre("sandbox.writeable:unknown_field")
  );
  EXPECT_THAT(
      problems(R"({"sandbox":{"type":"bwrap","writable":[1,""]}})"),
      ElementsAre("sandbox.writable[0]:wrong_type", "sandbox.writable[1]:wrong_type")
  );
}

TEST(ProcessFields, DataDoesNotDecideWhetherThereAreWalls) {
  EXPECT_THAT(problems(R"({"sandbox":"${{ inputs.box }}"})"), ElementsAre("sandbox:not_literal"));
  EXPECT_THAT(
      problems(R"({"sandbox":{"type":"bwrap","network":"${{ inputs.net }}"}})"),
      ElementsAre("sandbox.network:not_literal")
  );
  EXPECT_THAT(
      problems(R"({"sandbox":{"type":"bwrap","writable":["${{ inputs.folder }}"]}})"), IsEmpty()
  );
}

TEST(ProcessFields, StandardInput) {
  EXPECT_THAT(read(R"({"stdin":"a\nb"})").value().stdin_text, Optional(std::string("a\nb")));
  EXPECT_THAT(read(R"({"stdin":""})").value().stdin_text, Optional(std::string()));
  EXPECT_THAT(
      read(R"({"stdin":{"a":[1]}})").value().stdin_text, Optional(std::string(R"({"a":[1]})"))
  );
  EXPECT_FALSE(read(R"({"stdin":null})").value().stdin_text.has_value());
}

TEST(ProcessFields, TheTighterLimitCounts) {
  ResourceLimits a;
  a.memory_bytes = 100;
  a.processes = 5;
  ResourceLimits b;
  b.memory_bytes = 50;
  b.file_bytes = 7;
  auto const both = tighter_of(a, b);
  EXPECT_EQ(both.memory_bytes, 50U);
  EXPECT_EQ(both.processes, 5U);
  EXPECT_EQ(both.file_bytes, 7U);
  EXPECT_EQ(both.cpu_us, 0U);
}

}  // namespace
}  // namespace ropewalk

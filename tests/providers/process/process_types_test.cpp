// Goal: bad commands and scripts are found before they run. Method: small tasks and the codes they
// must give.
#include "providers/process/process_types.hpp"

#include "engine/base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> problems(std::string_view type, std::string_view task) {
  TaskTypes types;
  register_process_types(types);
  std::vector<std::string> out;
  auto const* found = types.find(type);
  auto const parsed = parse_json(task).value();
  found->check(
      parsed.as_object(),
      [&](std::string field, std::string code, std::string, std::string hint) {
        EXPECT_FALSE(hint.empty());
        out.push_back(field + ":" + code);
      }
  );
  return out;
}

TEST(ProcessTypes, Command) {
  EXPECT_THAT(problems("command", R"({"command":["a",1,"${{ x }}"]})"), IsEmpty());
  EXPECT_THAT(problems("command", R"({"command":[]})"), ElementsAre("command:empty_command"));
  EXPECT_THAT(problems("command", R"({"command":["a",{}]})"), ElementsAre("command[1]:wrong_type"));
}

TEST(ProcessTypes, NoInterpolationIntoCodeThatAShellReads) {
  EXPECT_THAT(
      problems("command", R"({"command":["sh","-c","echo ${{ inputs.x }}"]})"),
      ElementsAre("command[2]:interpolation_in_code")
  );
  EXPECT_THAT(
      problems("command", R"({"command":["env","A=1","python3","-c","x = ${{ inputs.x }}"]})"),
      ElementsAre("command[4]:interpolation_in_code")
  );
  EXPECT_THAT(
      problems("command", R"({"command":["sh","-c","echo $1","sh","${{ inputs.x }}"]})"), IsEmpty()
  );
  EXPECT_THAT(problems("command", R"({"command":["sh","-c","echo $${{ x }}"]})"), IsEmpty());
  EXPECT_THAT(problems("command", R"({"command":["sh","${{ inputs.script }}"]})"), IsEmpty());
  EXPECT_THAT(
      problems("script", R"({"interpreter":["bash","-c","${{ inputs.x }}"],"file":"x"})"),
      ElementsAre("interpreter[2]:interpolation_in_code")
  );
}

TEST(ProcessTypes, Script) {
  EXPECT_THAT(problems("script", R"({"language":"python","source":"x"})"), IsEmpty());
  EXPECT_THAT(problems("script", R"({"interpreter":["awk","-f"],"file":"x"})"), IsEmpty());
  EXPECT_THAT(problems("script", R"({"language":"python"})"), ElementsAre(":missing_field"));
  EXPECT_THAT(problems("script", R"({"source":"x"})"), ElementsAre(":missing_field"));
  EXPECT_THAT(
      problems("script", R"({"language":"sh","source":"x","file":"y"})"),
      ElementsAre("file:conflicting_fields")
  );
  EXPECT_THAT(
      problems("script", R"({"language":"cobol","source":"x"})"),
      ElementsAre("language:unknown_language")
  );
  EXPECT_THAT(
      problems("script", R"({"interpreter":[],"source":"x"})"),
      ElementsAre("interpreter:empty_command")
  );
}

TEST(ProcessTypes, SourceAndWhatIsInstalledAreCode) {
  TaskTypes types;
  register_process_types(types);
  for (auto const& field : types.find("script")->fields)
    EXPECT_EQ(
        field.code,
        field.name == "source" || field.name == "requirements" || field.name == "packages"
    ) << field.name;
}

}  // namespace
}  // namespace ropewalk

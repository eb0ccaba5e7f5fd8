// Goal: problems as compilers print them and as clients read them; the words of Status.

#include "engine/model/problem.hpp"

#include "engine/base/json.hpp"
#include "engine/model/size_text.hpp"
#include "engine/model/status.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

TEST(Problem, text_and_json) {
  Problem const placed{
      "unknown_field", "tasks.a.typ", 12, 5, "there is no field \"typ\" here", "write type"};
  EXPECT_EQ(
      to_line(placed, "triage.yaml"),
      "triage.yaml:12:5: unknown_field: there is no field \"typ\" here (mend: write type)"
  );
  EXPECT_EQ(
      to_line(placed, ""), "12:5: unknown_field: there is no field \"typ\" here (mend: write type)"
  );
  EXPECT_EQ(
      to_text(to_json(placed)),
      R"({"code":"unknown_field","path":"tasks.a.typ","line":12,"column":5,)"
      R"("message":"there is no field \"typ\" here","hint":"write type"})"
  );
  Problem const bare{"cycle", "tasks.a", 0, 0, "a → a", ""};
  EXPECT_EQ(to_line(bare, ""), "tasks.a: cycle: a → a");
  EXPECT_EQ(to_text(to_json(bare)), R"({"code":"cycle","path":"tasks.a","message":"a → a"})");
}

TEST(Status, words) {
  for (auto const status :
       {Status::pending,
        Status::running,
        Status::retrying,
        Status::completed,
        Status::failed,
        Status::skipped,
        Status::cancelled})
    EXPECT_EQ(parse_status(to_string(status)), status);
  EXPECT_FALSE(parse_status("running"));
}

TEST(Size, reads) {
  EXPECT_EQ(*parse_size("64KiB"), 65536U);
  EXPECT_EQ(*parse_size("1.5GiB"), 1610612736U);
  EXPECT_EQ(*parse_size("1GB"), 1'000'000'000U);
  EXPECT_EQ(*parse_size("0B"), 0U);
  for (char const* text : {"", "64", "KiB", "-1B", "1 KiB", "64kib", "1e3B", "9999999TiB", ".5B"})
    EXPECT_FALSE(parse_size(text)) << text;
}

}  // namespace
}  // namespace ropewalk

// Definitions of hooks. Method: JSON in; what they mean, or all their problems, out.
#include "server/triggers/hook_spec.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ropewalk::server {
namespace {

using namespace std::chrono_literals;

Result<HookSpec> read(std::string_view text) {
  return read_hook("deploy", parse_json(text)->as_object());
}

/// "path code" of each problem.
std::set<std::string> problems(std::string_view text) {
  std::set<std::string> out;
  auto const spec = read(text);
  if (spec) return out;
  auto const error = spec.error();
  EXPECT_EQ(error.code, "invalid_argument");
  for (auto const& problem : error.detail.as_array())
    out.insert(
        std::string(problem.at("path").as_string()) + " " +
        std::string(problem.at("code").as_string())
    );
  return out;
}
using Set = std::set<std::string>;

TEST(HookSpec, ReadsEveryField) {
  auto const spec = read(R"({"workflow":"deploy","verify":{"stripe":{"secret":["NEW","OLD"]}},
    "tolerance":"2m","filter":"body.type == 'invoice.paid'","inputs":{"id":"${{ body.data.id }}"},
    "deliveryId":"body.id","wait":"30s","labels":{"from":"stripe"},"priority":80})");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->scheme, HookScheme::stripe);
  EXPECT_EQ(spec->secrets, (std::vector<std::string>{"NEW", "OLD"}));
  EXPECT_EQ(spec->tolerance, 2min);
  EXPECT_EQ(spec->wait, Duration(30s));
  EXPECT_TRUE(spec->filter && spec->delivery_id);
  EXPECT_EQ(spec->start.priority, 80);
}

TEST(HookSpec, VerificationMustBeSaid) {
  EXPECT_EQ(problems(R"({"workflow":"w"})"), Set{"verify missing_field"});
  EXPECT_TRUE(read(R"({"workflow":"w","verify":"none"})"));
  EXPECT_EQ(problems(R"({"workflow":"w","verify":"github"})"), Set{"verify wrong_kind"});
  EXPECT_EQ(
      problems(R"({"workflow":"w","verify":{"gitbuh":{"secret":"A"}}})"), Set{"verify unknown_word"}
  );
  EXPECT_EQ(
      problems(R"({"workflow":"w","verify":{"none":{"secret":"A"}}})"), Set{"verify unknown_word"}
  );
  EXPECT_EQ(
      problems(R"({"workflow":"w","verify":{"github":{}}})"),
      Set{"verify.github.secret missing_field"}
  );
  EXPECT_EQ(
      problems(R"({"workflow":"w","verify":{"slack":{"secret":"A"},"github":{"secret":"A"}}})"),
      Set{"verify wrong_kind"}
  );
}

TEST(HookSpec, AllProblemsAtOnce) {
  EXPECT_EQ(
      problems(R"({"workflow":"w@x","verify":{"bearer":{"secret":"a b","token":"t"}},
        "tolerance":"1m","filter":"bodyy.x == ","inputs":"text","deliveryId":"inputs.id",
        "wait":"1h","secret":"x"})"),
      (Set{
          "workflow invalid_name",
          "verify.bearer.secret invalid_name",
          "verify.bearer.token unknown_field",
          "tolerance conflicting_fields",
          "filter bad_expression",
          "inputs wrong_kind",
          "deliveryId unknown_name",
          "wait out_of_range",
          "secret unknown_field"})
  );
}

}  // namespace
}  // namespace ropewalk::server

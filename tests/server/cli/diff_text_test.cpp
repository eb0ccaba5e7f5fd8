// Goal: a difference is read at a glance. Method: an answer of the server, text compared.
#include "server/cli/diff_text.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

std::string lines_of(std::string_view text) {
  std::string all;
  for (auto const& line : diff_lines(parse_json(text).value().as_object(), 0, Style{}))
    all += line + "\n";
  return all;
}

TEST(DiffText, TheFirstDifferenceComesFirst) {
  EXPECT_EQ(
      lines_of(R"({"equal":false,
        "a":{"id":"0190","workflow":"x","version":1,"status":"COMPLETED"},
        "b":{"id":"0191","workflow":"x","version":2,"status":"FAILED"},
        "durationMs":{"a":100.0,"b":250.0},"ratio":2.5,
        "first":{"what":"inputs","pointer":"/n","a":1},
        "differences":[{"what":"inputs","pointer":"/n","a":1}],
        "tasks":[
          {"task":"one","differences":[],"durationMs":{"a":10.0},"reusedFrom":{"b":"0190/one"}},
          {"task":"two","differences":[{"what":"output","a":"x","b":"y"}]}]})"),
      "           A              B\n"
      "execution  0190           0191\n"
      "workflow   x (version 1)  x (version 2)\n"
      "status     COMPLETED      FAILED\n"
      "took       100ms          250ms (2.50x)\n"
      "\n"
      "first difference: inputs at /n: 1 and (none)\n"
      "\n"
      "TASK  WHAT    AT  A    B\n"
      "      inputs  /n  1    (none)\n"
      "two   output      \"x\"  \"y\"\n"
      "\n"
      "TASK  A TOOK  B TOOK  RATIO  A COST  B COST  NOTE\n"
      "one   10ms                                   b took it over\n"
      "two\n"
  );
}

TEST(DiffText, EqualOnesSaySo) {
  auto const text = lines_of(R"({"equal":true,"first":null,"a":{},"b":{},"tasks":[]})");
  EXPECT_NE(text.find("no difference in"), std::string::npos) << text;
}

}  // namespace
}  // namespace ropewalk::cli

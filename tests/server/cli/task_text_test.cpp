// Goal: the record of a task reads well: who answered, who failed before and why, what it cost.
// Method: a task as the server gives it, text compared.
#include "server/cli/task_text.hpp"

#include "engine/base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string shown(std::string_view task, std::size_t width = 0) {
  std::string all;
  auto const value = parse_json(task).value();
  for (auto const& line : task_lines(value.as_object(), Instant{}, width, Style{}))
    all += line + "\n";
  return all;
}

TEST(TaskText, ShowsEveryCallOfEveryAttempt) {
  EXPECT_EQ(
      shown(R"({"id":"ask","status":"COMPLETED","attempt":2,"startedAt":"2026-01-31T12:00:00Z",
        "finishedAt":"2026-01-31T12:00:03Z","output":{"text":"Hi\u001b[2J\nAda",
        "finishReason":"stop","model":"b/two"},
        "calls":3,"tokens":{"input":220,"cachedInput":20,"output":30},"costUsd":0.00025,
        "unpricedCalls":1,
        "attempts":[{"attempt":1,"error":{"code":"overloaded","message":"too busy"},
          "detail":{"calls":[{"model":"a/one","purpose":"answer","totalMs":12.5,
            "error":{"code":"overloaded","message":"too busy"}}]}}],
        "detail":{"model":"b/two","finishReason":"stop","calls":[
          {"model":"a/one","purpose":"answer","error":{"code":"cancelled","message":"cut off"},
           "unpriced":true,"totalMs":3000},
          {"model":"b/two","purpose":"hedge","finishReason":"stop","costUsd":0.00025,
           "usage":{"inputTokens":200,"cachedInputTokens":20,"outputTokens":30},
           "timeToFirstTokenMs":210.7,"totalMs":1500}]}})"),
      "task       ask\n"
      "status     COMPLETED (try 2)\n"
      "took       3.0s\n"
      "answered   b/two\n"
      "ended as   stop\n"
      "tokens     220 in (20 cached), 30 out, 3 calls\n"
      "cost       $0.000250 and 1 call whose cost nobody knows\n"
      "output     Hi Ada\n"
      "\n"
      "TRY  FAILED AS\n"
      "1    overloaded: too busy\n"
      "\n"
      "TRY  MODEL  WHY     IN   CACHED  OUT  COST       FIRST  TIME  ENDED AS\n"
      "1    a/one  answer                                      12ms  failed: overloaded: too busy\n"
      "2    a/one  answer                    ?                 3.0s  failed: cancelled: cut off\n"
      "2    b/two  hedge   200  20      30   $0.000250  210ms  1.5s  stop\n"
  );
}

TEST(TaskText, ShowsToolsAndWhatWasCut) {
  auto const text = shown(R"({"id":"ask","status":"COMPLETED","attempt":1,"detail":{
      "tools":[{"name":"look_up","task":"customer","arguments":"{\"n\":1}","isError":true,
        "result":"no such\ncustomer"}],
      "context":{"strategy":"truncateOldest","window":512,"reserved":50,"tokensBefore":700,
        "tokensAfter":400,"cutCount":3,"cut":[{"message":0,"origin":"context","label":"old",
        "action":"dropped","tokensBefore":300,"tokensAfter":0}]}}})");
  EXPECT_THAT(text, HasSubstr("look_up  customer  {\"n\":1}    an error: no such customer\n"));
  EXPECT_THAT(text, HasSubstr("truncateOldest: 700 tokens before, 400 after, in a window of 512"));
  EXPECT_THAT(text, HasSubstr("0        context  old    dropped  300     0\nand 2 more\n"));
}

TEST(TaskText, ShowsWhatWasKept) {
  auto const text = shown(R"({"id":"a","status":"COMPLETED","attempt":1,"detail":{"artifacts":[
      {"name":"dist/a.html","bytes":1200,"sha256":"0123456789abcdef0123"},
      {"name":"b","bytes":3,"sha256":"ff"}]}})");
  EXPECT_THAT(text, HasSubstr("ARTIFACT     BYTES  SHA-256\n"));
  EXPECT_THAT(text, HasSubstr("dist/a.html  1200   0123456789ab\n"));
}

TEST(TaskText, KeptAnswersAndSimulationsAreCalledSo) {
  auto const kept = shown(R"({"id":"a","status":"COMPLETED","attempt":1,"detail":{"calls":[
      {"model":"a/one","purpose":"answer","cached":true,"totalMs":0}]}})");
  EXPECT_THAT(kept, HasSubstr("$0.000000"));
  EXPECT_THAT(kept, HasSubstr("kept answer, nothing was called"));
  auto const simulated = shown(R"({"id":"a","calls":1,"tokens":{"input":1,"output":2},"costUsd":0,
      "usage":{"simulated":true},"detail":{"calls":[{"model":"sim/prose","purpose":"answer",
      "finishReason":"stop","simulated":true,"costUsd":0}]}})");
  EXPECT_THAT(simulated, HasSubstr("cost       simulated\n"));
  EXPECT_THAT(simulated, Not(HasSubstr("$")));
}

TEST(TaskText, OtherTasksAndStrangeOnesAreShownToo) {
  EXPECT_EQ(
      shown(R"({"id":"lookup[1]","parent":"ask","status":"FAILED","attempt":1,
        "error":{"code":"exit_code","message":"exited with 3","hint":"look"}})"),
      "task       lookup[1]\ncalled by  ask\nstatus     FAILED\nerror      exited with 3\n"
      "mend       look\n"
  );
  shown(R"({"detail":{"calls":[1,{}],"tools":"x","context":{"cut":[2]}},"attempts":[null,{}],
      "calls":1,"tokens":{},"costUsd":"x"})");
  for (auto const& line : task_lines(
           parse_json(R"({"id":"a","output":"0123456789012345678901234567890"})")
               .value()
               .as_object(),
           Instant{},
           20,
           Style{}
       ))
    EXPECT_LE(display_width(line), 20U);
}

}  // namespace
}  // namespace ropewalk::cli

// Goal: texts that come in pieces, mixed and more than once are written whole, once, each on lines
// of its own. Method: frames as the server sends them, what is written compared whole.
#include "server/cli/token_lines.hpp"

#include "tests/server/cli/events.hpp"

#include <gtest/gtest.h>

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

json::object token(std::string_view task, int attempt, int offset, std::string_view text) {
  auto out = event(R"({"type":"token","execution":"x"})");
  out["task"] = task;
  out["attempt"] = attempt;
  out["offset"] = offset;
  out["text"] = text;
  return out;
}

json::object frame(std::string_view type, std::string_view task, int attempt, int by = 0) {
  auto out = event("{}");
  out["type"] = type;
  out["task"] = task;
  out["attempt"] = attempt;
  if (by > 0) out["by"] = by;
  return out;
}

TEST(TokenLines, ATextGoesOnInItsLine) {
  TokenLines lines;
  EXPECT_EQ(lines.add(token("write", 1, 0, "It is")), "write | It is");
  EXPECT_EQ(lines.add(token("write", 1, 5, " fine.\nAnd")), " fine.\nwrite | And");
  EXPECT_EQ(lines.open_count(), 1U);
  EXPECT_EQ(lines.add(token("write", 1, 15, " now")), " now");
  EXPECT_EQ(lines.add(frame("end", "write", 1)), "\n");
  EXPECT_EQ(lines.open_count(), 0U);
  EXPECT_EQ(lines.close(), "");
}

TEST(TokenLines, TextsOfSeveralTasksDoNotMix) {
  TokenLines lines;
  std::string all;
  all += lines.add(token("a", 1, 0, "one"));
  all += lines.add(token("b", 1, 0, "two\n"));
  all += lines.add(token("a", 1, 3, " more"));
  all += lines.close();
  all += "a status line\n";
  all += lines.add(token("a", 1, 8, " still"));
  all += lines.add(frame("end", "b", 1));
  all += lines.add(frame("end", "a", 1));
  EXPECT_EQ(all, "a | one\nb | two\na |  more\na status line\na |  still\n");
}

TEST(TokenLines, ATextThatIsSentAgainIsWrittenOnce) {
  TokenLines lines;
  lines.add(token("a", 1, 0, "häl"));
  EXPECT_EQ(lines.add(token("a", 1, 0, "häl")), "");
  EXPECT_EQ(lines.add(token("a", 1, 0, "hällo")), "lo");
  EXPECT_EQ(lines.add(token("a", 1, 5, "!")), "!");
  lines.add(frame("end", "a", 1));
  EXPECT_EQ(lines.add(token("a", 1, 0, "hällo!")), "") << "it had ended";
  EXPECT_EQ(lines.open_count(), 0U);
}

TEST(TokenLines, WhatDoesNotCountIsSaid) {
  TokenLines lines;
  lines.add(token("a", 1, 0, "wrong"));
  auto repair = frame("superseded", "a", 1, 1);
  repair["reason"] = "repair";
  EXPECT_EQ(lines.add(repair), "\na | [what came so far does not count: it asks again (repair)]\n");
  EXPECT_EQ(lines.add(token("a", 1, 0, "better")), "a | better");
  EXPECT_EQ(
      lines.add(frame("superseded", "a", 1, 2)),
      "\na | [what came so far does not count: try 2 begins]\n"
  );
  EXPECT_EQ(lines.add(token("a", 1, 6, " late")), "") << "of an attempt that is over";
  EXPECT_EQ(lines.add(frame("superseded", "a", 1, 2)), "") << "nothing of it was written";
  EXPECT_EQ(lines.add(token("a", 2, 0, "right")), "a | right");
  EXPECT_EQ(lines.add(frame("end", "a", 1)), "");
  EXPECT_EQ(lines.open_count(), 1U);
  EXPECT_EQ(lines.add(frame("end", "a", 2)), "\n");
}

TEST(TokenLines, OnlyTheAnswerAndNothingThatSteersTheTerminal) {
  TokenLines lines;
  auto thought = token("a", 1, 0, "hm");
  thought["channel"] = "reasoning";
  EXPECT_EQ(lines.add(thought), "");
  EXPECT_EQ(lines.add(token("a", 1, 0, "x\x1b[2J\ry")), "a | xy");
  auto cut = token("a", 1, 4, "");
  cut["cut"] = true;
  EXPECT_EQ(lines.add(cut), "[the rest is not shown live]\n");
}

TEST(TokenLines, ACompletedTaskIsWaitedForUntilItsTextEnds) {
  TokenLines lines;
  lines.expect("a");
  EXPECT_EQ(lines.open_count(), 1U);
  lines.add(token("a", 1, 0, "late"));
  lines.add(frame("end", "a", 1));
  lines.expect("a");
  EXPECT_EQ(lines.open_count(), 0U);
}

}  // namespace
}  // namespace ropewalk::cli

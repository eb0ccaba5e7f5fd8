// Goal: live progress never takes more lines than the terminal has nor more columns, and every
// ended task is written exactly once. Method: draws views of many sizes without colour and counts
// lines.
#include "server/cli/live_screen.hpp"

#include "tests/server/cli/events.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

constexpr Style plain{};

Instant at_second(int second) {
  return parse_instant("2026-01-31T12:00:00Z").value() + std::chrono::seconds(second);
}

std::vector<std::string> lines_of(std::string const& text) {
  auto const body = text.substr(text.find("\x1b[J") + 3);  // after what clears the last drawing
  std::istringstream in(body);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

TEST(TaskLine, ShowsSignTimeAndLastLine) {
  RunView view({"classify"});
  view.apply(task_event(1, 0, "classify", "RUNNING"));
  view.apply(log_event(2, "classify", "reading"));
  EXPECT_EQ(
      task_line(view.tasks()[0], at_second(2), 8, 60, 1, plain), "/ classify  2.0s     reading"
  );
}

TEST(TaskLine, ShowsTheTryAndTheTimeOfTheNextOne) {
  RunView view({"a"});
  auto retrying = task_event(1, 0, "a", "RETRYING", 2);
  retrying["retryAt"] = "2026-01-31T12:00:05Z";
  retrying["error"] = event(R"({"message":"no answer"})");
  view.apply(retrying);
  EXPECT_EQ(
      task_line(view.tasks()[0], at_second(2), 1, 60, 0, plain),
      "~ a           try 2  again in 3.0s: no answer"
  );
}

json::object token_frame(std::string_view task, int attempt, int offset, std::string_view text) {
  auto out = event(R"({"type":"token"})");
  out["task"] = task;
  out["attempt"] = attempt;
  out["offset"] = offset;
  out["text"] = text;
  return out;
}

TEST(LiveText, StandsBelowItsTaskUntilItEnds) {
  RunView view({"write", "other"});
  view.apply(task_event(1, 0, "write", "RUNNING"));
  view.apply(task_event(2, 0, "other", "RUNNING"));
  view.apply_text(token_frame("write", 1, 0, "It is\x1b[2J a rather"));
  view.apply_text(token_frame("write", 1, 15, " long text"));
  LiveScreen screen(plain);
  auto lines = lines_of(screen.draw(view, at_second(1), ScreenSize{21, 20}));
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[1], "  | It is a rather");
  EXPECT_EQ(lines[2], "  | long text");
  view.apply_text(token_frame("write", 1, 0, "Anew."));
  lines = lines_of(screen.draw(view, at_second(1), ScreenSize{21, 20}));
  EXPECT_EQ(lines[1], "  | Anew.");
  auto superseded = event(R"({"type":"superseded","task":"write","attempt":1,"by":1})");
  view.apply_text(superseded);
  EXPECT_EQ(lines_of(screen.draw(view, at_second(1), ScreenSize{21, 20})).size(), 3U);
  view.apply_text(token_frame("write", 1, 0, "Right."));
  view.apply(task_event(3, 1, "write", "COMPLETED"));
  EXPECT_TRUE(view.find("write")->text.is_empty());
  view.apply_text(token_frame("write", 1, 0, "late"));
  EXPECT_TRUE(view.find("write")->text.is_empty());
}

TEST(LiveText, MayComeBeforeTheNewsThatItsTaskRuns) {
  RunView view({"write"});
  view.apply_text(token_frame("write", 1, 0, "Early"));
  view.apply(task_event(1, 0, "write", "RUNNING"));
  view.apply_text(token_frame("write", 1, 5, " bird"));
  EXPECT_EQ(view.find("write")->text.lines(40, 1), std::vector<std::string>{"Early bird"});
  view.apply(task_event(2, 0, "write", "RETRYING"));
  EXPECT_TRUE(view.find("write")->text.is_empty());
  view.apply(task_event(3, 0, "write", "RUNNING", 2));
  view.apply_text(token_frame("write", 1, 10, " late"));
  EXPECT_TRUE(view.find("write")->text.is_empty()) << "of an attempt that is over";
}

TEST(LiveText, NeverTakesMoreThanTheTerminalHas) {
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i) ids.push_back("task" + std::to_string(i));
  RunView view(ids);
  int seq = 0;
  for (auto const& id : ids) {
    view.apply(task_event(++seq, 0, id, "RUNNING"));
    view.apply_text(token_frame(id, 1, 0, std::string(500, 'x') + "\n" + std::string(500, 'y')));
    for (std::size_t height = 1; height < 40; ++height) {
      LiveScreen screen(plain);
      auto const lines = lines_of(screen.draw(view, at_second(1), ScreenSize{30, height}));
      EXPECT_LE(lines.size(), std::max<std::size_t>(height, 2));
      for (auto const& line : lines) EXPECT_LT(display_width(line), 30U);
    }
  }
}

TEST(TaskLine, FitsAnyWidth) {
  RunView view({"a-rather-long-name"});
  view.apply(log_event(1, "a-rather-long-name", std::string(500, 'x')));
  for (std::size_t columns = 1; columns < 100; ++columns)
    EXPECT_LE(
        display_width(task_line(view.tasks()[0], at_second(0), 18, columns, 0, plain)), columns
    );
}

TEST(BarLine, CountsAndFits) {
  RunView view({"a", "b", "c", "d"});
  view.apply(execution_event(1, 0, "RUNNING"));
  view.apply(task_event(2, 0, "a", "COMPLETED"));
  view.apply(task_event(3, 0, "b", "FAILED"));
  view.apply(task_event(4, 0, "c", "RUNNING"));
  EXPECT_EQ(
      bar_line(view, at_second(2), 80, plain),
      "[###############---------------] 2/4, 1 running, 1 failed, 2.0s"
  );
  for (std::size_t columns = 4; columns < 90; ++columns)
    EXPECT_LE(display_width(bar_line(view, at_second(2), columns, plain)), columns);
}

TEST(LiveScreen, WritesEndedTasksOnceAndLiveOnesAgain) {
  RunView view({"a", "b"});
  LiveScreen screen(plain);
  view.apply(task_event(1, 0, "a", "RUNNING"));
  view.apply(task_event(2, 0, "b", "RUNNING"));
  EXPECT_EQ(lines_of(screen.draw(view, at_second(1), {80, 24})).size(), 3U);  // a, b, the bar
  view.apply(task_event(3, 1, "a", "COMPLETED"));
  auto const drawn = screen.draw(view, at_second(1), {80, 24});
  EXPECT_TRUE(drawn.starts_with("\r\x1b[3A\x1b[J"));
  EXPECT_EQ(lines_of(drawn).size(), 3U);
  EXPECT_TRUE(lines_of(drawn)[0].starts_with("+ a"));
  EXPECT_EQ(lines_of(screen.draw(view, at_second(1), {80, 24})).size(), 2U);  // b, the bar
  view.apply(task_event(4, 1, "b", "COMPLETED"));
  EXPECT_EQ(lines_of(screen.finish(view, at_second(1), {80, 24})).size(), 1U);  // b
}

TEST(LiveScreen, NeverHasMoreLiveLinesThanTheTerminal) {
  RunView view;
  for (int i = 0; i < 500; ++i)
    view.apply(task_event(i + 1, 0, "task" + std::to_string(i), "RUNNING"));
  for (std::size_t lines = 4; lines < 60; ++lines) {
    LiveScreen screen(plain);
    auto const drawn = lines_of(screen.draw(view, at_second(1), {40, lines}));
    EXPECT_LT(drawn.size(), lines);
    EXPECT_TRUE(std::any_of(drawn.begin(), drawn.end(), [](auto const& line) {
      return line.find("more") != std::string::npos;
    }));
  }
}

}  // namespace
}  // namespace ropewalk::cli

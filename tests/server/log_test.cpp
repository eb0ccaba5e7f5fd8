// The server's log. Method: lines of each format.
#include "server/observe/log.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

TEST(Log, JsonLines) {
  log::Fields fields;
  fields["execution"] = "x";
  EXPECT_EQ(
      log::json_line("2026-01-01T00:00:00Z", "warn", "hot\nwater", fields),
      R"({"ts":"2026-01-01T00:00:00Z","level":"warn","msg":"hot\nwater","execution":"x"})"
  );
}

TEST(Log, TextLinesStayOnOneLineAndDoNotMoveTheCursor) {
  log::Fields fields;
  fields["task"] = "a\x1b[2J";
  auto const line = log::text_line("2026-01-01T00:00:00.5Z", "info", "a\x1b[2J\nb", fields);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace ropewalk::server

// Goal: no output, however much and whatever bytes, stalls the shard or grows its memory. Method:
// real floods.
#include "engine/base/text.hpp"
#include "tests/providers/process/process_fixture.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using FloodTest = ProcessFixture;

long resident_kib() {
  std::ifstream file("/proc/self/statm");
  long total = 0;
  long resident = 0;
  file >> total >> resident;
  return resident * 4;
}

TEST_F(FloodTest, YesIsCutAndOthersGoOn) {
  options_.log_bytes_max = 100'000;
  options_.grace = 100ms;
  use(options_);
  auto flood = start(make_request("command", R"({"command":["yes"]})"));
  wait_until([&] { return flood->sink.lines.size() > 1000; });
  auto const before = resident_kib();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(output_of(shell("echo 1")), boost::json::value(1));
  EXPECT_LT(resident_kib() - before, 64 * 1024);
  cancel(*flood);
  wait(*flood);
  EXPECT_LE(flood->sink.lines.size(), 100'000U / 33U + 1);
}

TEST_F(FloodTest, EndSaysHowMuchWasCut) {
  options_.log_bytes_max = 10'000;
  use(options_);
  auto const output = output_of(shell("yes | head -n 100000; echo '{\"kept\":true}'"));
  EXPECT_EQ(output, json_of(R"({"kept":true})"));
  auto const lines = last_->sink.texts(LogLevel::info).size();
  auto const cut = 200'000 + 14 - 2 * lines;
  EXPECT_EQ(
      last_->sink.lines.back().text,
      "… output cut: " + std::to_string(cut) + " more bytes were not kept"
  );
}

TEST_F(FloodTest, TheLimitIsOfTheTaskNotOfTheAttempt) {
  options_.log_bytes_max = 10'000;
  use(options_);
  auto const logged_after = [&](std::uint64_t used) {
    auto request = make_request("command", R"({"command":["sh","-c","yes | head -n 1000"]})");
    request.log_bytes_used = used;
    auto attempt = start(std::move(request));
    wait(*attempt);
    return attempt->sink.texts(LogLevel::info).size();
  };
  EXPECT_EQ(logged_after(0), 10'000U / 33U);
  EXPECT_EQ(logged_after(9'000), 1'000U / 33U);
  EXPECT_EQ(logged_after(10'000), 0U);
  EXPECT_EQ(logged_after(1'000'000), 0U);
}

TEST_F(FloodTest, OneLongLineComesInParts) {
  auto const output = output_of(shell("head -c 1048576 /dev/zero | tr '\\0' a"));
  EXPECT_EQ(output.at("truncated"), boost::json::value(true));
  auto const& lines = last_->sink.lines;
  ASSERT_EQ(lines.size(), 64U);
  for (std::size_t i = 0; i < 64; ++i) {
    EXPECT_EQ(lines[i].text.size(), 16U * 1024U);
    EXPECT_EQ(lines[i].is_continued, i != 63);
  }
}

TEST_F(FloodTest, AnyBytesBecomeText) {
  auto const output = output_of(shell("printf 'a\\377b\\000c\\r\\n'; head -c 100000 /dev/urandom"));
  EXPECT_EQ(last_->sink.lines.front().text, "a\uFFFDb\uFFFDc");
  for (auto const& line : last_->sink.lines) {
    EXPECT_TRUE(is_valid_utf8(line.text));
    EXPECT_EQ(line.text.find_first_of(std::string_view("\n\r\0", 3)), std::string::npos);
  }
  EXPECT_TRUE(is_valid_utf8(std::string_view(output.at("stdout").as_string())));
}

TEST_F(FloodTest, SlowSinkSlowsTheChildAndLosesNothing) {
  output_of(shell("seq 1 50000"));
  EXPECT_EQ(last_->sink.lines.size(), 50'000U);
  EXPECT_EQ(last_->sink.lines.back().text, "50000");
}

}  // namespace
}  // namespace ropewalk

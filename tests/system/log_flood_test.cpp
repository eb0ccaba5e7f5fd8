// A task that prints without end costs what the limit says, and nobody else anything.
// Method: `yes` for two seconds, with a small limit and with a large one, beside other work.
#include "tests/system/support/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::system_test {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t mebibyte = 1024 * 1024;
/// Flags: what is printed ends no task.
constexpr char const* no_end[] = {"--limits-task-output-bytes", "1TiB"};

json::value flood() {
  return definition(R"({'name': 'flood', 'tasks': {
    'yes': {'type': 'command', 'command': ['sh', '-c', 'timeout 2 yes; true']}}})");
}

json::value small() {
  return definition(R"({'name': 'small', 'tasks': {
    'say': {'type': 'command', 'command': ['echo', 'said']}}})");
}

struct Log {
  std::size_t bytes = 0;
  std::string last{};
};

Log log_of(Server const& server, std::string const& id) {
  Log out;
  std::string after = "0";
  while (!after.empty()) {
    auto const target = "/v1/executions/" + id + "/logs?limit=10000&after=" + after;
    auto const page = server.get(target).object();
    for (auto const& line : page.at("items").as_array()) {
      out.last = text_of(line.as_object(), "text");
      out.bytes += out.last.size() + 1;
    }
    auto const* next = page.if_contains("next");
    after = next == nullptr ? "" : std::to_string(next->to_number<std::uint64_t>());
  }
  return out;
}

TEST(LogFloodTest, TheLogIsCutAndMarked) {
  Server const server({"--limits-log-bytes", "64KiB", no_end[0], no_end[1]});
  auto const id = server.run(flood());
  EXPECT_EQ(text_of(server.wait_for_end(id), "status"), "COMPLETED");
  auto const log = log_of(server, id);
  EXPECT_THAT(log.last, HasSubstr("output cut"));
  EXPECT_LE(log.bytes, 64U * 1024 + 256);
  EXPECT_GT(log.bytes, 2U * 1024) << "each line costs its length and 32 bytes";
}

TEST(LogFloodTest, MemoryIsBoundedAndOthersGoOn) {
  Server const server({no_end[0], no_end[1]});  // 16 MiB of log a task
  auto const before = resident_bytes(server.pid());
  std::vector<std::string> floods;
  for (int i = 0; i < 3; ++i) floods.push_back(server.run(flood()));
  seconds const patience(10);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(text_of(server.wait_for_end(server.run(small()), patience), "status"), "COMPLETED");
  for (auto const& id : floods)
    EXPECT_EQ(text_of(server.wait_for_end(id, seconds(90)), "status"), "COMPLETED");
  auto const peak = resident_bytes_peak(server.pid());
  std::cout << "memory: " << before / mebibyte << " MiB before, peak " << peak / mebibyte
            << " MiB\n";
  EXPECT_LT(peak, before + 300 * mebibyte);
  EXPECT_LE(log_of(server, floods[0]).bytes, 16 * mebibyte + 256);
}

}  // namespace
}  // namespace ropewalk::system_test

// Goal: limits are written as the kernel reads them, and its counts are read as it writes them.
// Method: plain folders stand for groups, since few machines give a test real ones.
#include "providers/process/control_group.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace ropewalk {
namespace {

class ControlGroupTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "ropewalk-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(std::string const& name, std::string const& text) const {
    std::ofstream(folder_ / name) << text;
  }

  std::filesystem::path folder_{};
};

TEST_F(ControlGroupTest, WhatCannotBeMadeIsSaid) {
  EXPECT_FALSE(ControlGroup::make((folder_ / "no" / "such").string(), {}));
  EXPECT_EQ(errno, ENOENT);
  // Not a control group: the kernel's files are not in it. Nothing is left behind.
  ResourceLimits limits;
  limits.memory_bytes = 1;
  EXPECT_FALSE(ControlGroup::make((folder_ / "plain").string(), limits));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "plain"));
}

TEST_F(ControlGroupTest, NumbersInTheKernelsFiles) {
  write("memory.events", "low 0\nhigh 0\nmax 12\noom 1\noom_kill 3\noom_group_kill 1\n");
  auto const text = read_small_file((folder_ / "memory.events").string());
  EXPECT_EQ(number_of(text, "oom_kill"), 3U);
  EXPECT_EQ(number_of(text, "oom"), 1U);
  EXPECT_EQ(number_of(text, "max"), 12U);
  EXPECT_EQ(number_of(text, "swap"), 0U);
  EXPECT_EQ(number_of("", "oom"), 0U);
  EXPECT_EQ(read_small_file((folder_ / "absent").string()), "");
}

}  // namespace
}  // namespace ropewalk

// Files that commands are given. Method: what is there, what is not, and what is no file.
#include "server/cli/settings.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ropewalk::cli {
namespace {

class ReadFile : public ::testing::Test {
 protected:
  ReadFile() { std::filesystem::create_directory(folder_); }
  ~ReadFile() override { std::filesystem::remove_all(folder_); }
  std::string written(std::string const& text) const {
    std::ofstream(folder_ / "file", std::ios::binary) << text;
    return (folder_ / "file").string();
  }
  std::filesystem::path const folder_ =
      std::filesystem::path(::testing::TempDir()) / ("read_file_" + std::to_string(::getpid()));
};

TEST_F(ReadFile, GivesAllOfIt) {
  std::string text(200'000, 'x');
  text[100'000] = '\0';
  EXPECT_EQ(read_file(written(text)).value(), text);
  EXPECT_EQ(read_file(written("")).value(), "");
}

TEST_F(ReadFile, SaysWhatIsWrong) {
  auto const missing = read_file(folder_ / "nothing");
  EXPECT_EQ(missing.error().code, "not_found");
  auto const directory = read_file(folder_);
  EXPECT_EQ(directory.error().code, "unreadable");
  EXPECT_NE(directory.error().message.find("Is a directory"), std::string::npos)
      << directory.error().message;
}

TEST_F(ReadFile, EndlessOnesEnd) {
  EXPECT_EQ(read_file("/dev/zero").error().code, "too_large");
}

}  // namespace
}  // namespace ropewalk::cli

// Goal: the files of a workflow's folder can be read and written, whole or not at all, and nothing
// outside of it.
#include "server/workflow_files.hpp"

#include "tests/engine/async/run_coro.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace ropewalk::server {
namespace {

namespace fs = std::filesystem;

std::string text_of(fs::path const& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

class WorkflowFilesTest : public testing::Test {
 protected:
  WorkflowFilesTest() {
    std::string name = testing::TempDir() + "workflow-files-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    top_ = name;
    tree_.path = top_;
    fs::create_directories(top_ / "flow" / "data");
    fs::create_directories(top_ / "other");
    std::ofstream(top_ / "flow" / "data" / "a.txt") << "hello";
    std::ofstream(top_ / "other" / "secret.txt") << "secret";
    fs::create_symlink(top_ / "other", top_ / "flow" / "link");
    fs::create_symlink("data/a.txt", top_ / "flow" / "inside");
  }

  std::string folder() const { return (top_ / "flow").string(); }

  /// What the file holds, or the code of the error.
  std::string read(std::string const& path, std::size_t bytes_max = 100) {
    std::string out;
    test::run_coro(read_into(path, bytes_max, out));
    return out;
  }
  /// "written", "left" (begun, not finished) or the code of the error.
  std::string write(std::string const& path, bool finishes = true) {
    std::string out;
    test::run_coro(write_from(path, finishes, out));
    return out;
  }
  std::size_t count_in(fs::path const& path) const {
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& entry : fs::directory_iterator(path)) ++count;
    return count;
  }

  fs::path top_;

 private:
  struct Tree {
    fs::path path{};
    Tree() = default;
    Tree(Tree const&) = delete;
    Tree& operator=(Tree const&) = delete;
    ~Tree() { fs::remove_all(path); }
  };
  Async<> read_into(std::string path, std::size_t bytes_max, std::string& out) {
    auto reading = files_.read(folder(), path, bytes_max);
    auto const text = co_await std::move(reading);
    out = text ? *text : text.error().code;
  }

  Async<> write_from(std::string path, bool finishes, std::string& out) {
    auto beginning = files_.write(folder(), path);
    auto file = co_await std::move(beginning);
    if (!file) {
      out = file.error().code;
      co_return;
    }
    for (int i = 0; i < 3; ++i) {
      std::string piece(1000, 'x');
      auto writing = (*file)->write(std::move(piece));
      auto const written = co_await std::move(writing);
      EXPECT_TRUE(written);
    }
    out = "left";
    if (!finishes) co_return;
    auto finishing = (*file)->finish();
    auto const finished = co_await std::move(finishing);
    out = finished ? "written" : finished.error().code;
  }

  Tree tree_{};  // outlives the thread, which may still have something to remove
  BlockingPool blocking_{1};
  WorkflowFiles files_{blocking_};
};

TEST_F(WorkflowFilesTest, ReadsWhatIsInTheFolder) {
  EXPECT_EQ(read("data/a.txt"), "hello");
  EXPECT_EQ(read("data/../data/a.txt"), "hello");
  EXPECT_EQ(read("inside"), "hello") << "a link that stays inside";
  EXPECT_EQ(read("data/a.txt", 4), "file_too_large");
  EXPECT_EQ(read("data"), "file_refused");
  EXPECT_EQ(read("none"), "file_not_found");
}

TEST_F(WorkflowFilesTest, ReadsNothingElse) {
  for (auto const& path :
       {std::string("../other/secret.txt"),
        std::string("link/secret.txt"),
        (top_ / "other" / "secret.txt").string(),
        std::string("data/../../other/secret.txt")})
    EXPECT_EQ(read(path), "file_refused") << path;
}

TEST_F(WorkflowFilesTest, WritesWholeFiles) {
  EXPECT_EQ(write("new.txt"), "written");
  EXPECT_EQ(text_of(top_ / "flow" / "new.txt"), std::string(3000, 'x'));
  EXPECT_EQ(write("a/b/c.txt"), "written") << "folders on the way are made";
  EXPECT_EQ(write("data/a.txt"), "written") << "what was there is replaced";
  EXPECT_EQ(text_of(top_ / "flow" / "data" / "a.txt").size(), 3000U);
  EXPECT_EQ(count_in(top_ / "flow" / "data"), 1U);
}

TEST_F(WorkflowFilesTest, WhatIsNotFinishedLeavesNothing) {
  EXPECT_EQ(write("data/a.txt", false), "left");
  EXPECT_EQ(text_of(top_ / "flow" / "data" / "a.txt"), "hello");
  auto const give_up = Steady::now() + std::chrono::seconds(10);  // it is removed off the shard
  while (count_in(top_ / "flow" / "data") != 1 && Steady::now() < give_up)
    std::this_thread::yield();
  EXPECT_EQ(count_in(top_ / "flow" / "data"), 1U);
}

TEST_F(WorkflowFilesTest, WritesNothingElse) {
  for (auto const& path :
       {std::string("../escaped"),
        std::string("link/escaped"),
        (top_ / "escaped").string(),
        std::string("new/../../escaped"),
        std::string(""),
        std::string("data/.."),
        std::string("data/")})
    EXPECT_EQ(write(path), "file_refused") << path;
  EXPECT_EQ(count_in(top_), 2U);
  EXPECT_EQ(count_in(top_ / "other"), 1U);
  EXPECT_EQ(write("data"), "write_failed") << "a folder is not replaced";
}

TEST_F(WorkflowFilesTest, ALinkAtTheEndIsReplacedNotFollowed) {
  fs::create_symlink(top_ / "other" / "secret.txt", top_ / "flow" / "out");
  EXPECT_EQ(write("out"), "written");
  EXPECT_EQ(text_of(top_ / "other" / "secret.txt"), "secret");
  EXPECT_FALSE(fs::is_symlink(top_ / "flow" / "out"));
}

}  // namespace
}  // namespace ropewalk::server

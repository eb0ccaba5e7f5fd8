// Goal: folders of attempts are fresh, and go away whatever is in them, and nothing else does.
// Method: hostile trees.
#include "providers/process/work_directory.hpp"

#include "providers/process/remove_tree.hpp"
#include "tests/providers/process/process_fixture.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

namespace ropewalk {
namespace {

namespace fs = std::filesystem;
using WorkDirectoryTest = ProcessFixture;

TEST_F(WorkDirectoryTest, EverySecondOneIsFreshToo) {
  auto first = WorkDirectory::create(*launcher_, root(), "e", "t[a/b]", 1).value();
  auto second = WorkDirectory::create(*launcher_, root(), "e", "t[a/b]", 1).value();
  EXPECT_NE(first.path(), second.path());
  EXPECT_TRUE(fs::is_empty(first.path()));
}

TEST_F(WorkDirectoryTest, TheFirstOneHasThePlainName) {
  auto const work = WorkDirectory::create(*launcher_, root(), "e", "t", 1).value();
  EXPECT_EQ(work.path(), root() + "/e/t.1");
}

TEST_F(WorkDirectoryTest, WhatTheTaskMadeIsRemoved) {
  output_of(shell(
      "mkdir -p a/b/c; for i in $(seq 600); do : > a/f$i; done; ln -s / root; mkdir -m 0 shut"
  ));
  wait_until([&] { return is_work_root_empty(); });
}

TEST_F(WorkDirectoryTest, LinksAreNotFollowed) {
  fs::create_directories(folder_ / "precious");
  std::ofstream(folder_ / "precious" / "file") << "x";
  output_of(shell("ln -s $ROPEWALK_WORKFLOW_DIR/precious link; mkdir d; ln -s ../link d/link"));
  wait_until([&] { return is_work_root_empty(); });
  EXPECT_TRUE(fs::exists(folder_ / "precious" / "file"));
}

TEST_F(WorkDirectoryTest, AnyDepthIsRemoved) {
  auto const tree = (folder_ / "deep").string();
  ASSERT_EQ(::mkdir(tree.c_str(), 0700), 0);
  FileDescriptor at(::open(tree.c_str(), O_RDONLY | O_DIRECTORY));
  for (int i = 0; i < 3000; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), "d", 0700), 0);
    at.reset(::openat(at.get(), "d", O_RDONLY | O_DIRECTORY));
  }
  Removal removal = Removal::unfinished;
  for (int i = 0; i < 100 && removal == Removal::unfinished; ++i)
    removal = remove_tree(tree, 100'000);
  EXPECT_EQ(removal, Removal::done);
  EXPECT_FALSE(fs::exists(tree));
}

TEST_F(WorkDirectoryTest, UnwritableRootIsSaid) {
  std::ofstream(folder_ / "file") << "x";
  auto const work = WorkDirectory::create(*launcher_, (folder_ / "file").string(), "e", "t", 1);
  ASSERT_FALSE(work);
  EXPECT_EQ(work.error().code, "work_directory");
}

TEST_F(WorkDirectoryTest, ClearingTheRootTakesAll) {
  fs::create_directories(fs::path(root()) / "old" / "t.1" / "deep");
  clear_work_root(root());
  EXPECT_FALSE(fs::exists(root()));
}

}  // namespace
}  // namespace ropewalk

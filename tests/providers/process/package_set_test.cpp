// Goal: sets of libraries have one place each, go when nobody uses them, and failures to install
// are told as what they are. Method: small folders; what pip and npm say, row by row.
#include "providers/process/package_set.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace ropewalk {
namespace {

namespace fs = std::filesystem;

class PackageSetTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "ropewalk-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  /// A set that was last used so many seconds ago.
  fs::path make(std::string const& name, std::int64_t age, std::size_t bytes = 10) const {
    auto const folder = root_ / name;
    fs::create_directories(folder / "lib");
    std::ofstream(folder / "lib" / "code") << std::string(bytes, 'x');
    std::ofstream(folder / "ready") << "";
    timespec const at{::time(nullptr) - age, 0};
    timespec const times[] = {at, at};
    EXPECT_EQ(::utimensat(AT_FDCWD, (folder / "ready").c_str(), times, 0), 0);
    return folder;
  }

  fs::path root_{};
};

TEST_F(PackageSetTest, EveryDifferenceHasAPlaceOfItsOwn) {
  PackageSet set;
  set.interpreter = "/usr/bin/python3";
  set.wanted = {"a", "b"};
  std::set<std::string> places{package_folder("/r", set, "3.11")};
  EXPECT_TRUE(places.contains(package_folder("/r", set, "3.11")));
  EXPECT_TRUE(places.insert(package_folder("/r", set, "3.12")).second);
  set.wanted = {"ab"};
  EXPECT_TRUE(places.insert(package_folder("/r", set, "3.11")).second);
  set.wanted = {"b", "a"};
  EXPECT_TRUE(places.insert(package_folder("/r", set, "3.11")).second);
  set.kind = PackageKind::node;
  EXPECT_TRUE(places.insert(package_folder("/r", set, "3.11")).second);
}

TEST_F(PackageSetTest, OnlyAWholeSetIsUsed) {
  EXPECT_FALSE(use_packages((root_ / "none").string()));
  auto const folder = make("python-1", 1000);
  EXPECT_TRUE(use_packages(folder.string()));
  EXPECT_EQ(prune_packages(root_.string(), 500, 0), 0U) << "it was used just now";
}

TEST_F(PackageSetTest, WhatNobodyUsesGoes) {
  make("python-old", 1000);
  make("python-new", 10);
  EXPECT_EQ(prune_packages(root_.string(), 500, 0), 1U);
  EXPECT_FALSE(fs::exists(root_ / "python-old"));
  EXPECT_TRUE(fs::exists(root_ / "python-new"));
}

TEST_F(PackageSetTest, WhatIsTooMuchGoesTheOldestFirst) {
  make("python-1", 30, 1000);
  make("python-2", 20, 1000);
  make("python-3", 10, 1000);
  EXPECT_EQ(prune_packages(root_.string(), 500, 2500), 1U);
  EXPECT_FALSE(fs::exists(root_ / "python-1"));
  EXPECT_EQ(prune_packages(root_.string(), 500, 2500), 0U);
}

TEST_F(PackageSetTest, WhatIsBeingInstalledStays) {
  auto const folder = make("python-1", 1000);
  int const lock = ::open((folder.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  EXPECT_EQ(prune_packages(root_.string(), 500, 0), 0U);
  ::close(lock);
  EXPECT_EQ(prune_packages(root_.string(), 500, 0), 1U);
}

TEST_F(PackageSetTest, WhyItFailed) {
  struct Row {
    PackageKind kind;
    char const* line;
    ErrorClass error_class;
  };
  Row const rows[] = {
      {PackageKind::python,
       "ERROR: No matching distribution found for nope",
       ErrorClass::permanent},
      {PackageKind::python, "ERROR: Invalid requirement: 'a b'", ErrorClass::permanent},
      {PackageKind::python, "ReadTimeoutError: Read timed out.", ErrorClass::transient},
      {PackageKind::python, "OSError: No space left on device", ErrorClass::resource},
      {PackageKind::node, "npm error code E404", ErrorClass::permanent},
      {PackageKind::node, "npm error code ERESOLVE", ErrorClass::permanent},
      {PackageKind::node, "npm error code ECONNREFUSED", ErrorClass::transient},
  };
  for (auto const& row : rows) {
    auto const error = classify_install(row.kind, {"before", row.line});
    EXPECT_EQ(error.code, "install_failed");
    EXPECT_EQ(error.error_class, row.error_class) << row.line;
    EXPECT_NE(error.message.find(row.line), std::string::npos) << error.message;
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST_F(PackageSetTest, TheIndexOfTheEnvironmentPassesAndItsSecretsDoNot) {
  ::setenv("PIP_INDEX_URL", "http://index", 1);
  ::setenv("npm_config_registry", "http://registry", 1);
  ::setenv("SOME_SECRET", "hidden", 1);
  auto const environment = installer_environment({{"PATH", "/bin"}});
  EXPECT_EQ(environment.at("PIP_INDEX_URL"), "http://index");
  EXPECT_EQ(environment.at("npm_config_registry"), "http://registry");
  EXPECT_EQ(environment.at("PATH"), "/bin");
  EXPECT_FALSE(environment.contains("SOME_SECRET"));
}

}  // namespace
}  // namespace ropewalk

// Goal: keys are made when they are needed, are for their owner only, and none is ever lost.
#include "server/secrets/key_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace ropewalk::server {
namespace {

class KeyFileTest : public testing::Test {
 protected:
  KeyFileTest() : path_(testing::TempDir() + "keys-" + std::to_string(::getpid())) {
    std::filesystem::remove(path_);
  }
  ~KeyFileTest() override { std::filesystem::remove(path_); }

  unsigned mode() const {
    struct stat info {};
    EXPECT_EQ(::stat(path_.c_str(), &info), 0);
    return info.st_mode & 0777U;
  }
  std::string text() const {
    std::stringstream out;
    out << std::ifstream(path_).rdbuf();
    return out.str();
  }
  void put(std::string const& content, mode_t mode = 0600) const {
    std::ofstream(path_) << content;
    ::chmod(path_.c_str(), mode);
  }

  std::string path_;
};

TEST_F(KeyFileTest, IsMadeOnceForItsOwnerOnly) {
  KeyFile keys(path_, true);
  auto const key = keys.current();
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(mode(), 0600U);
  EXPECT_EQ(text(), key_line(*key));
  EXPECT_EQ(keys.current().value().id(), key->id());
  EXPECT_EQ(KeyFile(path_, true).current().value().id(), key->id()) << "after a restart";
  EXPECT_EQ(KeyFile(path_, false).find(key->id()).value().id(), key->id());
}

TEST_F(KeyFileTest, OneThatWasNamedMustBeThere) {
  KeyFile keys(path_, false);
  EXPECT_EQ(keys.current().error().code, "secret_key_missing");
  EXPECT_EQ(keys.rotate().error().code, "secret_key_missing");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(KeyFileTest, IsRefusedWhenOthersMayReadIt) {
  put(key_line(SecretKey::random()), 0640);
  EXPECT_EQ(KeyFile(path_, true).current().error().code, "secret_key_exposed");
  ::chmod(path_.c_str(), 0604);
  auto const error = KeyFile(path_, true).current().error();
  EXPECT_EQ(error.code, "secret_key_exposed");
  EXPECT_NE(error.hint.find("chmod 600"), std::string::npos);
  ::chmod(path_.c_str(), 0400);
  EXPECT_TRUE(KeyFile(path_, true).current());
}

TEST_F(KeyFileTest, ANewKeyLeavesTheOldOnes) {
  KeyFile keys(path_, true);
  auto const first = keys.current().value();
  auto const second = keys.rotate().value();
  EXPECT_NE(first.id(), second.id());
  EXPECT_EQ(keys.current().value().id(), second.id());
  EXPECT_TRUE(keys.find(first.id()));
  EXPECT_EQ(mode(), 0600U);
  EXPECT_EQ(text(), key_line(first) + key_line(second));
}

TEST_F(KeyFileTest, IsReadAgainForAKeyThatIsNotKnown) {
  KeyFile keys(path_, true);
  auto const first = keys.current().value();
  auto const other = SecretKey::random();
  EXPECT_EQ(keys.find(other.id()).error().code, "secret_key_missing");
  put(text() + key_line(other));
  EXPECT_TRUE(keys.find(other.id())) << "copied from another node";
  EXPECT_TRUE(keys.find(first.id()));
}

TEST_F(KeyFileTest, WhatIsNoFileOfKeys) {
  put("no key\n");
  EXPECT_EQ(KeyFile(path_, true).current().error().code, "secret_key_invalid");
  EXPECT_EQ(KeyFile(path_, true).rotate().error().code, "secret_key_invalid");
  EXPECT_EQ(text(), "no key\n") << "it is not written over";
  put(std::string(65 * 1024, '#'));
  EXPECT_EQ(KeyFile(path_, true).current().error().code, "secret_key_invalid");
  EXPECT_EQ(KeyFile("/dev/null", true).current().error().code, "secret_key_invalid");
  EXPECT_EQ(
      KeyFile(testing::TempDir() + "no-folder/keys", true).current().error().code,
      "secret_key_unwritable"
  );
}

}  // namespace
}  // namespace ropewalk::server

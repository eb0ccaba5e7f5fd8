// Goal: secrets are where the configuration says, and their errors say which is missing, never what
// it is.
#include "server/secrets/configured_secrets.hpp"

#include "tests/engine/async/run_coro.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace ropewalk::server {
namespace {

class Secrets : public testing::Test {
 protected:
  Secrets() : path_(testing::TempDir() + "secret-" + std::to_string(::getpid())) {
    ::setenv("SECRETS_TEST_ONE", "from the environment", 1);
    ::setenv("SECRETS_TEST_EMPTY", "", 1);
    places_ = {
        {"ENV", {"SECRETS_TEST_ONE", ""}},
        {"EMPTY", {"SECRETS_TEST_EMPTY", ""}},
        {"UNSET", {"SECRETS_TEST_NONE", ""}},
        {"FILE", {"", path_}},
        {"NO_FILE", {"", path_ + ".none"}}};
  }
  ~Secrets() override { std::filesystem::remove(path_); }

  void put(std::string const& text) const { std::ofstream(path_, std::ios::binary) << text; }
  /// The secret, or the code of the error.
  std::string get(std::string const& name) {
    std::string out;
    test::run_coro(get_into(name, out));
    return out;
  }

  Error error_{};

 private:
  Async<> get_into(std::string name, std::string& out) {
    auto asking = secrets_.secret(name);
    auto const value = co_await std::move(asking);
    if (!value) error_ = value.error();
    out = value ? *value : value.error().code;
  }

  std::string path_;
  std::map<std::string, SecretPlace> places_{};
  BlockingPool blocking_{1};
  ConfiguredSecrets secrets_{places_, blocking_};
};

TEST_F(Secrets, FromTheEnvironment) {
  EXPECT_EQ(get("ENV"), "from the environment");
  EXPECT_EQ(get("EMPTY"), "secret_unreadable");
  EXPECT_EQ(get("UNSET"), "secret_unreadable");
  EXPECT_NE(error_.message.find("SECRETS_TEST_NONE"), std::string::npos);
}

TEST_F(Secrets, FromFilesAsTheyAreNow) {
  put("first\n");
  EXPECT_EQ(get("FILE"), "first");
  put("second with blanks \r\n");
  EXPECT_EQ(get("FILE"), "second with blanks ");
  put("\n");
  EXPECT_EQ(get("FILE"), "secret_unreadable");
  put(std::string(64 * 1024, 'x'));
  EXPECT_EQ(get("FILE").size(), 64U * 1024);
  put(std::string(64 * 1024 + 1, 'x'));
  EXPECT_EQ(get("FILE"), "secret_unreadable");
  EXPECT_EQ(get("NO_FILE"), "secret_unreadable");
}

TEST_F(Secrets, ANameThatIsNotThere) {
  EXPECT_EQ(get("NO_FIL"), "unknown_secret");
  EXPECT_EQ(error_.hint, "did you mean \"NO_FILE\"?");
  EXPECT_EQ(get("WHOLLY_DIFFERENT"), "unknown_secret");
  EXPECT_NE(error_.hint.find("secrets: { WHOLLY_DIFFERENT:"), std::string::npos);
}

}  // namespace
}  // namespace ropewalk::server

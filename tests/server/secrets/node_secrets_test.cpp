// Goal: what is known to be a secret is in nothing that is told from then on, the log included.
#include "server/secrets/node_secrets.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

TEST(NodeSecrets, KnowsTheLastValuesOfEach) {
  Config const config;
  NodeSecrets secrets(config, "data");
  EXPECT_EQ(secrets.mask(), nullptr);
  EXPECT_EQ(secrets.keys().path(), "data/secrets.key");
  secrets.note("A", "short");
  EXPECT_EQ(secrets.mask(), nullptr) << "that would be taken out of too many texts";
  for (int i = 1; i <= 5; ++i) secrets.note("A", "password" + std::to_string(i));
  secrets.note_all({{"B", "hunter2hunter2"}, {"C", "hunter3hunter3"}});
  auto const mask = secrets.mask();
  ASSERT_NE(mask, nullptr);
  EXPECT_EQ(mask->masked("hunter2hunter2 hunter3hunter3 password5 password2"), "*** *** *** ***");
  EXPECT_EQ(mask->masked("password1"), "password1") << "four values of a name are kept";
  secrets.note("A", "password5");
  EXPECT_EQ(secrets.mask(), mask) << "nothing new";
}

TEST(NodeSecrets, TheFileOfKeysMayBeNamed) {
  Config config;
  config.secrets_key_file = "/etc/ropewalk/keys";
  NodeSecrets secrets(config, "data");
  EXPECT_EQ(secrets.keys().path(), "/etc/ropewalk/keys");
  EXPECT_EQ(secrets.keys().current().error().code, "secret_key_missing");
}

}  // namespace
}  // namespace ropewalk::server

// Goal: what was encrypted comes back for its name, version and key, and for nothing else.
#include "server/secrets/secret_cipher.hpp"

#include "engine/model/cel/base64.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ropewalk::server {
namespace {

SecretKey key_of(unsigned char byte) {
  SecretKey out;
  out.bytes.fill(byte);
  return out;
}

std::string opened(SecretKey const& key, SecretBinding const& binding, std::string_view sealed) {
  auto const value = open_secret(key, binding, sealed);
  return value ? *value : value.error().code;
}

TEST(SecretCipher, ComesBack) {
  auto const key = SecretKey::random();
  for (std::size_t const size : {1U, 15U, 16U, 17U, 65536U}) {
    std::string const value(size, 'v');
    EXPECT_EQ(opened(key, {"A", 7}, seal_secret(key, {"A", 7}, value)), value);
  }
}

TEST(SecretCipher, OnlyForWhatItIsBoundTo) {
  auto const key = key_of(1);
  auto const sealed = seal_secret(key, {"A", 7}, "the value");
  EXPECT_EQ(opened(key, {"B", 7}, sealed), "secret_tampered");
  EXPECT_EQ(opened(key, {"A", 8}, sealed), "secret_tampered");
  EXPECT_EQ(opened(key, {"A1", 7}, seal_secret(key, {"A", 17}, "v")), "secret_tampered");
  EXPECT_EQ(opened(key_of(2), {"A", 7}, sealed), "secret_tampered");
}

TEST(SecretCipher, OneBitIsEnough) {
  auto const key = key_of(1);
  auto const bytes = cel::from_base64(seal_secret(key, {"A", 7}, "the value")).value();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(opened(key, {"A", 7}, cel::to_base64(changed)), "secret_tampered") << bit;
  }
  for (auto const& broken : {std::string(), std::string("?"), cel::to_base64(bytes.substr(1))})
    EXPECT_EQ(opened(key, {"A", 7}, broken), "secret_tampered");
  auto const error = open_secret(key, {"A", 7}, "").error();
  EXPECT_EQ(error.message.find("the value"), std::string::npos);
  EXPECT_NE(error.hint.find("secret set A"), std::string::npos);
}

TEST(SecretCipher, NoTwoAreAlike) {
  auto const key = key_of(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(seal_secret(key, {"A", 7}, "v").substr(0, 16));
  EXPECT_EQ(seen.size(), 1000U) << "the first 12 bytes are the nonce";
}

TEST(SecretKeys, AFileOfThem) {
  auto const keys = read_keys("# made today\n\n" + key_line(key_of(1)) + key_line(key_of(2)));
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ((*keys)[1].id(), key_of(2).id());
  EXPECT_NE(key_of(1).id(), key_of(2).id());
  EXPECT_EQ(key_of(1).id().size(), 16U);
  auto const broken = read_keys(key_line(key_of(1)) + "AAAA\n");
  EXPECT_EQ(broken.error().code, "secret_key_invalid");
  EXPECT_NE(broken.error().message.find("line 2"), std::string::npos);
}

}  // namespace
}  // namespace ropewalk::server

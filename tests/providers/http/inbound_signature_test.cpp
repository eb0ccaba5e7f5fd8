// Goal: messages of GitHub, Stripe and Slack are told from forged and old ones.
//
// Method: GitHub's and Slack's published examples, others that `openssl dgst -sha256 -hmac` gave;
// then every way to tamper with them.
#include "providers/http/inbound_signature.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ropewalk::http {
namespace {

using namespace std::chrono_literals;

std::string verdict(Result<> const& verified) {
  return verified ? "good" : verified.error().code;
}
Instant at(std::int64_t seconds) {
  return Instant(std::chrono::seconds(seconds));
}

TEST(GitHubSignature, IsTheOneOfTheScheme) {
  std::vector<std::string> const secrets{"It's a Secret to Everybody"};
  std::string const good =
      "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  EXPECT_EQ(verdict(verify_github(secrets, good, "Hello, World!")), "good");
  EXPECT_EQ(verdict(verify_github(secrets, good, "Hello, World?")), "invalid_signature");
  EXPECT_EQ(verdict(verify_github(secrets, "", "Hello, World!")), "missing_signature");
  EXPECT_EQ(verdict(verify_github(secrets, "sha1=757107ea", "Hello, World!")), "missing_signature");
  EXPECT_EQ(verdict(verify_github(secrets, good + "0", "Hello, World!")), "invalid_signature");
  std::vector<std::string> const others{"another", "It's a secret to everybody"};
  EXPECT_EQ(verdict(verify_github(others, good, "Hello, World!")), "invalid_signature");
  std::vector<std::string> const changing{"another", secrets[0]};
  EXPECT_EQ(verdict(verify_github(changing, good, "Hello, World!")), "good");
}

TEST(SlackSignature, IsTheOneOfTheScheme) {
  std::vector<std::string> const secrets{"8f742231b10e8888abcd99yyyzzz85a5"};
  std::string const body =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id="
      "G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-"
      "collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%"
      "2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
      "803a0bc887a14d10d2c447fce8b6703c";
  std::string const good = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
  std::string const time = "1531420618";
  auto const now = at(1531420618);
  EXPECT_EQ(verdict(verify_slack(secrets, good, time, body, now, 5min)), "good");
  EXPECT_EQ(verdict(verify_slack(secrets, good, time, body, now + 5min, 5min)), "good");
  EXPECT_EQ(
      verdict(verify_slack(secrets, good, time, body, now + 301s, 5min)), "expired_signature"
  );
  EXPECT_EQ(
      verdict(verify_slack(secrets, good, time, body, now - 301s, 5min)), "expired_signature"
  );
  EXPECT_EQ(
      verdict(verify_slack(secrets, good, "1531420619", body, now, 5min)), "invalid_signature"
  );
  EXPECT_EQ(verdict(verify_slack(secrets, good, "", body, now, 5min)), "missing_signature");
  EXPECT_EQ(verdict(verify_slack(secrets, good, "soon", body, now, 5min)), "expired_signature");
}

TEST(StripeSignature, IsTheOneOfTheScheme) {
  std::vector<std::string> const secrets{"whsec_test_secret"};
  std::string const body = R"({"id":"evt_1","object":"event"})";
  std::string const v1 = "dea1c1b2e5a52ba6c4ee46d2fed40bd10d4a1b8d1d3b0cc2c3f0c0ff45a0e8d5";
  auto const now = at(1700000000);
  auto const signature = [&](std::string const& more) { return "t=1700000000," + more; };
  auto const verify = [&](std::string const& header, Instant time = at(1700000000)) {
    return verdict(verify_stripe(secrets, header, body, time, 5min));
  };
  std::string const good = "0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd";
  EXPECT_EQ(verify(signature("v1=" + good)), "good");
  EXPECT_EQ(verify(signature("v1=" + v1 + ",v1=" + good + ",v0=1")), "good") << "two secrets";
  EXPECT_EQ(verify(signature("v1=" + v1)), "invalid_signature");
  EXPECT_EQ(verify(signature("v0=" + good)), "missing_signature") << "not a scheme to fall back to";
  EXPECT_EQ(verify("v1=" + good), "missing_signature");
  EXPECT_EQ(verify("t=1700000001,v1=" + good), "invalid_signature");
  EXPECT_EQ(verify(signature("v1=" + good), now + 6min), "expired_signature");
}

TEST(BearerToken, IsComparedWhole) {
  std::vector<std::string> const secrets{"s3cret"};
  EXPECT_EQ(verdict(verify_bearer(secrets, "Bearer s3cret")), "good");
  EXPECT_EQ(verdict(verify_bearer(secrets, "bearer s3cret")), "good");
  for (auto const* other : {"Bearer s3cre", "Bearer s3crett", "Bearer S3cret", "Bearer  s3cret"})
    EXPECT_EQ(verdict(verify_bearer(secrets, other)), "invalid_signature") << other;
  for (auto const* other : {"", "s3cret", "Basic s3cret", "Bearer"})
    EXPECT_EQ(verdict(verify_bearer(secrets, other)), "missing_signature") << other;
}

}  // namespace
}  // namespace ropewalk::http

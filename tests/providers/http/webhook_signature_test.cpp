// Goal: signatures are those of Standard Webhooks, and only what was signed is taken.
//
// Method: a vector that an independent implementation computed, then every way to tamper with it.
#include "providers/http/webhook_signature.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace ropewalk::http {
namespace {

constexpr std::string_view secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view body = R"({"test": 2432232314})";

class WebhookSignature : public testing::Test {
 protected:
  static WebhookHeaders message() { return {"msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", ""}; }
  static Instant at(std::int64_t seconds) { return Instant(std::chrono::seconds(seconds)); }
  std::string verdict(WebhookHeaders const& headers, std::string_view text, Instant now) const {
    auto const verified = verify_webhook(keys_, headers, text, now);
    return verified ? "good" : verified.error().code;
  }
  WebhookHeaders signed_message() const {
    auto out = message();
    out.signature = sign_webhook(keys_, out, body);
    return out;
  }

  std::vector<std::string> keys_{webhook_key(secret).value()};
  Instant now_ = at(1614265330);
};

TEST_F(WebhookSignature, IsTheOneOfTheScheme) {
  EXPECT_EQ(signed_message().signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_EQ(verdict(signed_message(), body, now_), "good");
}

TEST_F(WebhookSignature, WhateverIsChangedIsNoticed) {
  auto headers = signed_message();
  EXPECT_EQ(verdict(headers, R"({"test": 2432232315})", now_), "invalid_signature");
  headers.id += "x";
  EXPECT_EQ(verdict(headers, body, now_), "invalid_signature");
  headers = signed_message();
  headers.timestamp = "1614265331";
  EXPECT_EQ(verdict(headers, body, now_), "invalid_signature");
  headers = signed_message();
  headers.signature.back() = 'A';
  EXPECT_EQ(verdict(headers, body, now_), "invalid_signature");
  for (auto const* other :
       {"v1,",
        "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v2,x",
        " ",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}) {
    headers = signed_message();
    headers.signature = other;
    EXPECT_EQ(verdict(headers, body, now_), "invalid_signature") << other;
  }
  headers = signed_message();
  keys_ = {"another key"};
  EXPECT_EQ(verdict(headers, body, now_), "invalid_signature");
}

TEST_F(WebhookSignature, OneOfSeveralIsEnough) {
  auto headers = signed_message();
  headers.signature = "v1,AAAA v2,x " + headers.signature;
  EXPECT_EQ(verdict(headers, body, now_), "good");
  keys_.insert(keys_.begin(), "a new key");
  EXPECT_EQ(verdict(headers, body, now_), "good") << "the old key is still known";
  headers = signed_message();
  EXPECT_EQ(std::count(headers.signature.begin(), headers.signature.end(), ' '), 1);
  keys_.erase(keys_.begin());
  EXPECT_EQ(verdict(headers, body, now_), "good") << "signed with both";
}

TEST_F(WebhookSignature, OldMessagesAndThoseOfTheFutureAreRefused) {
  auto const headers = signed_message();
  EXPECT_EQ(verdict(headers, body, at(1614265330 + 300)), "good");
  EXPECT_EQ(verdict(headers, body, at(1614265330 + 301)), "expired_signature");
  EXPECT_EQ(verdict(headers, body, at(1614265330 - 300)), "good");
  EXPECT_EQ(verdict(headers, body, at(1614265330 - 301)), "expired_signature");
  for (auto const* time : {"soon", "-1", "1614265330.5", "99999999999999999999", " 1614265330"}) {
    auto bad = headers;
    bad.timestamp = time;
    EXPECT_EQ(verdict(bad, body, now_), "expired_signature") << time;
  }
}

TEST_F(WebhookSignature, WhatIsMissingIsSaid) {
  auto headers = signed_message();
  headers.id.clear();
  EXPECT_EQ(verdict(headers, body, now_), "missing_signature");
  EXPECT_EQ(verdict(message(), body, now_), "missing_signature");
}

TEST_F(WebhookSignature, Secrets) {
  EXPECT_EQ(webhook_key("whsec_aGVsbG8=").value(), "hello");
  EXPECT_EQ(webhook_key("aGVsbG8=").value(), "hello");
  for (auto const* bad : {"", "whsec_", "whsec_not base64!", "hello world"}) {
    auto const key = webhook_key(bad);
    ASSERT_FALSE(key) << bad;
    EXPECT_EQ(key.error().code, "invalid_secret");
    if (*bad != '\0') {
      EXPECT_EQ(key.error().message.find(bad), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace ropewalk::http

// Goal: the reference implementation of Standard Webhooks takes our signatures, and we take its.
//
// Method: the package `standardwebhooks` from npm in a process of its own for each message. Skipped
// when it is not installed (scripts/setup.sh --peers).
#include "engine/base/json.hpp"
#include "engine/model/cel/base64.hpp"
#include "providers/http/webhook_signature.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

namespace ropewalk::http {
namespace {

using testing::HasSubstr;

struct Message {
  std::string secret{};
  std::int64_t timestamp = 0;
  WebhookHeaders headers{};
  std::string body{};
};

class WebhookPeer : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(std::string(ROPEWALK_PEER_FOLDER) + "/node_modules"))
      GTEST_SKIP() << "the peer is not installed: scripts/setup.sh --peers needs npm and its "
                      "registry";
  }

  static std::int64_t seconds_now() {
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
  }

  static Message message(std::string body) {
    static std::mt19937 random(7);
    std::string key;
    for (int i = 0; i < 32; ++i) key += static_cast<char>(random());
    Message out;
    out.secret = "whsec_" + cel::to_base64(key);
    out.timestamp = seconds_now();
    out.headers.id = "0199-abc/tell[3]/2";
    out.headers.timestamp = std::to_string(out.timestamp);
    out.body = std::move(body);
    return out;
  }

  /// What the peer prints.
  static std::string ask(std::string const& what, Message const& message) {
    auto const file = testing::TempDir() + "webhook-" + std::to_string(::getpid()) + ".json";
    json::object fields{
        {"secret", message.secret},
        {"id", message.headers.id},
        {"timestamp", message.timestamp},
        {"signature", message.headers.signature},
        {"body", message.body}};
    std::ofstream(file, std::ios::binary) << to_text(fields);
    auto const command = std::string("node '") + ROPEWALK_PEER_SCRIPT + "' '" +
                         ROPEWALK_PEER_FOLDER + "' " + what + " '" + file + "' 2>&1";
    std::string out;
    auto* const pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> piece{};
    while (auto const count = std::fread(piece.data(), 1, piece.size(), pipe))
      out.append(piece.data(), count);
    ::pclose(pipe);
    std::filesystem::remove(file);
    while (out.ends_with('\n')) out.pop_back();
    return out;
  }

  static std::vector<std::string> bodies() {
    return {
        "{}",
        R"({"type":"built","data":{"n":7}})",
        "\"Gr\xC3\xBC\xC3\x9F"
        "e \xF0\x9F\xA7\xB6\"",
        '"' + std::string(100'000, 'x') + '"'};
  }
};

TEST_F(WebhookPeer, TakesOurs) {
  for (auto const& body : bodies()) {
    auto ours = message(body);
    std::vector<std::string> const keys{"another key", webhook_key(ours.secret).value()};
    ours.headers.signature = sign_webhook(keys, ours.headers, ours.body);
    EXPECT_EQ(ask("verify", ours), "good") << body.substr(0, 100);
    ours.body += " ";
    EXPECT_THAT(ask("verify", ours), HasSubstr("No matching signature"));
  }
}

TEST_F(WebhookPeer, SignsWhatWeTake) {
  for (auto const& body : bodies()) {
    auto theirs = message(body);
    theirs.headers.signature = ask("sign", theirs);
    std::vector<std::string> const keys{webhook_key(theirs.secret).value()};
    Instant const now(std::chrono::seconds(theirs.timestamp));
    auto const verified = verify_webhook(keys, theirs.headers, theirs.body, now);
    EXPECT_TRUE(verified) << theirs.headers.signature;
    EXPECT_EQ(sign_webhook(keys, theirs.headers, theirs.body), theirs.headers.signature);
    EXPECT_FALSE(verify_webhook(keys, theirs.headers, theirs.body + " ", now));
  }
}

}  // namespace
}  // namespace ropewalk::http

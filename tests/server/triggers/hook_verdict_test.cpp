// What deliveries come to: refused, unusable, a handshake, filtered, accepted. Method: a definition
// and a request in, a verdict out; signatures by the functions that have vectors of their own.
#include "server/triggers/hook_verdict.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "providers/http/hmac.hpp"
#include "server/triggers/hook_message.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

using Kind = HookVerdict::Kind;
using namespace std::chrono_literals;

Instant const now{std::chrono::seconds(1'700'000'000)};
std::vector<std::string> const keys{"key"};

HookSpec spec_of(std::string text) {
  for (char& c : text)
    if (c == '\'') c = '"';
  auto spec = read_hook("h", parse_json(text)->as_object());
  EXPECT_TRUE(spec) << spec.error().message;
  return *spec;
}

Request request_of(std::string body, std::vector<Header> headers = {}) {
  Request out;
  out.method = Method::post;
  out.body = std::move(body);
  out.headers = std::move(headers);
  return out;
}

std::string hex_hmac(std::string const& content) {
  auto const digest = http::hmac_sha256("key", content);
  return to_hex({reinterpret_cast<unsigned char const*>(digest.data()), digest.size()});
}

HookVerdict judge(HookSpec const& spec, Request const& request) {
  return judge_delivery(spec, keys, request, now);
}

std::string inputs_of(HookVerdict const& verdict) {
  return to_text(verdict.request.inputs);
}

TEST(HookVerdict, TheBodyIsTheInputsUnlessTheyAreMapped) {
  auto const plain = judge(
      spec_of("{'workflow':'w','verify':'none','labels':{'a':'b'},'priority':7}"),
      request_of(R"({"x":[1,2]})")
  );
  ASSERT_EQ(plain.kind, Kind::accepted);
  EXPECT_EQ(inputs_of(plain), R"({"x":[1,2]})");
  EXPECT_EQ(plain.request.workflow, "w");
  EXPECT_EQ(plain.request.labels.at("a"), "b");
  EXPECT_EQ(plain.request.labels.at("hook"), "h");
  EXPECT_EQ(plain.request.priority, 7);
  auto request = request_of(R"({"x":[1,2]})", {{"X-Kind", "a"}, {"Authorization", "Bearer s"}});
  request.query = {{"q", "1"}, {"q", "2"}};
  auto const mapped = judge(
      spec_of("{'workflow':'w','verify':'none','inputs':{'n':'${{ size(body.x) }}',"
              "'kind':'${{ headers[\\'x-kind\\'] }}','q':'${{ query.q }}',"
              "'auth':'${{ has(headers.authorization) }}'}}"),
      request
  );
  ASSERT_EQ(mapped.kind, Kind::accepted) << mapped.error.message;
  EXPECT_EQ(inputs_of(mapped), R"({"n":2,"kind":"a","q":["1","2"],"auth":false})");
}

TEST(HookVerdict, WhatIsNotVerifiedIsRefusedBeforeItIsRead) {
  auto const spec = spec_of("{'workflow':'w','verify':{'github':{'secret':'S'}}}");
  EXPECT_EQ(judge(spec, request_of("{")).kind, Kind::refused);
  std::string const good = "sha256=" + hex_hmac("{");
  auto const broken = judge(spec, request_of("{", {{"X-Hub-Signature-256", good}}));
  EXPECT_EQ(broken.kind, Kind::malformed);
  auto const twice =
      request_of("{", {{"X-Hub-Signature-256", good}, {"X-Hub-Signature-256", "sha256=0"}});
  EXPECT_EQ(judge(spec, twice).error.code, "missing_signature");
}

TEST(HookVerdict, OldMessagesAreRefusedByTheHooksTolerance) {
  auto const spec =
      spec_of("{'workflow':'w','verify':{'stripe':{'secret':'S'}},'tolerance':'10s'}");
  auto const sent = [&](std::int64_t seconds) {
    auto const time = std::to_string(seconds);
    return request_of("{}", {{"Stripe-Signature", "t=" + time + ",v1=" + hex_hmac(time + ".{}")}});
  };
  EXPECT_EQ(judge(spec, sent(1'699'999'990)).kind, Kind::accepted);
  EXPECT_EQ(judge(spec, sent(1'699'999'989)).error.code, "expired_signature");
  EXPECT_EQ(judge(spec, sent(1'700'000'011)).error.code, "expired_signature");
}

TEST(HookVerdict, FiltersThatDoNotHoldOrFailLetNothingThrough) {
  auto const spec = spec_of("{'workflow':'w','verify':'none','filter':'body.n > 3'}");
  EXPECT_EQ(judge(spec, request_of(R"({"n":4})")).kind, Kind::accepted);
  auto const small = judge(spec, request_of(R"({"n":3})"));
  EXPECT_EQ(small.kind, Kind::filtered);
  EXPECT_EQ(small.reason, "the filter does not hold");
  auto const other = judge(spec, request_of(R"({"m":3})"));
  EXPECT_EQ(other.kind, Kind::filtered);
  EXPECT_NE(other.reason.find("no such key: n"), std::string::npos) << other.reason;
}

TEST(HookVerdict, InputsThatCannotBeMadeAreTheSendersFault) {
  auto const spec = spec_of("{'workflow':'w','verify':'none','inputs':{'a':'${{ body.a.b }}'}}");
  auto const verdict = judge(spec, request_of(R"({"a":1})"));
  EXPECT_EQ(verdict.kind, Kind::malformed);
  EXPECT_EQ(verdict.error.code, "invalid_delivery");
  auto const plain = spec_of("{'workflow':'w','verify':'none'}");
  EXPECT_EQ(judge(plain, request_of("[1]")).kind, Kind::malformed) << "no object";
}

TEST(HookVerdict, SendersAreAnsweredWhoOnlyAskWhetherSomebodyIsThere) {
  auto const slack = spec_of("{'workflow':'w','verify':{'slack':{'secret':'S'}}}");
  std::string const body = R"({"type":"url_verification","challenge":"3eZbrw1a"})";
  std::vector<Header> const signed_by{
      {"X-Slack-Request-Timestamp", "1700000000"},
      {"X-Slack-Signature", "v0=" + hex_hmac("v0:1700000000:" + body)}};
  auto const challenge = judge(slack, request_of(body, signed_by));
  EXPECT_EQ(challenge.kind, Kind::answered);
  EXPECT_EQ(challenge.answer.body, "3eZbrw1a");
  EXPECT_EQ(judge(slack, request_of(body)).kind, Kind::refused) << "only when it is signed";
  auto const github = spec_of("{'workflow':'w','verify':{'github':{'secret':'S'}}}");
  auto const ping = judge(
      github,
      request_of(
          "{}", {{"X-GitHub-Event", "ping"}, {"X-Hub-Signature-256", "sha256=" + hex_hmac("{}")}}
      )
  );
  EXPECT_EQ(ping.kind, Kind::answered);
  EXPECT_EQ(ping.answer.status, 200U);
}

TEST(HookVerdict, DeliveriesAreTheSameByTheirSendersId) {
  auto const none = spec_of("{'workflow':'w','verify':'none'}");
  EXPECT_EQ(judge(none, request_of("{}")).delivery, "");
  EXPECT_EQ(judge(none, request_of("{}", {{"Idempotency-Key", "k1"}})).delivery, "k1");
  auto const own = spec_of("{'workflow':'w','verify':'none','deliveryId':'body.n'}");
  EXPECT_EQ(judge(own, request_of(R"({"n":17})")).delivery, "17");
  EXPECT_EQ(judge(own, request_of(R"({"n":""})")).kind, Kind::malformed);
  auto const github = spec_of("{'workflow':'w','verify':{'github':{'secret':'S'}}}");
  std::vector<Header> headers{{"X-Hub-Signature-256", "sha256=" + hex_hmac("{}")}};
  auto const by_signature = judge(github, request_of("{}", headers)).delivery;
  EXPECT_TRUE(by_signature.starts_with("signature ")) << by_signature;
  headers.push_back({"X-GitHub-Delivery", "72d3162e"});
  EXPECT_EQ(judge(github, request_of("{}", headers)).delivery, "72d3162e");
  EXPECT_EQ(delivery_key("h", 7, "72d3162e"), "hook h#7 72d3162e");
  EXPECT_EQ(delivery_key("h", 7, std::string(300, 'x')).size(), 9U + 7 + 64);
}

json::value body_of(std::string body, std::string const& type) {
  auto const message = read_message(request_of(std::move(body), {{"Content-Type", type}}));
  return message ? message->body : json::value(message.error().code);
}

TEST(HookMessage, ReadsJsonFormsAndText) {
  EXPECT_EQ(to_text(body_of(R"({"a":1})", "application/json; charset=utf-8")), R"({"a":1})");
  EXPECT_EQ(to_text(body_of(R"({"a":1})", "application/vnd.api+json")), R"({"a":1})");
  EXPECT_EQ(
      to_text(body_of("command=%2Fdeploy&text=a+b&text=c", "application/x-www-form-urlencoded")),
      R"({"command":"/deploy","text":["a b","c"]})"
  );
  EXPECT_EQ(
      to_text(body_of("payload=%7B%22ref%22%3A%22x%22%7D", "application/x-www-form-urlencoded")),
      R"({"ref":"x"})"
  ) << "as GitHub and Slack send JSON in forms";
  EXPECT_EQ(to_text(body_of(R"({"a":1})", "application/x-www-form-urlencoded")), R"({"a":1})")
      << "curl -d without a header";
  EXPECT_EQ(body_of("hello", "text/plain"), json::value("hello"));
  EXPECT_EQ(body_of("", "application/json"), json::value());
  EXPECT_EQ(body_of("{", "application/json"), json::value("invalid_json"));
  EXPECT_EQ(body_of("\x89PNG", "image/png"), json::value("unsupported_media_type"));
  EXPECT_EQ(body_of("a=%zz", "application/x-www-form-urlencoded"), json::value("bad_request"));
}

}  // namespace
}  // namespace ropewalk::server

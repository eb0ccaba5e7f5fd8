// Which call may start: concurrency, buckets, order, what the provider says, and the words for it.
#include "providers/ai/provider_limits.hpp"

#include "tests/providers/ai/limits_support.hpp"

namespace ropewalk::ai {
namespace {

using namespace test;
using namespace std::chrono_literals;

Tickets granted(ProviderLimits& limits, Instant now) {
  return limits.advance(now).granted;
}

TEST(ProviderLimits, GrantsUpToMaxConcurrentAndTheRestAsCallsEnd) {
  ProviderLimits limits(one_provider({.max_concurrent = 2}));
  for (LimitTicket id = 1; id <= 3; ++id) ASSERT_TRUE(limits.ask(id, request(), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1, 2}));
  EXPECT_FALSE(limits.next_wake()) << "only the end of a call can change it";
  auto const wait = limits.explain(3, t0);
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->limit, "maxConcurrent");
  EXPECT_EQ(wait->of, 2);
  limits.settle(1, used(0), t0);
  EXPECT_EQ(granted(limits, t0), (Tickets{3}));
}

TEST(ProviderLimits, WakesExactlyWhenTheMinuteHasRoomAgain) {
  ProviderLimits limits(one_provider({.requests_per_minute = 4}));  // one at once, one in 15 s
  ASSERT_TRUE(limits.ask(1, request(), t0));
  ASSERT_TRUE(limits.ask(2, request(), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  ASSERT_TRUE(limits.next_wake());
  EXPECT_NEAR(static_cast<double>((*limits.next_wake() - t0).count()), 15e6, 10);
  EXPECT_EQ(granted(limits, *limits.next_wake()), (Tickets{2}));
}

TEST(ProviderLimits, TokensAreReservedAndSettled) {
  ProviderLimits limits(one_provider({.tokens_per_minute = 4000}));  // 1000 at once
  ASSERT_TRUE(limits.ask(1, request("m", 900), t0));
  ASSERT_TRUE(limits.ask(2, request("m", 800), t0));
  ASSERT_TRUE(limits.ask(3, request("m", 800), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  limits.settle(1, used(100), t0);  // 900 free again
  EXPECT_EQ(granted(limits, t0), (Tickets{2}));
  limits.settle(2, used(2000), t0);  // 1100 below zero
  EXPECT_EQ(granted(limits, t0 + 28s), Tickets{});
  EXPECT_EQ(granted(limits, t0 + 29s), (Tickets{3}));
}

TEST(ProviderLimits, ARefusedCallCostsNothingAndACutOneWhatWasReserved) {
  ProviderLimits limits(one_provider({.tokens_per_minute = 4000}));
  ASSERT_TRUE(limits.ask(1, request("m", 1000), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  limits.settle(1, failed(overloaded()), t0);
  ASSERT_TRUE(limits.ask(2, request("m", 1000), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{2}));
  limits.settle(2, failed(failure(ErrorClass::transient, "stream_truncated")), t0);
  ASSERT_TRUE(limits.ask(3, request("m", 1000), t0));
  EXPECT_EQ(granted(limits, t0), Tickets{});
}

TEST(ProviderLimits, WhatCouldNeverStartIsRefusedWithNumbers) {
  ProviderLimits limits(one_provider({.tokens_per_minute = 4000}));
  EXPECT_TRUE(limits.ask(1, request("m", 4000), t0));
  auto const refused = limits.ask(2, request("m", 4001), t0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "exceeds_rate_limit");
  EXPECT_EQ(refused.error().detail.at("retryable"), false);
  EXPECT_NE(refused.error().message.find("4001"), std::string::npos);
  auto const unknown = limits.ask(3, {"q", "m", 1, 50, t0}, t0);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "unknown_provider");
}

TEST(ProviderLimits, PriorityFirstThenAgeAndAgeOvertakes) {
  ProviderLimits limits(one_provider({.max_concurrent = 1}));
  ASSERT_TRUE(limits.ask(1, request("m", 0, t0 + 2s), t0));
  ASSERT_TRUE(limits.ask(2, request("m", 0, t0 + 1s), t0));
  ASSERT_TRUE(limits.ask(3, request("m", 0, t0 + 9s, 90), t0));
  ASSERT_TRUE(limits.ask(4, request("m", 0, t0 + 601s, 100), t0));  // 50 points: 300 s
  Tickets order;
  while (order.size() < 4) {
    auto const next = granted(limits, t0);
    ASSERT_EQ(next.size(), 1U);
    order.push_back(next[0]);
    limits.settle(next[0], used(0), t0);
  }
  EXPECT_EQ(order, (Tickets{3, 2, 1, 4}));
}

TEST(ProviderLimits, ALargeRequestIsNotStarvedBySmallOnes) {
  ProviderLimits limits(one_provider({.tokens_per_minute = 6000}));  // 1500 at once, 100 a second
  ASSERT_TRUE(limits.ask(1, request("m", 1500), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  ASSERT_TRUE(limits.ask(2, request("big", 1500), t0));
  LimitTicket next = 3;
  Instant now = t0;
  for (; now < t0 + 15s; now += 500ms) {
    ASSERT_TRUE(limits.ask(next++, request("m", 10, t0 + 1s), now));
    EXPECT_EQ(granted(limits, now), Tickets{});
  }
  EXPECT_EQ(granted(limits, now + 1ms).front(), 2U);
}

TEST(ProviderLimits, WhoLacksSomethingOfItsModelLetsOtherModelsPast) {
  auto settings = one_provider({.max_concurrent = 10});
  settings["p"].models["slow"] = {.max_concurrent = 1};
  ProviderLimits limits(std::move(settings));
  for (LimitTicket id = 1; id <= 3; ++id) ASSERT_TRUE(limits.ask(id, request("slow"), t0));
  ASSERT_TRUE(limits.ask(4, request("fast", 0, t0 + 5s), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1, 4}));
  EXPECT_EQ(limits.explain(3, t0)->position, 2U);
}

TEST(ProviderLimits, RetryAfterHoldsTheModelAndNoOther) {
  ProviderLimits limits(one_provider({}));
  ASSERT_TRUE(limits.ask(1, request("m"), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  limits.settle(1, failed(rate_limited(7000)), t0);
  ASSERT_TRUE(limits.ask(2, request("m"), t0));
  ASSERT_TRUE(limits.ask(3, request("n"), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{3}));
  EXPECT_EQ(limits.explain(2, t0)->limit, "retryAfter");
  EXPECT_EQ(limits.next_wake(), t0 + 7s);
  EXPECT_EQ(granted(limits, t0 + 6999ms), Tickets{});
  EXPECT_EQ(granted(limits, t0 + 7s), (Tickets{2}));
}

TEST(ProviderLimits, ARefusalHalvesConcurrencyOnceAndSuccessesBringItBack) {
  ProviderLimits limits(one_provider({.max_concurrent = 0}));
  for (LimitTicket id = 1; id <= 8; ++id) ASSERT_TRUE(limits.ask(id, request(), t0));
  EXPECT_EQ(granted(limits, t0).size(), 8U);
  for (LimitTicket id = 1; id <= 8; ++id) limits.settle(id, failed(rate_limited()), t0 + 1s);
  for (LimitTicket id = 11; id <= 30; ++id) ASSERT_TRUE(limits.ask(id, request(), t0));
  EXPECT_EQ(granted(limits, t0 + 2s).size(), 4U) << "halved once: they were under way together";
  limits.settle(11, used(0), t0 + 3s);
  EXPECT_EQ(granted(limits, t0 + 3s).size(), 2U) << "one came back, and one more";
  for (LimitTicket id = 12; id <= 14; ++id) limits.settle(id, used(0), t0 + 4s);
  EXPECT_EQ(granted(limits, t0 + 4s).size(), 14U) << "back where it was: no limit";
}

TEST(ProviderLimits, TheHeadersOfAProviderTighten) {
  ProviderLimits limits(one_provider({.requests_per_minute = 6000}));
  ASSERT_TRUE(limits.ask(1, request(), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  CallReport report = used(10);
  report.limits.requests_limit = 10;
  report.limits.requests_remaining = 2;
  report.limits.requests_reset = 8s;  // one a second
  limits.settle(1, report, t0);
  for (LimitTicket id = 2; id <= 9; ++id) ASSERT_TRUE(limits.ask(id, request(), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{2, 3}));
  EXPECT_EQ(limits.explain(4, t0)->limit, "providerRequests");
  EXPECT_EQ(granted(limits, t0 + 1s), (Tickets{4}));
  CallReport generous = used(10);
  generous.limits.requests_limit = 1'000'000;
  generous.limits.requests_remaining = 1'000'000;
  limits.settle(2, generous, t0 + 1s);
  EXPECT_EQ(granted(limits, t0 + 1s), Tickets{}) << "what we counted since stands";
}

TEST(ProviderLimits, AHighLimitHeaderRaisesNothing) {
  ProviderLimits limits(one_provider({.requests_per_minute = 4}));
  ASSERT_TRUE(limits.ask(1, request(), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  CallReport report = used(1);
  report.limits.requests_limit = 9000;
  report.limits.requests_remaining = 8999;
  limits.settle(1, report, t0);
  ASSERT_TRUE(limits.ask(2, request(), t0));
  EXPECT_EQ(granted(limits, t0), Tickets{});
  EXPECT_EQ(limits.explain(2, t0)->limit, "requestsPerMinute");
}

TEST(ProviderLimits, AnOpenCircuitRefusesThoseWhoWaitAndThoseWhoCome) {
  ProviderLimits limits(one_provider({.max_concurrent = 5}));
  for (LimitTicket id = 1; id <= 7; ++id) ASSERT_TRUE(limits.ask(id, request(), t0));
  EXPECT_EQ(granted(limits, t0).size(), 5U);
  for (LimitTicket id = 1; id <= 5; ++id) limits.settle(id, failed(overloaded()), t0);
  auto const turn = limits.advance(t0);
  EXPECT_EQ(turn.granted, Tickets{});
  ASSERT_EQ(turn.refused.size(), 2U);
  EXPECT_EQ(turn.refused[0].second.code, "provider_unavailable");
  EXPECT_FALSE(limits.ask(8, request(), t0 + 1s));
  ASSERT_TRUE(limits.ask(9, request(), t0 + 5s)) << "the probe";
  ASSERT_TRUE(limits.ask(10, request(), t0 + 5s));
  auto const probe = limits.advance(t0 + 5s);
  EXPECT_EQ(probe.granted, (Tickets{9}));
  ASSERT_EQ(probe.refused.size(), 1U);
  limits.settle(9, used(1), t0 + 6s);
  EXPECT_TRUE(limits.ask(11, request(), t0 + 6s));
  EXPECT_EQ(granted(limits, t0 + 6s), (Tickets{11}));
}

TEST(ProviderLimits, AModelThatTheKeyMayNotUseLeavesTheOthersAlone) {
  ProviderLimitSettings settings;
  settings.models["dear"].max_concurrent = 1;
  ProviderLimits limits({{"p", settings}});
  ASSERT_TRUE(limits.ask(1, request("dear"), t0));
  ASSERT_TRUE(limits.ask(2, request("dear"), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  limits.settle(1, failed(refused()), t0);
  ASSERT_TRUE(limits.ask(3, request("fine"), t0));
  auto const turn = limits.advance(t0);
  EXPECT_EQ(turn.granted, (Tickets{3}));
  ASSERT_EQ(turn.refused.size(), 1U) << "it waited for the same model";
  EXPECT_EQ(turn.refused[0].first, 2U);
  EXPECT_EQ(turn.refused[0].second.code, "provider_unavailable");
  EXPECT_EQ(turn.refused[0].second.error_class, ErrorClass::resource);
  EXPECT_EQ(limits.counts()[0].waiting, 0U);
  auto const late = limits.ask(4, request("dear"), t0 + 1s);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, "provider_unavailable");
  auto const described = limits.describe(t0)[0];
  EXPECT_EQ(described.at("circuit").at("state"), "closed");
  EXPECT_EQ(described.at("models").at(0).at("circuit").at("state"), "open");
  ASSERT_TRUE(limits.ask(5, request("dear"), t0 + 1min)) << "the probe";
  EXPECT_EQ(granted(limits, t0 + 1min), (Tickets{5}));
  limits.settle(5, used(1), t0 + 1min);
  ASSERT_TRUE(limits.ask(6, request("dear"), t0 + 1min));
  EXPECT_EQ(granted(limits, t0 + 1min), (Tickets{6}));
}

TEST(ProviderLimits, AKeyThatIsRefusedClosesAllModels) {
  ProviderLimits limits(one_provider({}));
  ASSERT_TRUE(limits.ask(1, request("a"), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  limits.settle(1, failed(refused("auth", true)), t0);
  auto const refused_too = limits.ask(2, request("b"), t0);
  ASSERT_FALSE(refused_too);
  EXPECT_EQ(refused_too.error().code, "provider_unavailable");
  EXPECT_EQ(refused_too.error().error_class, ErrorClass::resource);
}

TEST(ProviderLimits, WhatIsWithdrawnGivesEverythingBack) {
  ProviderLimits limits(
      one_provider({.max_concurrent = 1, .requests_per_minute = 4, .tokens_per_minute = 40})
  );
  ASSERT_TRUE(limits.ask(1, request("m", 10), t0));
  ASSERT_TRUE(limits.ask(2, request("m", 10), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  limits.withdraw(2, t0);
  limits.withdraw(1, t0);
  limits.withdraw(1, t0);
  limits.withdraw(99, t0);
  ASSERT_TRUE(limits.ask(3, request("m", 10), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{3}));
  limits.abandon(3, t0);
  ASSERT_TRUE(limits.ask(4, request("m", 10), t0));
  EXPECT_EQ(granted(limits, t0), Tickets{}) << "given up half way: it counts as used";
}

TEST(ProviderLimits, SaysInWordsWhatItWaitsForAndDescribesItself) {
  ProviderLimits limits(one_provider({.tokens_per_minute = 4000}));
  ASSERT_TRUE(limits.ask(1, request("m", 900), t0));
  ASSERT_TRUE(limits.ask(2, request("m", 600), t0));
  ASSERT_TRUE(limits.ask(3, request("m", 600), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  EXPECT_EQ(
      limits.explain(2, t0)->words,
      "waits for p/m: p allows 4000 tokens a minute: 600 are needed, 100 are free; enough in "
      "7s501ms; it is next"
  );
  EXPECT_NE(limits.explain(3, t0)->words.find("one is before it"), std::string::npos);
  EXPECT_FALSE(limits.explain(1, t0));
  auto const all = limits.describe(t0);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].at("name"), "p");
  EXPECT_EQ(all[0].at("running"), 1);
  EXPECT_EQ(all[0].at("waiting"), 2);
  EXPECT_EQ(all[0].at("free").at("tokens"), 100);
  EXPECT_EQ(all[0].at("circuit").at("state"), "closed");
  EXPECT_EQ(all[0].at("models").as_array()[0].at("model"), "m");
}

LimitRequest with_patience(Duration patience, std::string model = "m") {
  auto out = request(std::move(model));
  out.patience = patience;
  return out;
}

TEST(ProviderLimits, WhoHasNotThePatienceIsRefused) {
  ProviderLimits limits(one_provider({.max_concurrent = 1}));
  ASSERT_TRUE(limits.ask(1, request(), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  ASSERT_TRUE(limits.ask(2, with_patience(30s), t0));
  ASSERT_TRUE(limits.ask(3, with_patience(2h), t0));
  ASSERT_TRUE(limits.ask(4, request(), t0));
  EXPECT_TRUE(limits.advance(t0).refused.empty()) << "nobody knows how long the call takes";
  limits.settle(1, failed(rate_limited(3'600'000)), t0 + 1s);
  auto const turn = limits.advance(t0 + 1s);
  EXPECT_TRUE(turn.granted.empty());
  ASSERT_EQ(turn.refused.size(), 1U);
  EXPECT_EQ(turn.refused[0].first, 2U);
  auto const& error = turn.refused[0].second;
  EXPECT_EQ(error.code, "rate_limited");
  EXPECT_EQ(error.error_class, ErrorClass::resource);
  EXPECT_EQ(error.detail.at("retryAfterMs"), 3'600'000);
  EXPECT_EQ(error.detail.at("limit"), "retryAfter");
  EXPECT_NE(error.message.find("p/m asked not to be called until then"), std::string::npos);
  ASSERT_TRUE(limits.ask(5, with_patience(30s, "other"), t0 + 1s));
  EXPECT_EQ(granted(limits, t0 + 1s), (Tickets{5})) << "the hold is of one model";
  limits.settle(5, used(1), t0 + 1s);
  EXPECT_EQ(granted(limits, t0 + 1h + 1s), (Tickets{3}));
}

TEST(ProviderLimits, PatienceIsMeasuredToTheTimeThatIsKnown) {
  ProviderLimits limits(one_provider({}));
  ASSERT_TRUE(limits.ask(1, request(), t0));
  EXPECT_EQ(granted(limits, t0), (Tickets{1}));
  limits.settle(1, failed(rate_limited(30'000)), t0);
  ASSERT_TRUE(limits.ask(2, with_patience(30s), t0));
  ASSERT_TRUE(limits.ask(3, with_patience(30s - 1us), t0));
  auto const turn = limits.advance(t0);
  ASSERT_EQ(turn.refused.size(), 1U);
  EXPECT_EQ(turn.refused[0].first, 3U);
  EXPECT_EQ(limits.next_wake(), t0 + 30s);
}

TEST(ProviderLimits, DescribesWhatTheProviderSaidAndWhatWasUsed) {
  ProviderLimits limits(one_provider({}));
  for (LimitTicket id = 1; id <= 3; ++id) ASSERT_TRUE(limits.ask(id, request(), t0));
  EXPECT_EQ(granted(limits, t0).size(), 3U);
  auto report = used(12);
  report.usage.input = 10;
  report.usage.output = 2;
  report.cost_usd = 0.5;
  report.limits.requests_limit = 100;
  report.limits.requests_remaining = 40;
  report.limits.requests_reset = 8s;
  limits.settle(1, report, t0);
  report.limits = {};
  report.cost_usd.reset();
  limits.settle(2, report, t0 + 1s);
  limits.settle(3, failed(overloaded()), t0 + 1s);
  auto const all = limits.describe(t0 + 2s);
  auto const& model = all[0].at("models").as_array()[0];
  auto const& said = model.at("said").at("requests");
  EXPECT_EQ(said.at("limit"), 100);
  EXPECT_EQ(said.at("remaining"), 40);
  EXPECT_EQ(said.at("resetAt").as_string(), format_instant(t0 + 8s));
  EXPECT_EQ(model.at("said").at("at").as_string(), format_instant(t0)) << "no headers, no news";
  for (auto const& totals : {all[0].at("sinceStart"), model.at("sinceStart")}) {
    EXPECT_EQ(totals.at("calls"), 3);
    EXPECT_EQ(totals.at("failures"), 1);
    EXPECT_EQ(totals.at("tokens").at("input"), 20);
    EXPECT_EQ(totals.at("tokens").at("output"), 4);
    EXPECT_EQ(totals.at("costUsd"), 0.5);
    EXPECT_EQ(totals.at("unpricedCalls"), 1);
  }
}

TEST(ProviderLimits, ForgetsModelsThatNobodyUses) {
  LimitOptions options;
  options.models_max = 10;
  ProviderLimits limits(one_provider({}), options);
  for (LimitTicket id = 1; id <= 500; ++id) {
    ASSERT_TRUE(limits.ask(id, request("m" + std::to_string(id)), t0));
    EXPECT_EQ(granted(limits, t0), (Tickets{id}));
    limits.settle(id, used(1), t0);
  }
  EXPECT_LE(limits.describe(t0)[0].at("models").as_array().size(), 10U);
}

}  // namespace
}  // namespace ropewalk::ai

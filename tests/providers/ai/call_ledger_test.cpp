// What the calls of an attempt took and cost.
#include "providers/ai/call_ledger.hpp"

#include <boost/json/value.hpp>

#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

CallRecord call(
    std::string provider, std::int64_t in, std::int64_t out, std::optional<double> cost
) {
  CallRecord record;
  record.model = {std::move(provider), "m"};
  record.usage.input = in;
  record.usage.output = out;
  record.cost_usd = cost;
  return record;
}

TEST(CallLedger, SumsWhatItsCallsTook) {
  CallLedger ledger;
  ledger.add(call("a", 100, 20, 0.5));
  ledger.add(call("b", 10, 2, 0.25));
  EXPECT_EQ(ledger.tokens(), 132);
  EXPECT_DOUBLE_EQ(ledger.cost_usd(), 0.75);
  auto const usage = ledger.usage();
  EXPECT_EQ(usage.at("inputTokens"), 110);
  EXPECT_EQ(usage.at("costUsd"), 0.75);
  EXPECT_EQ(usage.at("calls"), 2);
}

TEST(CallLedger, AnUnknownPriceIsNeverNothing) {
  CallLedger ledger;
  ledger.add(call("a", 100, 20, 0.5));
  ledger.add(call("b", 10, 2, std::nullopt));
  EXPECT_TRUE(ledger.usage().at("costUsd").is_null());
  auto const spend = ledger.spend();
  ASSERT_EQ(spend.size(), 2U);
  EXPECT_EQ(spend[0].cost_usd, 0.5);
  EXPECT_FALSE(spend[1].cost_usd);
}

TEST(CallLedger, WhatTheCacheAnsweredCostsNothing) {
  CallLedger ledger;
  auto cached = call("a", 100, 20, std::nullopt);
  cached.is_cached = true;
  ledger.add(std::move(cached));
  EXPECT_EQ(ledger.tokens(), 0);
  EXPECT_TRUE(ledger.spend().empty());
  EXPECT_EQ(ledger.usage().at("costUsd"), 0.0);
  EXPECT_EQ(ledger.usage().at("cached"), true);
}

TEST(CallLedger, CallsOfOneModelAreOneSpend) {
  CallLedger ledger;
  ledger.add(call("a", 100, 20, 0.5));
  ledger.add(call("a", 1, 1, 0.5));
  auto const spend = ledger.spend();
  ASSERT_EQ(spend.size(), 1U);
  EXPECT_EQ(spend[0].calls, 2);
  EXPECT_EQ(spend[0].input_tokens, 101);
  EXPECT_EQ(spend[0].cost_usd, 1.0);
}

TEST(CallLedger, ACallThatNeverReachedTheProviderIsFree) {
  CallLedger ledger;
  CallRecord failed;
  failed.model = {"a", "m"};
  failed.error = Error{ErrorClass::transient, "provider_unavailable", "open"};
  ledger.add(std::move(failed));
  EXPECT_EQ(ledger.usage().at("costUsd"), 0.0);
  EXPECT_TRUE(ledger.spend().empty());
  EXPECT_EQ(ledger.calls().at(0).at("error").at("code"), "provider_unavailable");
}

TEST(CallLedger, ACallThatWasCutOffIsNotSaidToBeFree) {
  CallRecord refused;
  refused.model = {"a", "one"};
  refused.error = Error{ErrorClass::resource, "rate_limited", "too many"};
  CallRecord left = refused;
  left.error = Error{ErrorClass::permanent, "cancelled", "hung up on"};
  left.was_left = true;
  CallLedger ledger;
  ledger.add(refused);
  EXPECT_TRUE(ledger.spend().empty());
  EXPECT_EQ(ledger.usage().at("costUsd"), 0.0);
  ledger.add(left);
  ASSERT_EQ(ledger.spend().size(), 1U);
  EXPECT_EQ(ledger.spend().front().calls, 1);
  EXPECT_FALSE(ledger.spend().front().cost_usd);
  EXPECT_TRUE(ledger.usage().at("costUsd").is_null());
  EXPECT_FALSE(ledger.calls().at(0).as_object().contains("unpriced"));
  EXPECT_EQ(ledger.calls().at(1).at("unpriced"), true);
}

}  // namespace
}  // namespace ropewalk::ai

// Calls that are paid from the same budget: together they never pass it by more than the answer to
// one of them, none waits for ever, and none overtakes.
#include "providers/ai/budget_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Budget of_tokens(std::int64_t most) {
  SpendLimit limit;
  limit.max_tokens = most;
  return execution_budget(limit);
}

BudgetShare share(std::string account, Budget budget, std::int64_t stored = 0) {
  return {std::move(account), std::move(budget), {stored, 0}};
}

/// A call that sends 10 tokens and may be answered with `answer_max`.
BudgetRequest call(std::vector<BudgetShare> shares, std::int64_t answer_max = 90) {
  BudgetRequest out;
  out.shares = std::move(shares);
  out.call.sends = {10, 0};
  out.call.most = {10 + answer_max, 0};
  return out;
}

std::vector<BudgetTicket> refused(BudgetBook::Turn const& turn) {
  std::vector<BudgetTicket> out;
  for (auto const& [ticket, why] : turn.refused) out.push_back(ticket);
  return out;
}

TEST(BudgetBook, CallsAtOnceDoNotAllSeeTheSameEmptySheet) {
  BudgetBook book;
  for (BudgetTicket id = 1; id <= 3; ++id) book.ask(id, call({share("e", of_tokens(105))}));
  EXPECT_THAT(book.advance().granted, ElementsAre(1U)) << "100 are held for it";
  EXPECT_THAT(book.words(2), HasSubstr("if their answers are long, the budget of the execution"));
  book.settle(1, {20, 0});
  EXPECT_THAT(book.advance().granted, ElementsAre(2U));
  book.settle(2, {20, 0});
  EXPECT_THAT(book.advance().granted, ElementsAre(3U));
  book.settle(3, {60, 0});
  EXPECT_EQ(book.spent("e")->tokens, 100);
  book.ask(4, call({share("e", of_tokens(105))}));
  auto const turn = book.advance();
  EXPECT_THAT(refused(turn), ElementsAre(4U));
  EXPECT_THAT(turn.refused[0].second.error.message, HasSubstr("100 of 105 tokens"));
}

TEST(BudgetBook, WhoeverWaitsIsRefusedWhenItIsUsedUpMeanwhile) {
  BudgetBook book;
  book.ask(1, call({share("e", of_tokens(100))}));
  book.ask(2, call({share("e", of_tokens(100))}));
  EXPECT_THAT(book.advance().granted, ElementsAre(1U));
  book.settle(1, {95, 0});
  EXPECT_THAT(refused(book.advance()), ElementsAre(2U));
}

TEST(BudgetBook, StoredSumsAreAddedOnceAndCountWhereTheyAreLarger) {
  BudgetBook book;
  book.ask(1, call({share("e", of_tokens(1000), 200)}));
  EXPECT_THAT(book.advance().granted, ElementsAre(1U));
  book.settle(1, {50, 0});
  EXPECT_EQ(book.spent("e")->tokens, 250);
  book.ask(2, call({share("e", of_tokens(1000), 250)}));  // the 50 are stored by now
  EXPECT_EQ(book.spent("e")->tokens, 250);
  book.ask(3, call({share("e", of_tokens(1000), 900)}));  // another node spends too
  EXPECT_EQ(book.spent("e")->tokens, 900);
  book.ask(4, call({share("e", of_tokens(1000), 100)}));  // an old reading
  EXPECT_EQ(book.spent("e")->tokens, 900);
}

TEST(BudgetBook, EveryBudgetOfACallHasToAllowIt) {
  BudgetBook book;
  book.ask(1, call({share("e1", of_tokens(1000)), share("day", of_tokens(105))}));
  book.ask(2, call({share("e2", of_tokens(1000)), share("day", of_tokens(105))}));
  book.ask(3, call({share("e2", of_tokens(1000))}));
  EXPECT_THAT(book.advance().granted, ElementsAre(1U)) << "3 would overtake 2 on e2";
  EXPECT_THAT(book.words(3), HasSubstr("behind other calls"));
  book.settle(1, {115, 0});
  auto const turn = book.advance();
  EXPECT_THAT(refused(turn), ElementsAre(2U));
  EXPECT_THAT(turn.granted, ElementsAre(3U));
}

TEST(BudgetBook, WithoutALimitACallOnlyCounts) {
  BudgetBook book;
  book.ask(1, call({share("e", of_tokens(100), 100)}));
  book.ask(2, call({share("e", execution_budget({}), 100)}));  // a person let it go on
  auto const turn = book.advance();
  EXPECT_THAT(refused(turn), ElementsAre(1U));
  EXPECT_THAT(turn.granted, ElementsAre(2U));
  book.settle(2, {30, 0});
  EXPECT_EQ(book.spent("e")->tokens, 130);
}

TEST(BudgetBook, WhatIsTakenBackCountsForNothing) {
  BudgetBook book;
  for (BudgetTicket id = 1; id <= 3; ++id) book.ask(id, call({share("e", of_tokens(100))}));
  EXPECT_THAT(book.advance().granted, ElementsAre(1U));
  book.withdraw(2);
  book.withdraw(1);
  book.withdraw(1);
  book.settle(77, {5, 0});
  EXPECT_THAT(book.advance().granted, ElementsAre(3U));
  EXPECT_EQ(book.spent("e")->tokens, 0);
}

TEST(BudgetBook, CrumbsOfFractionsKeepNobodyWaiting) {
  BudgetBook book;
  auto const asks = [&](BudgetTicket ticket, double cost, double most) {
    SpendLimit limit;
    limit.max_cost_usd = most;
    BudgetRequest out;
    out.shares = {share("e", execution_budget(limit))};
    out.call.sends = {0, cost};
    out.call.most = {0, cost};
    book.ask(ticket, out);
  };
  asks(1, 0.1, 1);
  asks(2, 0.2, 1);
  EXPECT_THAT(book.advance().granted, ElementsAre(1U, 2U));
  book.settle(1, {});
  book.settle(2, {});
  asks(3, 0.01, 0.01);
  EXPECT_THAT(book.advance().granted, ElementsAre(3U));
}

TEST(BudgetBook, ForgetsAccountsThatNobodyUses) {
  BudgetBookOptions options;
  options.accounts_max = 10;
  BudgetBook book(options);
  book.ask(1, call({share("kept", of_tokens(1000))}));
  book.advance();
  for (BudgetTicket id = 2; id <= 100; ++id) {
    book.ask(id, call({share("e" + std::to_string(id), of_tokens(1000))}));
    book.advance();
    book.settle(id, {1, 0});
  }
  EXPECT_TRUE(book.spent("kept")) << "a call is under way";
  EXPECT_TRUE(book.spent("e100"));
  EXPECT_FALSE(book.spent("e2"));
}

/// Random calls on three accounts: no account is passed by more than one answer, and in the end
/// nobody waits.
TEST(BudgetBook, IsNeverPassedByMoreThanOneAnswer) {
  constexpr std::int64_t most = 2000;
  constexpr std::int64_t answer_max = 90;
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    auto const below = [&](std::uint32_t end) { return static_cast<int>(random() % end); };
    BudgetBook book;
    std::vector<BudgetTicket> running;
    std::size_t decided = 0;
    BudgetTicket last = 0;
    auto const look = [&] {
      auto const turn = book.advance();
      running.insert(running.end(), turn.granted.begin(), turn.granted.end());
      decided += turn.granted.size() + turn.refused.size();
    };
    auto const end_one = [&] {
      auto const at = running.begin() + below(static_cast<std::uint32_t>(running.size()));
      book.settle(*at, {10 + below(answer_max + 1), 0});
      running.erase(at);
    };
    for (int step = 0; step < 500; ++step) {
      if (below(2) == 0 || running.empty()) {
        std::vector<BudgetShare> shares{share("day", of_tokens(most))};
        shares.push_back(share(below(2) == 0 ? "a" : "b", of_tokens(most / 2)));
        book.ask(++last, call(std::move(shares), answer_max));
      } else {
        end_one();
      }
      look();
    }
    while (!running.empty()) {
      end_one();
      look();
    }
    EXPECT_EQ(decided, last) << "seed " << seed;
    EXPECT_LE(book.spent("day")->tokens, most + answer_max) << "seed " << seed;
    EXPECT_LE(book.spent("a")->tokens, most / 2 + answer_max) << "seed " << seed;
    EXPECT_GT(book.spent("day")->tokens, most - 10 - answer_max) << "seed " << seed;
  }
}

}  // namespace
}  // namespace ropewalk::ai

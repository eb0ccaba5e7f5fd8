// Random calls under virtual time: what is promised holds at every step, whatever is asked for.
//
// In any minute no more is taken than a minute's allowance, the burst, and what one large request
// is over the burst; nobody of a line is overtaken; everybody is served; nothing leaks.
#include "tests/providers/ai/limits_support.hpp"

#include <algorithm>
#include <deque>
#include <random>

namespace ropewalk::ai {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr std::int64_t requests_a_minute = 120;
constexpr std::int64_t tokens_a_minute = 12'000;
constexpr std::int64_t concurrent_max = 6;
constexpr double burst_minutes = 0.25;

class World {
 public:
  explicit World(unsigned seed)
      : random_(seed),
        limits_(one_provider({concurrent_max, requests_a_minute, tokens_a_minute, 15s})) {}

  void run() {
    for (int step = 0; step < 4000; ++step) {
      now_ += Duration(pick(0, 400'000));
      end_calls(false);
      int const what = pick(0, 9);
      if (what < 5 && waiting_.size() < 60) ask();
      if (what == 9 && !waiting_.empty()) withdraw();
      advance();
    }
    for (int step = 0; step < 10'000 && !(waiting_.empty() && running_.empty()); ++step) {
      now_ = running_.empty() && limits_.next_wake() ? *limits_.next_wake() : now_ + 1s;
      end_calls(true);
      advance();
    }
    EXPECT_TRUE(waiting_.empty()) << "everybody is served";
    auto const counts = limits_.counts().front();
    EXPECT_EQ(counts.running, 0U);
    EXPECT_EQ(counts.waiting, 0U);
    EXPECT_FALSE(limits_.next_wake());
  }

 private:
  struct Call {
    LimitRequest request{};
    Instant ends{};
  };
  struct Flow {
    Instant at{};
    double requests = 0;
    double tokens = 0;
  };

  int pick(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }

  void ask() {
    auto const tokens = pick(0, 20) == 0 ? pick(3'000, 12'000) : pick(1, 600);
    LimitTicket const ticket = ++last_;
    LimitRequest const asked =
        request("m" + std::to_string(pick(0, 2)), tokens, now_, pick(0, 10) * 10);
    ASSERT_TRUE(limits_.ask(ticket, asked, now_));
    waiting_[ticket] = asked;
  }

  void withdraw() {
    auto const it = std::next(waiting_.begin(), pick(0, static_cast<int>(waiting_.size()) - 1));
    limits_.withdraw(it->first, now_);
    waiting_.erase(it);
  }

  void end_calls(bool all) {
    for (auto it = running_.begin(); it != running_.end();) {
      if (!all && it->second.ends > now_) {
        ++it;
        continue;
      }
      auto const reserved = it->second.request.tokens;
      std::int64_t const spent = pick(0, 3) == 0 ? reserved : reserved * pick(10, 100) / 100;
      limits_.settle(it->first, used(spent), now_);
      flows_.push_back({now_, 0, -static_cast<double>(reserved - spent)});
      it = running_.erase(it);
    }
  }

  static std::int64_t rank(LimitRequest const& of) {
    return of.since.time_since_epoch().count() - of.priority * Duration(6s).count();
  }

  void advance() {
    auto const turn = limits_.advance(now_);
    EXPECT_TRUE(turn.refused.empty());
    for (auto const ticket : turn.granted) {
      auto const it = waiting_.find(ticket);
      ASSERT_NE(it, waiting_.end());
      LimitRequest const started = it->second;
      waiting_.erase(it);
      for (auto const& [other, left] : waiting_)
        EXPECT_FALSE(rank(left) < rank(started)) << other << " was overtaken by " << ticket;
      running_[ticket] = {started, now_ + Duration(pick(1'000, 5'000'000))};
      flows_.push_back({now_, 1, static_cast<double>(started.tokens)});
      check_minute();
    }
    EXPECT_LE(running_.size(), static_cast<std::size_t>(concurrent_max));
    if (!waiting_.empty() && running_.empty()) {
      EXPECT_TRUE(limits_.next_wake()) << "who waits is woken";
    }
  }

  /// Every stretch of time that ends now and is at most a minute long.
  void check_minute() {
    while (!flows_.empty() && now_ - flows_.front().at > 60s) flows_.pop_front();
    double requests = 0;
    double tokens = 0;
    constexpr double largest = 12'000;
    for (auto it = flows_.rbegin(); it != flows_.rend(); ++it) {
      requests += it->requests;
      tokens += it->tokens;
      double const minutes = std::chrono::duration<double>(now_ - it->at).count() / 60;
      EXPECT_LE(requests, requests_a_minute * (burst_minutes + minutes) + 1e-3);
      double const over = largest - tokens_a_minute * burst_minutes;
      EXPECT_LE(tokens, tokens_a_minute * (burst_minutes + minutes) + over + 1e-3);
    }
  }

  std::mt19937 random_;
  ProviderLimits limits_;
  Instant now_ = t0;
  LimitTicket last_ = 0;
  std::map<LimitTicket, LimitRequest> waiting_;
  std::map<LimitTicket, Call> running_;
  std::deque<Flow> flows_;
};

TEST(ProviderLimitsRandom, WhatIsPromisedHolds) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World(seed).run();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace ropewalk::ai

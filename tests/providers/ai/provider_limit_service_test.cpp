// Permits across shards: granted, waited for, withdrawn by cancellation, woken on time, never lost.
#include "providers/ai/provider_limit_service.hpp"

#include "engine/async/async_scope.hpp"
#include "engine/async/shard.hpp"
#include "tests/engine/async/run_coro.hpp"
#include "tests/providers/ai/limits_support.hpp"

namespace ropewalk::ai {
namespace {

using namespace test;
using namespace std::chrono_literals;
using ropewalk::test::eventually;
using ropewalk::test::run_coro;

class SteadyClock final : public Clock {
 public:
  Instant now() const override {
    return t0 + std::chrono::duration_cast<Duration>(Steady::now() - start_);
  }

 private:
  Steady::time_point start_ = Steady::now();
};

struct Bench {
  Bench(Executor home, LimitSettings settings)
      : service(home, clock, one_provider(settings), [this](auto const& all) {
          running = all.front().running;
          waiting = all.front().waiting;
        }) {}

  SteadyClock clock;
  std::size_t running = 0;  // when the home is this shard
  std::size_t waiting = 0;
  ProviderLimitService service;
};

struct Seen {
  std::optional<Result<Permit>> permit{};
  std::optional<LimitWait> wait{};
};

Async<> acquire_into(ProviderLimitService& service, Seen& seen) {
  LimitRequest asked = request("m", 5);
  WaitListener listener = [&seen](LimitWait const& wait) { seen.wait = wait; };
  seen.permit.emplace(co_await service.acquire(std::move(asked), std::move(listener)));
}

Async<> waits_and_goes_on() {
  auto const executor = co_await asio::this_coro::executor;
  Bench bench(executor, {.max_concurrent = 1});
  AsyncScope scope(executor);
  Seen first;
  Seen second;
  scope.spawn(acquire_into(bench.service, first));
  scope.spawn(acquire_into(bench.service, second));
  auto const told = co_await eventually([&] { return second.wait.has_value(); });
  EXPECT_TRUE(told);
  EXPECT_TRUE(first.permit && *first.permit);
  EXPECT_FALSE(first.wait);
  EXPECT_FALSE(second.permit);
  EXPECT_EQ(bench.running, 1U);
  EXPECT_EQ(bench.waiting, 1U);
  LimitTicket const ticket = second.wait->ticket;
  auto const why = co_await bench.service.explain(ticket);
  EXPECT_TRUE(why && why->limit == "maxConcurrent");
  auto const all = co_await bench.service.describe();
  EXPECT_EQ(all.size(), 1U);
  first.permit->value().settle(used(3));
  co_await scope.join();
  EXPECT_TRUE(second.permit && *second.permit);
  second.permit.reset();  // dropped: goes back all the same
  auto const idle = co_await eventually([&] { return bench.running == 0; });
  EXPECT_TRUE(idle);
}

TEST(ProviderLimitService, WhoWaitsIsToldAndGoesOnWhenACallEnds) {
  run_coro(waits_and_goes_on());
}

Async<> cancelled_while_waiting() {
  auto const executor = co_await asio::this_coro::executor;
  Bench bench(executor, {.max_concurrent = 1});
  Seen first;
  co_await acquire_into(bench.service, first);
  Seen second;
  {
    AsyncScope scope(executor);
    scope.spawn(acquire_into(bench.service, second));
    auto const waits = co_await eventually([&] { return bench.waiting == 1; });
    EXPECT_TRUE(waits);
    scope.cancel();
    co_await scope.join();
  }
  EXPECT_TRUE(second.permit && second.permit->has_error());
  EXPECT_EQ(second.permit->error().code, "cancelled");
  EXPECT_EQ(bench.waiting, 0U);
  EXPECT_EQ(bench.running, 1U);
  first.permit.reset();
  auto const idle = co_await eventually([&] { return bench.running == 0; });
  EXPECT_TRUE(idle);
}

TEST(ProviderLimitService, CancellationTakesTheRequestBack) {
  run_coro(cancelled_while_waiting());
}

Async<> woken_by_time() {
  auto const executor = co_await asio::this_coro::executor;
  Bench bench(executor, {.requests_per_minute = 600, .burst = 100ms});  // one in 100 ms
  auto const start = Steady::now();
  for (int i = 0; i < 4; ++i) {
    Seen seen;
    co_await acquire_into(bench.service, seen);
    EXPECT_TRUE(*seen.permit);
    if (*seen.permit) seen.permit->value().settle(used(1));
  }
  EXPECT_GE(Steady::now() - start, 295ms);
}

TEST(ProviderLimitService, WakesWhenTheTimeHasCome) {
  run_coro(woken_by_time());
}

Async<> refused_at_once() {
  auto const executor = co_await asio::this_coro::executor;
  Bench bench(executor, {.tokens_per_minute = 4});
  Seen seen;
  co_await acquire_into(bench.service, seen);
  EXPECT_TRUE(seen.permit->has_error());
  EXPECT_EQ(seen.permit->error().code, "exceeds_rate_limit");
}

TEST(ProviderLimitService, WhatCouldNeverStartIsRefused) {
  run_coro(refused_at_once());
}

Async<> call_often(ProviderLimitService& service, int times, int& done) {
  for (int i = 0; i < times; ++i) {
    Seen seen;
    co_await acquire_into(service, seen);
    if (!*seen.permit) continue;
    ++done;
    if (i % 3 == 0) seen.permit->value().settle(used(5));
    if (i % 3 == 1) seen.permit->value().withdraw();
  }
}

Async<> from_all_shards(Shard& home, Shard& other, ProviderLimitService& service) {
  auto const executor = co_await asio::this_coro::executor;
  int here = 0;
  int there = 0;
  AsyncScope scope(executor);
  for (int i = 0; i < 8; ++i) scope.spawn(call_often(service, 50, here));
  auto make = [&] { return call_often(service, 400, there); };
  co_await on_shard(other, make);
  co_await scope.join();
  EXPECT_EQ(here, 400);
  EXPECT_EQ(there, 400);
  auto const all = co_await service.describe();
  EXPECT_EQ(all[0].at("running"), 0);
  EXPECT_EQ(all[0].at("waiting"), 0);
  EXPECT_FALSE(home.is_current());
}

TEST(ProviderLimitService, ServesCallersOnEveryShardAndLosesNoPermit) {
  Shard home(0);
  Shard other(1);
  home.start();
  other.start();
  SteadyClock clock;
  LimitSettings settings;
  settings.max_concurrent = 3;
  ProviderLimitService service(home.executor(), clock, one_provider(settings));
  run_coro(from_all_shards(home, other, service));
  other.join();
  home.join();
}

}  // namespace
}  // namespace ropewalk::ai

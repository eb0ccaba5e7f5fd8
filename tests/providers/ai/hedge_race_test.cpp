// HedgeRace: whichever says something first is listened to; nothing outlives the race.
#include "providers/ai/hedge_race.hpp"

#include "engine/async/deadline.hpp"
#include "tests/engine/async/run_coro.hpp"

#include <gmock/gmock.h>

namespace ropewalk::ai {
namespace {

using namespace std::chrono_literals;
using ropewalk::test::run_coro;

/// Speaks after `delay`, ends after another; counts what runs.
struct Speaker {
  Steady::duration delay{};
  std::string word{};
  bool fails = false;
  Steady::duration turn{};  // after which it has its turn
  int running = 0;
  int ran = 0;

  Async<Result<std::string>> call_in_turn(
      ChatListener const& listener, std::function<void()> on_turn
  ) {
    if (turn.count() > 0) co_await sleep_for(turn);
    on_turn();
    auto calling = call(listener);
    co_return co_await std::move(calling);
  }

  Async<Result<std::string>> call(ChatListener const& listener) {
    struct Count {
      int& running;
      explicit Count(int& counter) : running(counter) { ++running; }
      ~Count() { --running; }
    } const count(running);
    ++ran;
    co_await sleep_for(delay);
    if (fails) co_return Error{ErrorClass::transient, "overloaded", "no"};
    listener(TextDelta{word});
    co_await sleep_for(1ms);
    co_return word;
  }
};

struct Heard {
  std::string text{};
  Result<std::string> result{Error{}};
};

Async<> race(Duration hedge_after, Speaker& first, Speaker& second, Heard& heard) {
  HedgeRace<std::string> contest(co_await asio::this_coro::executor, [&](ChatEvent const& event) {
    if (auto const* delta = std::get_if<TextDelta>(&event)) heard.text += delta->text;
  });
  auto running = contest.run(
      hedge_after,
      [&](ChatListener const& listener) {
        return first.call_in_turn(listener, [&] { contest.first_began(); });
      },
      [&](ChatListener const& listener) { return second.call(listener); }
  );
  heard.result = co_await std::move(running);
}

TEST(HedgeRace, TheSecondDoesNotBeginWhenTheFirstIsQuick) {
  Speaker first{0ms, "one"};
  Speaker second{0ms, "two"};
  Heard heard;
  run_coro(race(1h, first, second, heard));
  EXPECT_EQ(*heard.result, "one");
  EXPECT_EQ(heard.text, "one");
  EXPECT_EQ(second.ran, 0);
}

TEST(HedgeRace, TheSecondWinsWhenTheFirstIsLate) {
  Speaker first{1h, "one"};
  Speaker second{0ms, "two"};
  Heard heard;
  run_coro(race(1ms, first, second, heard));
  EXPECT_EQ(*heard.result, "two");
  EXPECT_EQ(heard.text, "two");
  EXPECT_EQ(first.running, 0);
}

TEST(HedgeRace, WaitingForATurnIsNotBeingLate) {
  Speaker first{0ms, "one"};
  first.turn = 30ms;
  Speaker second{0ms, "two"};
  Heard heard;
  run_coro(race(1ms, first, second, heard));
  EXPECT_EQ(*heard.result, "one");
  EXPECT_EQ(second.ran, 0);
}

TEST(HedgeRace, TheFirstMayStillWin) {
  Speaker first{20ms, "one"};
  Speaker second{1h, "two"};
  Heard heard;
  run_coro(race(1ms, first, second, heard));
  EXPECT_EQ(*heard.result, "one");
  EXPECT_EQ(second.ran, 1);
  EXPECT_EQ(second.running, 0);
}

TEST(HedgeRace, AFailureWithoutAWordLetsTheOtherGoOn) {
  Speaker first{5ms, "one", true};
  Speaker second{20ms, "two"};
  Heard heard;
  run_coro(race(1ms, first, second, heard));
  EXPECT_EQ(*heard.result, "two");
}

TEST(HedgeRace, WhenBothFailTheFirstErrorIsTold) {
  Speaker first{5ms, "one", true};
  Speaker second{1ms, "two", true};
  Heard heard;
  run_coro(race(1ms, first, second, heard));
  EXPECT_EQ(heard.result.error().code, "overloaded");
}

TEST(HedgeRace, CancellingEndsBoth) {
  Speaker first{1h, "one"};
  Speaker second{1h, "two"};
  auto body = [](Speaker& one, Speaker& two) -> Async<> {
    Heard heard;
    auto const signal = std::make_shared<asio::cancellation_signal>();
    AsyncScope scope(co_await asio::this_coro::executor);
    auto running = race(1ms, one, two, heard);
    scope.spawn(std::move(running), signal);
    auto both = ropewalk::test::eventually([&] { return one.running + two.running == 2; });
    EXPECT_TRUE(co_await std::move(both));
    signal->emit(asio::cancellation_type::terminal);
    co_await scope.join();
    EXPECT_EQ(one.running + two.running, 0);
  };
  run_coro(body(first, second));
}

}  // namespace
}  // namespace ropewalk::ai

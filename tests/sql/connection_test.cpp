// Goal: connections keep their promises under errors, large data, cancellation and full pools.
// Method: a real PostgreSQL.

#include "engine/async/async_scope.hpp"
#include "engine/async/deadline.hpp"
#include "sql/sql_error.hpp"
#include "tests/sql/support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>

namespace ropewalk::sql::testing {
namespace {

using namespace std::chrono_literals;
using ConnectionTest = SqlTest;

constexpr Statement add{"add", "SELECT $1::integer + $2::bigint, $3::text, $4::timestamptz"};
constexpr Statement divide{"divide", "SELECT 1 / $1::integer"};
constexpr Statement repeat_text{"repeat_text", "SELECT repeat($1::text, $2::integer)"};
constexpr Statement sleep_long{"sleep_long", "SELECT pg_sleep(30)"};

TEST_F(ConnectionTest, ParametersAndResultsKeepTheirValues) {
  auto body = [](ConnectOptions options) -> Async<> {
    auto connection = co_await Connection::open(options);
    CO_ASSERT_OK(connection);
    auto const at = Instant(std::chrono::microseconds(-86'400'000'000'001));
    for (int round = 0; round < 2; ++round) {
      Params params;
      params.int4(-7).int8(1LL << 40).text("ü'\"\\").at(at);
      auto rows = co_await (*connection)->run(add, std::move(params));
      CO_ASSERT_OK(rows);
      EXPECT_EQ(rows->integer(0, 0), (1LL << 40) - 7);
      EXPECT_EQ(rows->text(0, 1), "ü'\"\\");
      EXPECT_EQ(rows->at(0, 2), at);
    }
  };
  run(body(connect_));
}

TEST_F(ConnectionTest, AnErrorRollsTheWholeRunBackAndTheConnectionGoesOn) {
  query("CREATE TABLE numbers (n integer)");
  static constexpr Statement insert{"insert", "INSERT INTO numbers VALUES ($1::integer)"};
  auto body = [](ConnectOptions options) -> Async<> {
    auto connection = co_await Connection::open(options);
    CO_ASSERT_OK(connection);
    std::vector<Step> steps(3);
    steps[0].statement = steps[2].statement = &insert;
    steps[1].statement = &divide;
    steps[0].params.int4(1);
    steps[1].params.int4(0);
    steps[2].params.int4(2);
    auto failed = co_await (*connection)->run(steps);
    EXPECT_EQ(failed ? "" : sqlstate_of(failed.error()), "22012");
    EXPECT_FALSE((*connection)->is_broken());
    steps[1].params = Params();
    steps[1].params.int4(1);
    auto done = co_await (*connection)->run(steps);
    CO_ASSERT_OK(done);
    EXPECT_EQ(done->size(), 3u);
  };
  run(body(connect_));
  EXPECT_EQ(query("SELECT sum(n) FROM numbers"), "3");
}

TEST_F(ConnectionTest, LargeValuesGoBothWays) {
  auto body = [](ConnectOptions options) -> Async<> {
    auto connection = co_await Connection::open(options);
    CO_ASSERT_OK(connection);
    std::vector<Step> steps(8);
    for (auto& step : steps) {
      step.statement = &repeat_text;
      step.params.text(std::string(1'000'000, 'a')).int4(4);
    }
    auto rows = co_await (*connection)->run(steps);
    CO_ASSERT_OK(rows);
    for (auto const& one : *rows) EXPECT_EQ(one.text(0, 0).size(), 4'000'000u);
  };
  run(body(connect_));
}

TEST_F(ConnectionTest, AnUnansweredRunEndsAtItsLimit) {
  connect_.run_limit = 100ms;
  auto body = [](ConnectOptions options) -> Async<> {
    auto connection = co_await Connection::open(options);
    CO_ASSERT_OK(connection);
    auto rows = co_await (*connection)->run(sleep_long);
    EXPECT_EQ(rows ? "" : rows.error().code, "database_unavailable");
    EXPECT_TRUE((*connection)->is_broken());
  };
  run(body(connect_));
  connect_.run_limit = 40s;
}

TEST_F(ConnectionTest, WhatCannotBeReachedIsSaidWithoutThePassword) {
  auto body = [](std::string conninfo, std::string code) -> Async<> {
    ConnectOptions options;
    options.conninfo = std::move(conninfo);
    auto connection = co_await Connection::open(options);
    EXPECT_FALSE(connection);
    if (connection) co_return;
    EXPECT_EQ(connection.error().code, code) << connection.error().message;
    EXPECT_EQ(connection.error().message.find("s3cret"), std::string::npos);
    EXPECT_EQ(connection.error().hint.find("s3cret"), std::string::npos);
  };
  run(body("postgresql://me:s3cret@127.0.0.1:1/db", "database_unavailable"));
  run(body("postgresql://me:s3cret@/db?host=/nonexistent", "database_unavailable"));
  run(body("postgresql://me:s3cret@127.0.0.1:port/db", "database_unavailable"));
  run(body("postgresql://me:s3cret@host:1:2:3?x=s3cret", "invalid_database_url"));
  auto const here = shared_cluster().conninfo() + " password=s3cret ";
  run(body(here + "dbname=missing", "database_error"));
  run(body(here + "user=missing", "database_error"));
}

TEST_F(ConnectionTest, AFullPoolServesInTurnAndThenSaysOverloaded) {
  auto pool = make_pool(/*connections_max=*/2);
  auto body = [](ConnectionPool& shared) -> Async<> {
    {
      auto one = co_await shared.acquire();
      auto two = co_await shared.acquire();
      CO_ASSERT_OK(one);
      CO_ASSERT_OK(two);
      auto three = co_await shared.acquire();
      EXPECT_EQ(three ? "" : three.error().code, "overloaded");
    }
    AsyncScope scope(co_await asio::this_coro::executor);
    int finished_count = 0;
    auto user = [](ConnectionPool& pool_of_two, int& count) -> Async<> {
      Params params;
      params.text("x").int4(1);
      auto rows = co_await pool_of_two.run(repeat_text, std::move(params));
      CO_ASSERT_OK(rows);
      ++count;
    };
    for (int i = 0; i < 50; ++i) scope.spawn(user(shared, finished_count));
    co_await scope.join();
    EXPECT_EQ(finished_count, 50);
    EXPECT_EQ(shared.open_count(), 2u);
  };
  run(body(*pool));
}

TEST_F(ConnectionTest, ABrokenConnectionIsReplaced) {
  auto pool = make_pool(/*connections_max=*/1);
  auto body = [](ConnectionPool& shared) -> Async<> {
    static constexpr Statement pid{"pid", "SELECT pg_backend_pid()"};
    auto first = co_await shared.run(pid);
    CO_ASSERT_OK(first);
    static constexpr Statement suicide{"suicide", "SELECT pg_terminate_backend(pg_backend_pid())"};
    auto killed = co_await shared.run(suicide);
    EXPECT_EQ(killed ? "" : killed.error().code, "database_unavailable");
    auto second = co_await shared.run(pid);
    CO_ASSERT_OK(second);
    EXPECT_NE(first->integer(0, 0), second->integer(0, 0));
  };
  run(body(*pool));
}

TEST_F(ConnectionTest, ACancelledCallLeavesNothingBehind) {
  auto pool = make_pool(/*connections_max=*/1);
  auto body = [](ConnectionPool& shared) -> Async<> {
    AsyncScope scope(co_await asio::this_coro::executor);
    auto user = [](ConnectionPool& pool_of_one) -> Async<> {
      auto rows = co_await pool_of_one.run(sleep_long);
      EXPECT_FALSE(rows);
    };
    scope.spawn(user(shared));
    scope.spawn(user(shared));  // waits for the first
    co_await sleep_for(50ms);
    scope.cancel();
    co_await scope.join();
    EXPECT_EQ(shared.open_count(), 0u);
    Params params;
    params.text("x").int4(1);
    auto rows = co_await shared.run(repeat_text, std::move(params));
    CO_ASSERT_OK(rows);
  };
  run(body(*pool));
}

TEST_F(ConnectionTest, NoticesGoToTheCallback) {
  std::string heard;
  connect_.on_notice = [&](std::string_view text) { heard += text; };
  query("DO $$ BEGIN RAISE NOTICE 'hear this'; END $$");
  EXPECT_EQ(heard, "hear this");
  connect_.on_notice = {};
}

TEST(SqlError, StatesHaveClasses) {
  auto code = [](std::string_view state) { return error_from_state(state, "x", "").code; };
  auto of = [](std::string_view state) { return error_from_state(state, "x", "").error_class; };
  EXPECT_EQ(code("57P01"), "database_unavailable");
  EXPECT_EQ(of("08006"), ErrorClass::transient);
  EXPECT_EQ(of("40P01"), ErrorClass::transient);
  EXPECT_EQ(of("53100"), ErrorClass::resource);
  EXPECT_EQ(of("42P01"), ErrorClass::permanent);
  EXPECT_EQ(code("RW001"), "fenced");
  EXPECT_TRUE(is_data_error(error_from_state("22P02", "x", "")));
  EXPECT_TRUE(is_data_error(error_from_state("23505", "x", "tasks_pkey")));
  EXPECT_FALSE(is_data_error(error_from_state("42P01", "x", "")));
}

}  // namespace
}  // namespace ropewalk::sql::testing

// Goal: any number of servers bring an empty database to the newest schema once, and none touches
// one it does not know. Method: migrate() side by side in a schema of its own.

#include "sql/migrations.hpp"

#include "engine/async/async_scope.hpp"
#include "sql/sha256.hpp"
#include "tests/sql/support.hpp"

#include <vector>

namespace ropewalk::sql::testing {
namespace {

class MigrationsTest : public SqlTest {
 protected:
  void SetUp() override {
    SqlTest::SetUp();
    query("DROP SCHEMA " + schema_ + " CASCADE; CREATE SCHEMA " + schema_);
  }
  std::string migrate_to(std::vector<Migration> steps) {
    std::string code = "done";
    auto body = [](ConnectOptions options, std::vector<Migration> known, std::string& out
                ) -> Async<> {
      auto done = co_await migrate(options, known);
      if (!done) out = done.error().code;
    };
    run(body(connect_, std::move(steps), code));
    return code;
  }
};

TEST_F(MigrationsTest, FiveServersAtOnce) {
  auto body = [](ConnectOptions options) -> Async<> {
    AsyncScope scope(co_await asio::this_coro::executor);
    auto server = [](ConnectOptions own) -> Async<> {
      auto done = co_await migrate(own);
      CO_ASSERT_OK(done);
    };
    for (int i = 0; i < 5; ++i) scope.spawn(server(options));
    co_await scope.join();
  };
  run(body(connect_));
  EXPECT_EQ(query("SELECT count(*) FROM schema_migrations"), std::to_string(migrations().size()));
}

TEST_F(MigrationsTest, StepsAreAppliedInOrderAndOnce) {
  std::vector<Migration> steps{
      {1, "0001_a", "CREATE TABLE a (n int)"}, {2, "0002_b", "INSERT INTO a VALUES (1) -- end"}};
  EXPECT_EQ(migrate_to({steps[0]}), "done");
  EXPECT_EQ(migrate_to(steps), "done");
  EXPECT_EQ(migrate_to(steps), "done");
  EXPECT_EQ(query("SELECT count(*) FROM a"), "1");
  EXPECT_EQ(migrate_to({steps[0]}), "schema_too_new");
  steps[1].sql = "INSERT INTO a VALUES (2)";
  EXPECT_EQ(migrate_to(steps), "schema_changed");
}

TEST_F(MigrationsTest, AFailedStepLeavesNothing) {
  std::vector<Migration> steps{{1, "0001_a", "CREATE TABLE a (n int); SELECT 1/0"}};
  EXPECT_EQ(migrate_to(steps), "database_error");
  EXPECT_EQ(query("SELECT to_regclass('a') IS NULL"), "t");
  steps[0].sql = "CREATE TABLE a (n int)";
  EXPECT_EQ(migrate_to(steps), "done");
}

TEST(Sha256, KnownAnswer) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace ropewalk::sql::testing

// Goal: kept answers and conversations come back as written, for as long as they should, once each.
// Method: the stores against a real PostgreSQL.

#include "sql/conversations.hpp"
#include "sql/response_cache.hpp"
#include "sql/store.hpp"
#include "sql/text_key.hpp"
#include "tests/sql/support.hpp"

namespace ropewalk::sql::testing {
namespace {

class MemoryTest : public SqlTest {
 protected:
  void SetUp() override {
    SqlTest::SetUp();
    pool_ = make_pool();
  }
  void TearDown() override {
    pool_.reset();
    SqlTest::TearDown();
  }
  std::unique_ptr<ConnectionPool> pool_;
};

TEST_F(MemoryTest, AnAnswerIsKeptForItsTime) {
  auto body = [](ConnectionPool& pool) -> Async<> {
    PostgresResponseCache cache(pool);
    auto none = co_await cache.get("k");
    CO_ASSERT_OK(none);
    EXPECT_FALSE(*none);
    auto put = co_await cache.put("k", "{\"text\":\"grüße \\u0000\"}", std::chrono::hours(1));
    CO_ASSERT_OK(put);
    put = co_await cache.put("short", "{}", Duration(1));
    CO_ASSERT_OK(put);
    auto found = co_await cache.get("k");
    CO_ASSERT_OK(found);
    EXPECT_EQ(found->value_or(""), "{\"text\":\"grüße \\u0000\"}");
    auto gone = co_await cache.get("short");
    CO_ASSERT_OK(gone);
    EXPECT_FALSE(*gone);
    put = co_await cache.put("k", "{}", std::chrono::hours(1));
    CO_ASSERT_OK(put);
    found = co_await cache.get("k");
    CO_ASSERT_OK(found);
    EXPECT_EQ(found->value_or(""), "{}");
  };
  run(body(*pool_));
}

TEST_F(MemoryTest, ATurnIsSaidOnceAndTheLastOnesComeInOrder) {
  auto body = [](ConnectionPool& pool) -> Async<> {
    PostgresConversations store(pool);
    for (int i = 1; i <= 5; ++i) {
      std::string const id = "turn" + std::to_string(i);
      auto added = co_await store.append("c", id, "[" + std::to_string(i) + "]");
      CO_ASSERT_OK(added);
    }
    auto again = co_await store.append("c", "turn1", "[\"again\"]");
    CO_ASSERT_OK(again);
    auto added = co_await store.append("other", "turn1", "[9]");
    CO_ASSERT_OK(added);
    auto all = co_await store.load("c", 100, "turn6");
    CO_ASSERT_OK(all);
    EXPECT_EQ(all->size(), 5u);
    EXPECT_EQ(all->front(), "[\"again\"]") << "in its old place";
    auto last = co_await store.load("c", 2, "turn5");
    CO_ASSERT_OK(last);
    EXPECT_EQ(last->size(), 2u);
    EXPECT_EQ(last->front(), "[3]");
    EXPECT_EQ(last->back(), "[4]");
    auto none = co_await store.load("nobody", 10, "turn1");
    CO_ASSERT_OK(none);
    EXPECT_TRUE(none->empty());
  };
  run(body(*pool_));
}

TEST_F(MemoryTest, AnyKeyWillDo) {
  auto body = [](ConnectionPool& pool) -> Async<> {
    PostgresConversations store(pool);
    std::vector<std::string> keys;
    keys.emplace_back(1'000'000, 'x');
    keys.emplace_back("nul\0inside", 10);
    keys.emplace_back("\xff\xfe");
    keys.emplace_back("");
    for (auto const& key : keys) {
      auto added = co_await store.append(key, key, "[]");
      CO_ASSERT_OK(added);
      auto turns = co_await store.load(key, 10, "later");
      CO_ASSERT_OK(turns);
      EXPECT_EQ(turns->size(), 1u);
    }
  };
  run(body(*pool_));
  EXPECT_EQ(text_key("plain"), "plain");
  EXPECT_NE(text_key(text_key(std::string(600, 'x'))), text_key(std::string(600, 'x')))
      << "nobody can name the hash of another's key";
}

TEST_F(MemoryTest, PruningTakesWhatIsOldAndPastItsTime) {
  query(
      "INSERT INTO response_cache SELECT 'old' || i, '{}', now() - interval '1 s'"
      " FROM generate_series(1, 5) i"
  );
  query("INSERT INTO response_cache VALUES ('kept', '{}', now() + interval '1 h')");
  query(
      "INSERT INTO conversation_turns (conversation, turn_id, body, created_at)"
      " SELECT 'c', i::text, '[]', now() - i * interval '1 day' FROM generate_series(0, 6) i"
  );
  auto const now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  auto body = [](ConnectionPool& pool, Instant older_than) -> Async<> {
    Store store(pool);
    auto counts = co_await store.prune(older_than, /*batch_size=*/2);
    CO_ASSERT_OK(counts);
    EXPECT_EQ(counts->cached_responses, 5);
    EXPECT_EQ(counts->conversation_turns, 4);
  };
  run(body(*pool_, now - std::chrono::hours(60)));
  EXPECT_EQ(query("SELECT string_agg(key, ',') FROM response_cache"), "kept");
  EXPECT_EQ(query("SELECT count(*) FROM conversation_turns"), "3");
}

}  // namespace
}  // namespace ropewalk::sql::testing

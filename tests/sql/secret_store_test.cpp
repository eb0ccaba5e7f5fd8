// Goal: encrypted secrets come back as written, and a later value is never replaced by an earlier.

#include "sql/secret_store.hpp"

#include "tests/sql/support.hpp"

namespace ropewalk::sql::testing {
namespace {

using SecretStoreTest = SqlTest;

SealedSecret sealed(std::string name, std::int64_t version, std::string text) {
  SealedSecret out;
  out.name = std::move(name);
  out.version = version;
  out.key_id = "k1";
  out.sealed = std::move(text);
  return out;
}

TEST_F(SecretStoreTest, KeepsTheLatestOfEach) {
  auto pool = make_pool();
  auto body = [](ConnectionPool& connections) -> Async<> {
    SecretStore store(connections);
    auto const first = co_await store.next_version();
    CO_ASSERT_OK(first);
    auto const second = co_await store.next_version();
    CO_ASSERT_OK(second);
    EXPECT_GT(*second, *first);
    auto later = sealed("B", *second, "later");
    auto earlier = sealed("B", *first, "earlier");
    auto done = co_await store.put(later);
    CO_ASSERT_OK(done);
    done = co_await store.put(earlier);
    CO_ASSERT_OK(done);
    auto other = sealed("A", *first, "other");
    done = co_await store.put(other);
    CO_ASSERT_OK(done);
    auto found = co_await store.get("B");
    CO_ASSERT_OK(found);
    EXPECT_EQ(found->value_or(SealedSecret{}).sealed, "later");
    EXPECT_GT(found->value_or(SealedSecret{}).updated_at, Instant{});
    auto all = co_await store.list(10);
    CO_ASSERT_OK(all);
    EXPECT_EQ(all->size(), 2U);
    EXPECT_EQ(all->at(0).name, "A");
    auto anew = later;
    anew.key_id = "k2";
    auto resealed = co_await store.reseal(anew);
    CO_ASSERT_OK(resealed);
    EXPECT_TRUE(*resealed);
    resealed = co_await store.reseal(earlier);
    CO_ASSERT_OK(resealed);
    EXPECT_FALSE(*resealed) << "that value is not there any more";
    auto removed = co_await store.remove("B");
    CO_ASSERT_OK(removed);
    EXPECT_TRUE(*removed);
    removed = co_await store.remove("B");
    CO_ASSERT_OK(removed);
    EXPECT_FALSE(*removed);
    found = co_await store.get("B");
    CO_ASSERT_OK(found);
    EXPECT_FALSE(*found);
  };
  run(body(*pool));
}

}  // namespace
}  // namespace ropewalk::sql::testing

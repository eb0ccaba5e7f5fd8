// Goal: ids are UUIDs of version 7, sort by time, and carry their home shard whatever the random
// bits are.

#include "engine/base/ids.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ropewalk {
namespace {

constexpr Instant noon{std::chrono::microseconds(1'769'860'800'000'000)};

TEST(ExecutionId, carries_its_shard_and_version) {
  std::mt19937_64 random(7);
  for (std::uint32_t shards = 1; shards <= 128; ++shards) {
    std::uint32_t const shard = static_cast<std::uint32_t>(random() % shards);
    auto const id = ExecutionId::make(noon, {random(), random()}, shard, shards);
    EXPECT_EQ(id.shard(shards), shard);
    EXPECT_EQ(id.to_string()[14], '7');
    EXPECT_NE(std::string("89ab").find(id.to_string()[19]), std::string::npos);
    EXPECT_EQ(ExecutionId::parse(id.to_string()), id);
  }
}

TEST(ExecutionId, sorts_by_time) {
  auto const early = ExecutionId::make(noon, {~0ULL, ~0ULL}, 0, 1);
  auto const late = ExecutionId::make(noon + std::chrono::milliseconds(1), {0, 0}, 0, 1);
  EXPECT_LT(early, late);
  EXPECT_LT(early.to_string(), late.to_string());
}

TEST(ExecutionId, parses_either_case_and_nothing_else) {
  std::string const text = "0198c0de-0000-7abc-8def-0123456789ab";
  ASSERT_TRUE(ExecutionId::parse(text));
  EXPECT_EQ(ExecutionId::parse("0198C0DE-0000-7ABC-8DEF-0123456789AB"), ExecutionId::parse(text));
  EXPECT_FALSE(ExecutionId::parse(""));
  EXPECT_FALSE(ExecutionId::parse(text + "0"));
  EXPECT_FALSE(ExecutionId::parse("0198c0de00007abc8def0123456789ab0000"));
  EXPECT_FALSE(ExecutionId::parse("0198c0dg-0000-7abc-8def-0123456789ab"));
  EXPECT_TRUE(ExecutionId{}.is_nil());
  EXPECT_NE(
      std::hash<ExecutionId>()(*ExecutionId::parse(text)), std::hash<ExecutionId>()(ExecutionId{})
  );
}

}  // namespace
}  // namespace ropewalk

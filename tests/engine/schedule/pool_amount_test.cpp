// Amounts of pools between what people write and what is counted.
#include "engine/schedule/pool_amount.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace ropewalk {
namespace {

using boost::json::value;

TEST(PoolAmount, IsShownInItsUnit) {
  EXPECT_EQ(amount_text("cpu", 1000), "1 core");
  EXPECT_EQ(amount_text("cpu", 2500), "2.5 cores");
  EXPECT_EQ(amount_text("cpu", 10), "0.01 cores");
  EXPECT_EQ(amount_text("memory", 1U << 30U), "1024 MiB");
  EXPECT_EQ(amount_text("gpu", 1), "1 slot");
  EXPECT_EQ(amount_value("cpu", 2000), value(std::uint64_t{2}));
  EXPECT_EQ(amount_value("cpu", 500), value(0.5));
  EXPECT_EQ(amount_value("memory", 4096), value(std::uint64_t{4096}));
}

TEST(PoolAmount, IsReadInItsUnit) {
  EXPECT_EQ(read_amount("cpu", value(2)).value(), 2000U);
  EXPECT_EQ(read_amount("cpu", value(0.25)).value(), 250U);
  EXPECT_EQ(read_amount("memory", value(4096)).value(), 4096U);
  EXPECT_EQ(read_amount("memory", value("8GiB")).value(), std::uint64_t{8} << 30U);
  EXPECT_EQ(read_amount("gpu", value(0)).value(), 0U);
}

TEST(PoolAmount, WhatIsNoAmountIsRefused) {
  double const infinite = std::numeric_limits<double>::infinity();
  for (auto const& wrong : {value(-1), value(1e7), value(infinite), value("2"), value(nullptr)})
    EXPECT_FALSE(read_amount("cpu", wrong)) << wrong;
  for (auto const& wrong : {value(-1), value(1.5), value("2"), value(true)})
    EXPECT_FALSE(read_amount("gpu", wrong)) << wrong;
  EXPECT_FALSE(read_amount("memory", value("much")));
}

}  // namespace
}  // namespace ropewalk

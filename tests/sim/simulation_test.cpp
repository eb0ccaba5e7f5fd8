// The engine under a seed: random workflows, failures, crashes and commands; every invariant after
// every step.
//
//   tests_sim                      a few thousand seeds, as the suite runs it
//   tests_sim --seeds 100000       a long run
//   tests_sim --seed 4711          one seed, exactly as it was
#include "tests/sim/world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace ropewalk::sim {
namespace {

std::uint64_t first_seed = 1;
std::uint64_t seeds_count = 2000;

TEST(Simulation, KeepsEveryPromiseUnderEverySeed) {
  World::Counts total;
  for (std::uint64_t seed = first_seed; seed < first_seed + seeds_count; ++seed) {
    try {
      World world(seed);
      world.run();
      total.executions += world.counts().executions;
      total.attempts += world.counts().attempts;
      total.crashes += world.counts().crashes;
      total.retries += world.counts().retries;
      total.cancels += world.counts().cancels;
      total.rejected += world.counts().rejected;
      total.calls += world.counts().calls;
      total.answers += world.counts().answers;
      total.loans += world.counts().loans;
      total.holds += world.counts().holds;
      total.resolved += world.counts().resolved;
      total.items += world.counts().items;
      total.finals += world.counts().finals;
      total.signals += world.counts().signals;
      total.decisions += world.counts().decisions;
    } catch (Violation const& violation) {
      ADD_FAILURE() << violation.what() << "\n  again with: tests_sim --seed " << seed;
    }
  }
  std::cout << seeds_count << " seeds: " << total.executions << " executions, " << total.attempts
            << " attempts, " << total.crashes << " crashes, " << total.cancels << " cancels, "
            << total.retries << " retries by hand, " << total.rejected << " rejected, "
            << total.calls << " calls (" << total.answers << " answered, " << total.loans
            << " on loan), " << total.holds << " held for a person, " << total.resolved
            << " failures resolved, " << total.items << " items, " << total.finals
            << " attempts of finally, " << total.signals << " signals, " << total.decisions
            << " decisions\n";
  if (seeds_count >= 1000) {
    EXPECT_GT(total.executions, seeds_count);
    EXPECT_GT(total.crashes, seeds_count / 2) << "a run in which nothing goes wrong proves nothing";
    EXPECT_GT(total.retries, 0U);
    EXPECT_GT(total.loans, seeds_count / 10);
    EXPECT_GT(total.calls, total.loans) << "some calls find slots of their own";
    EXPECT_GT(total.holds, 0U);
    EXPECT_GT(total.resolved, 0U);
    EXPECT_GT(total.items, 0U);
    EXPECT_GT(total.finals, 0U);
    EXPECT_GT(total.signals, seeds_count / 10);
    EXPECT_GT(total.decisions, seeds_count / 10);
  }
}

TEST(Simulation, ASeedReplaysExactly) {
  auto const run = [](std::uint64_t seed) {
    World world(seed);
    world.run();
    return world.counts().attempts;
  };
  for (std::uint64_t seed = 1; seed < 50; ++seed) EXPECT_EQ(run(seed), run(seed));
}

}  // namespace
}  // namespace ropewalk::sim

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string const flag = argv[i];
    std::uint64_t const value = std::strtoull(argv[i + 1], nullptr, 10);
    if (flag == "--seeds") ropewalk::sim::seeds_count = value;
    if (flag == "--seed") {
      ropewalk::sim::first_seed = value;
      ropewalk::sim::seeds_count = 1;
    }
  }
  return RUN_ALL_TESTS();
}

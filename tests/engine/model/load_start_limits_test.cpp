// Goal: `rateLimit`, `debounce` and `singleton`: what is read, and the problem of what is not.

#include "tests/engine/model/fake_types.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

using test::fake_types;
using test::problems_of;
using namespace std::chrono_literals;

std::string with(std::string const& fields) {
  return "name: x\n" + fields + "\ntasks: {a: {type: pass}}";
}

TEST(StartLimits, AreRead) {
  auto const loaded = load_workflow(
      with("rateLimit: {limit: 10, per: 1m, key: '${{ inputs.c }}', onLimit: queue}\n"
           "singleton: {onConflict: return}"),
      fake_types()
  );
  ASSERT_EQ(problems_of(loaded), "");
  auto const& rate = *loaded.workflow->rate_limit;
  EXPECT_EQ(rate.limit, 10U);
  EXPECT_EQ(rate.per, 1min);
  EXPECT_TRUE(rate.key);
  EXPECT_TRUE(rate.queues);
  EXPECT_FALSE(loaded.workflow->singleton->key);
  EXPECT_TRUE(loaded.workflow->singleton->gives_running);
  EXPECT_FALSE(loaded.workflow->debounce);
  auto const debounced = load_workflow(with("debounce: {delay: 5s}"), fake_types());
  ASSERT_EQ(problems_of(debounced), "");
  EXPECT_EQ(debounced.workflow->debounce->delay, 5s);
  EXPECT_EQ(debounced.workflow->debounce->longest, 1min) << "unless it is set";
  auto const plain = load_workflow(with("rateLimit: {limit: 1, per: 1s}"), fake_types());
  EXPECT_FALSE(plain.workflow->rate_limit->queues);
}

TEST(StartLimits, Problems) {
  std::pair<char const*, char const*> const cases[]{
      {"rateLimit: {}", "2:1 missing_field rateLimit.limit\n2:1 missing_field rateLimit.per\n"},
      {"rateLimit: {limit: 0, per: 1m}", "2:20 out_of_range rateLimit.limit\n"},
      {"rateLimit: {limit: 1, per: soon}", "2:28 invalid_duration rateLimit.per\n"},
      {"rateLimit: {limit: 1, per: 31d}", "2:28 out_of_range rateLimit.per\n"},
      {"rateLimit: {limit: 1, per: 0s}", "2:28 out_of_range rateLimit.per\n"},
      {"rateLimit: {limit: 1, per: 1m, onLimit: return}", "2:41 unknown_word rateLimit.onLimit\n"},
      {"rateLimit: {limit: 1, per: 1m, window: 1}", "2:32 unknown_field rateLimit.window\n"},
      {"rateLimit: {limit: 1, per: 1m, key: '${{ tasks.a.output }}'}",
       "2:42 not_upstream rateLimit.key\n"},
      {"rateLimit: 10", "2:12 wrong_kind rateLimit\n"},
      {"debounce: {maxWait: 1m}", "2:1 missing_field debounce.delay\n"},
      {"debounce: {delay: 5s, maxWait: 4s}", "2:32 out_of_range debounce.maxWait\n"},
      {"debounce: {delay: 5s, key: '${{ secrets.K }}'}", "2:32 secret_not_allowed debounce.key\n"},
      {"singleton: {onConflict: queue}", "2:25 unknown_word singleton.onConflict\n"},
      {"debounce: {delay: 5s}\nsingleton: {}", "2:11 conflicting_fields debounce\n"},
      {"debounce: {delay: 5s}\nrateLimit: {limit: 1, per: 1s}",
       "2:11 conflicting_fields debounce\n"},
  };
  for (auto const& [fields, problems] : cases)
    EXPECT_EQ(problems_of(load_workflow(with(fields), fake_types())), problems) << fields;
}

}  // namespace
}  // namespace ropewalk

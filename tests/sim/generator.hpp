#pragma once
// Random workflows: every shape and option that the engine knows, kept small so that a failing seed
// can be read.

#include "engine/model/workflow.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace ropewalk::sim {

/// The only source of randomness in a simulation: SplitMix64 over the seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// 0 … bound-1. REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// The same as JSON reads whole numbers.
  std::int64_t number(std::uint64_t bound) { return static_cast<std::int64_t>(below(bound)); }
  bool chance(unsigned percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

/// `work` needs a slot, `agent` as well and calls the tasks in its `calls`; `pass` and `wait` are
/// the engine's own.
TaskTypes const& types();

/// A valid workflow named "w<n>". Outputs of `work` tasks are numbers from 0 to 9.
std::shared_ptr<Workflow const> generate_workflow(Random& random, std::uint64_t n);

}  // namespace ropewalk::sim

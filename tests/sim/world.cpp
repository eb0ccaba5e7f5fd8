#include "tests/sim/world.hpp"

namespace ropewalk::sim {
namespace {

Instant const epoch = Instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
constexpr std::size_t events_max =
    200'000;  // far more than any plan needs: past it, something goes round in circles

}  // namespace

World::World(std::uint64_t seed)
    : random_(seed),
      now_(epoch),
      pools_{
          {"cpu", 1000 * (3 + random_.below(4))},
          {"default", 1 + random_.below(6)},
          {"gpu", 1 + random_.below(2)},
          {"io", 1 + random_.below(3)},
          {"memory", 1 << 30}},
      shards_count_(1 + static_cast<std::uint32_t>(random_.below(3))) {
  may_hang_ = random_.chance(75);
  boot();
  plan();
}

void World::in(Duration delay, std::function<void()> happen, bool survives_crash) {
  events_.push({now_ + delay, order_++, survives_crash ? 0 : life_, std::move(happen)});
}

void World::run() {
  std::size_t happened = 0;
  while (!events_.empty()) {
    Event event = events_.top();
    events_.pop();
    if (event.life != 0 && event.life != life_) continue;
    now_ = std::max(now_, event.at);
    event.happen();
    check_step();
    if (++happened > events_max) throw Violation("it never comes to rest");
  }
  check_end();
}

}  // namespace ropewalk::sim

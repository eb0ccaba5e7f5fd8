// Who may start next, with a long queue: one slot comes back, one request gets it, one joins.
#include "engine/schedule/admission.hpp"

#include <benchmark/benchmark.h>

namespace ropewalk {
namespace {

Instant const start = Instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 31));

SlotRequest make_request(RequestId id, std::shared_ptr<TaskOptions const> const& options) {
  SlotRequest out;
  out.id = id;
  out.execution = ExecutionId::make(start, {id, id}, 0, 1);
  out.task = "work";
  out.options = options;
  out.execution_started = start + std::chrono::milliseconds(id);
  out.queued_at = out.execution_started;
  return out;
}

std::shared_ptr<TaskOptions const> needs(std::vector<PoolNeed> pools) {
  TaskOptions out;
  out.needs = std::move(pools);
  return std::make_shared<TaskOptions const>(std::move(out));
}

void grant_one(benchmark::State& state) {
  auto const waiting_count = static_cast<RequestId>(state.range(0));
  Admission admission({{"default", 8}, {"gpu", 1}, {"memory", 1'000'000}});
  std::vector<std::shared_ptr<TaskOptions const>> const kinds{
      needs({{"default", 1}}),
      needs({{"default", 1}, {"memory", 1000}}),
      needs({{"default", 1}, {"gpu", 1}})};
  RequestId next = 1;
  auto const join = [&] {
    auto const& kind = kinds[next % kinds.size()];
    if (!admission.request(make_request(next, kind))) std::abort();
    ++next;
  };
  while (next <= waiting_count) join();
  auto running = admission.grant(start);
  for (auto _ : state) {
    admission.release(running.back());
    running.pop_back();
    join();
    for (auto const id : admission.grant(start)) running.push_back(id);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(grant_one)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace ropewalk

// The engine's decisions alone: executions of `pass` tasks through EngineCore, every change durable
// at once. What a task costs beside the database and the wire.
#include "engine/schedule/core.hpp"

#include <benchmark/benchmark.h>

#include <stdexcept>

namespace ropewalk {
namespace {

Instant const start = Instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 31));

/// `count` tasks, each after the one before it, or all at once.
std::shared_ptr<Workflow const> make_workflow(std::int64_t count, bool is_chain) {
  static TaskTypes const types;
  std::string text = "name: bench\ntasks:\n";
  for (std::int64_t i = 0; i < count; ++i) {
    text += "  t" + std::to_string(i) + ": {type: pass";
    if (is_chain && i > 0) text += ", needs: [t" + std::to_string(i - 1) + "]";
    text += "}\n";
  }
  auto loaded = load_workflow(text, types);
  if (!loaded.workflow) throw std::runtime_error("the workflow of this benchmark is wrong");
  return loaded.workflow;
}

void run_to_end(EngineCore& core) {
  auto now = start;
  while (core.has_batch() || core.has_effects()) {
    now += std::chrono::microseconds(10);
    benchmark::DoNotOptimize(core.take_effects());
    if (!core.has_batch()) continue;
    auto batch = core.take_batch();
    core.committed(std::move(batch), {}, now);
  }
}

void run_executions(benchmark::State& state, bool is_chain) {
  auto const workflow = make_workflow(state.range(0), is_chain);
  EngineCore core(CoreOptions{});
  std::uint64_t number = 0;
  for (auto _ : state) {
    NewExecution record;
    record.workflow = workflow->name;
    record.created_at = start;
    auto const id = ExecutionId::make(start, {++number, number}, 0, 1);
    if (!core.submit(id, workflow, std::move(record), {}, true, start)) std::abort();
    run_to_end(core);
  }
  if (core.live_count() != 0) state.SkipWithError("executions did not end");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void chain(benchmark::State& state) {
  run_executions(state, true);
}
BENCHMARK(chain)->Arg(3)->Arg(1'000);

void independent(benchmark::State& state) {
  run_executions(state, false);
}
BENCHMARK(independent)->Arg(1'000)->Arg(100'000);

}  // namespace
}  // namespace ropewalk

// Events as they are written for the journal and the wire: one a status change, one a log line.
#include "engine/schedule/event_writer.hpp"

#include <benchmark/benchmark.h>

namespace ropewalk {
namespace {

Instant const start = Instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 31));
constexpr int events_each = 100;

void write_statuses(benchmark::State& state) {
  EventWriter writer;
  auto now = start;
  TaskStatusEvent event;
  event.task = "classify";
  event.attempt = 1;
  event.status = Status::running;
  for (auto _ : state) {
    now += std::chrono::microseconds(50);
    for (int i = 0; i < events_each; ++i) writer.task_status(now, event);
    benchmark::DoNotOptimize(writer.take());
  }
  state.SetItemsProcessed(state.iterations() * events_each);
}
BENCHMARK(write_statuses);

void write_log_lines(benchmark::State& state) {
  EventWriter writer;
  auto now = start;
  LogLine line;
  line.text = "2026-01-31 08:15:00 \"GET /index.html\" took 12 ms, café";
  for (auto _ : state) {
    now += std::chrono::microseconds(50);
    for (int i = 0; i < events_each; ++i) writer.task_log(now, "classify", 1, line);
    benchmark::DoNotOptimize(writer.take());
  }
  state.SetItemsProcessed(state.iterations() * events_each);
}
BENCHMARK(write_log_lines);

}  // namespace
}  // namespace ropewalk

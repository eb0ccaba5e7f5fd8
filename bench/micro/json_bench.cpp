// JSON from outside and back: a document of about 10 KiB, as a task's output may be.
#include "engine/base/json.hpp"

#include <benchmark/benchmark.h>

namespace ropewalk {
namespace {

std::string make_document() {
  std::string out = "[";
  for (int i = 0; i < 100; ++i) {
    if (i > 0) out += ',';
    out += R"({"id":)" + std::to_string(i) +
           R"(,"name":"an entry","score":0.75,"tags":["a","b"],"text":"line\nand \u00e9"})";
  }
  return out + "]";
}

void parse(benchmark::State& state) {
  auto const text = make_document();
  for (auto _ : state) benchmark::DoNotOptimize(parse_json(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(parse);

void write(benchmark::State& state) {
  auto const value = parse_json(make_document()).value();
  auto const size = to_text(value).size();
  for (auto _ : state) benchmark::DoNotOptimize(to_text(value));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}
BENCHMARK(write);

}  // namespace
}  // namespace ropewalk

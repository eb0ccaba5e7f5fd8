// A prompt of 2 KiB with a loop over 20 items: compiled once, rendered often.
#include "engine/model/prompt/prompt.hpp"

#include <benchmark/benchmark.h>

namespace ropewalk::prompt {
namespace {

std::string make_text() {
  std::string out =
      "---\nmodel: m\n---\n{{role \"system\"}}\nYou answer {{customer.name}} of "
      "{{customer.city}}.\n";
  while (out.size() < 1700)
    out += "Keep to the facts below; say so when they do not hold the answer.\n";
  out +=
      "{{#each items}}\n{{@index}}. {{title}} ({{status}}){{#if note}}: "
      "{{note}}{{/if}}\n{{/each}}\n";
  out += "{{role \"user\"}}\n{{question}}\n";
  while (out.size() < 2048) out += "Answer in one paragraph.\n";
  return out;
}

RenderInput make_input() {
  json::array items;
  for (int i = 0; i < 20; ++i) {
    json::object item{{"title", "Item number " + std::to_string(i)}, {"status", "open"}};
    if (i % 2 == 0) item["note"] = "as agreed by telephone";
    items.push_back(std::move(item));
  }
  RenderInput out;
  out.input = json::object{
      {"customer", {{"name", "Ann"}, {"city", "Oslo"}}},
      {"items", items},
      {"question", "Which are open?"}};
  return out;
}

void parse_prompt(benchmark::State& state) {
  std::string const text = make_text();
  for (auto _ : state) benchmark::DoNotOptimize(Prompt::parse(text, "bench.prompt"));
}
BENCHMARK(parse_prompt);

void render_prompt(benchmark::State& state) {
  auto const prompt = Prompt::parse(make_text(), "bench.prompt").value();
  RenderInput const input = make_input();
  for (auto _ : state) benchmark::DoNotOptimize(prompt.render(input));
}
BENCHMARK(render_prompt);

/// The text alone, which is what Handlebars does.
void render_prompt_text(benchmark::State& state) {
  auto const prompt = Prompt::parse(make_text(), "bench.prompt").value();
  RenderInput const input = make_input();
  for (auto _ : state)
    benchmark::DoNotOptimize(render_template(prompt.body(), input.input, {}, {}));
}
BENCHMARK(render_prompt_text);

}  // namespace
}  // namespace ropewalk::prompt

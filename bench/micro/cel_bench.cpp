// A condition and a template, as workflows have them: compiled once, evaluated often.
#include "engine/model/cel/template.hpp"

#include <boost/json/parse.hpp>

#include <benchmark/benchmark.h>

namespace ropewalk::cel {
namespace {

constexpr char const* condition = "tasks.classify.output.urgency > 7 && inputs.name != 'nobody'";

class Variables final : public Activation {
 public:
  std::optional<Value> lookup(std::string_view name) const override {
    auto const* found = document_.get_object().if_contains(name);
    return found == nullptr ? std::nullopt : std::optional(Value::view(*found));
  }

 private:
  boost::json::value document_ = boost::json::parse(R"({
    "inputs": {"name": "Ann", "list": [1, 2, 3, 4, 5, 6, 7, 8]},
    "tasks": {"classify": {"status": "COMPLETED", "output": {"urgency": 9}}}
  })");
};

void compile_condition(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Expression::compile(condition));
}
BENCHMARK(compile_condition);

void evaluate_condition(benchmark::State& state) {
  Variables const variables;
  auto const expression = Expression::compile(condition).value();
  for (auto _ : state) benchmark::DoNotOptimize(expression.evaluate_condition(variables));
}
BENCHMARK(evaluate_condition);

void evaluate_macro(benchmark::State& state) {
  Variables const variables;
  auto const expression =
      Expression::compile("inputs.list.filter(v, v % 2 == 0).map(v, v * v)").value();
  for (auto _ : state) benchmark::DoNotOptimize(expression.evaluate(variables));
}
BENCHMARK(evaluate_macro);

void evaluate_template(benchmark::State& state) {
  Variables const variables;
  auto const text =
      Template::compile("Hello ${{ inputs.name }}: ${{ tasks.classify.output }}").value();
  for (auto _ : state) benchmark::DoNotOptimize(text.evaluate(variables));
}
BENCHMARK(evaluate_template);

}  // namespace
}  // namespace ropewalk::cel

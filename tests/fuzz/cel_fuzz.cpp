// Expressions and templates: compiling and evaluating end soon, and give the same result twice.
#include "engine/base/json.hpp"
#include "engine/model/cel/template.hpp"
#include "engine/model/cel/value_json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace {

using namespace ropewalk;

class Variables final : public cel::Activation {
 public:
  std::optional<cel::Value> lookup(std::string_view name) const override {
    auto const* found = document_.get_object().if_contains(name);
    if (found == nullptr) return std::nullopt;
    return cel::Value::view(*found);
  }

 private:
  json::value document_ = boost::json::parse(R"({
    "x": 7, "y": -2.5, "big": 18446744073709551615, "text": "aé\u0000z", "none": null,
    "inputs": {"name": "Ann", "at": "2026-01-31T08:15:00Z", "list": [1, 2.0, "3", [4], {"k": 5}]},
    "tasks": {"a": {"status": "COMPLETED", "output": {"score": 9, "tags": ["p", "q"]}}}
  })");
};

std::string outcome(Result<json::value> const& result) {
  return result ? to_text(*result) : result.error().code + result.error().message;
}

void try_expression(std::string_view text, cel::Limits const& limits, Variables const& variables) {
  auto const expression = cel::Expression::compile(text, limits);
  if (!expression) return fuzz::require(!expression.error().message.empty(), "an error speaks");
  (void)expression->variables();
  (void)expression->unknown_functions();
  auto const evaluate = [&]() -> Result<json::value> {
    auto const value = expression->evaluate(variables, limits);
    if (!value) return value.error();
    return cel::to_json(*value, limits);
  };
  fuzz::require(outcome(evaluate()) == outcome(evaluate()), "one result");
  (void)expression->evaluate_condition(variables, limits);
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static Variables const variables;
  cel::Limits limits;
  limits.source_bytes_max = 4096;
  limits.cost_max = 20'000;
  limits.result_bytes_max = 64 * 1024;
  auto const text = fuzz::as_text(data, size);
  try_expression(text, limits, variables);
  auto const parts = cel::Template::compile(text, limits);
  if (!parts) return 0;
  fuzz::require(
      outcome(parts->evaluate(variables, limits)) == outcome(parts->evaluate(variables, limits)),
      "one result of a template"
  );
  return 0;
}

// Goal: no source and no data can make an expression overflow the stack, run on, or fill the
// memory. Method: hostile sources far past each limit, values that double or nest with each step,
// and truncations and mutations of a long expression.

#include "tests/engine/model/cel/map_activation.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ropewalk::cel {
namespace {

std::string repeat(std::string_view part, std::size_t count) {
  std::string text;
  for (std::size_t index = 0; index < count; ++index) text += part;
  return text;
}

std::string run_code(std::string const& source, Limits const& limits = {}) {
  auto const expression = Expression::compile(source, limits);
  if (!expression) return expression.error().code;
  auto const value = expression->evaluate(MapActivation(), limits);
  if (!value) return value.error().code;
  auto const json = to_json(*value, limits);
  return json ? "" : json.error().code;
}

TEST(CelLimits, DeepSourcesAreRefused) {
  Limits const wide{.source_bytes_max = 1 << 20, .nodes_max = 1 << 20};
  for (char const* part :
       {"(", "[", "{", "{1:", "!(", "-(", "a.b(", "a[", "1?", "x?1:", "1+(", "a||("}) {
    EXPECT_EQ(run_code(repeat(part, 100'000), wide), "bad_expression") << part;
    EXPECT_EQ(run_code(repeat(part, 100'000)), "bad_expression") << part;
  }
  EXPECT_EQ(run_code("a" + repeat(".a", 100'000), wide), "bad_expression");
  EXPECT_EQ(run_code("1" + repeat("+1", 100'000), wide), "bad_expression");
  EXPECT_EQ(run_code("[1]" + repeat(".map(x,[x])", 10'000), wide), "bad_expression");
  EXPECT_EQ(run_code(repeat("!-", 50'000) + "1", wide), "bad_expression");
}

TEST(CelLimits, LongRowsOfSignsAndConditionsAreFine) {
  EXPECT_EQ(run_code(repeat("-", 16'000) + "1"), "");
  EXPECT_EQ(run_code(repeat("!", 16'001) + "true"), "");
  EXPECT_EQ(run_code("true" + repeat(" && true", 1'500)), "");
}

TEST(CelLimits, SourceAndNodesAreBounded) {
  EXPECT_EQ(run_code(repeat(" ", 17'000) + "1"), "bad_expression");
  EXPECT_EQ(run_code("[" + repeat("1,", 5'000) + "1]"), "bad_expression");
}

TEST(CelLimits, StepsAreBounded) {
  Limits const few{.cost_max = 100'000};
  std::string const hundred = "[" + repeat("1,", 99) + "1]";
  std::string const million =
      hundred + ".all(a," + hundred + ".all(b," + hundred + ".all(c, true)))";
  EXPECT_EQ(run_code(million, few), "expression_too_costly");
  // A decided operand does not absorb it.
  EXPECT_EQ(run_code(million + " || true", few), "expression_too_costly");
  EXPECT_EQ(run_code("[1].exists(x, " + million + ")", few), "expression_too_costly");
}

TEST(CelLimits, DoublingValuesAreBounded) {
  Limits const few{.cost_max = 100'000};
  std::string const lists = "[1]" + repeat(".map(x, [x, x])", 100);
  EXPECT_EQ(run_code(lists, few), "expression_too_costly");
  EXPECT_EQ(run_code(lists + " == " + lists, few), "expression_too_costly");
  EXPECT_EQ(run_code("'%s'.format([" + lists + "])", few), "expression_too_costly");
  EXPECT_EQ(run_code("['ab']" + repeat(".map(x, x + x)", 60), few), "expression_too_costly");
  EXPECT_EQ(
      run_code("['ab']" + repeat(".map(x, x.replace('', x))", 60), few), "expression_too_costly"
  );
  EXPECT_EQ(run_code("[[1]]" + repeat(".map(x, x + x)", 60), few), "expression_too_costly");
}

TEST(CelLimits, NestedValuesAreBounded) {
  EXPECT_EQ(run_code("[1]" + repeat(".map(x, [[x]])", 100)), "expression_too_costly");
  EXPECT_EQ(run_code("[1]" + repeat(".map(x, {1: {1: x}})", 100)), "expression_too_costly");
}

TEST(CelLimits, ResultsAreBounded) {
  EXPECT_EQ(run_code("'0123456789'", {.result_bytes_max = 10}), "expression_too_costly");
  EXPECT_EQ(run_code("'0123456789'", {.result_bytes_max = 20}), "");
}

TEST(CelLimits, PatternsThatExplodeElsewhereAreLinear) {
  MapActivation activation;
  activation.set("text", Value(repeat("a", 100'000) + "b"));
  auto const run = [&](char const* source) {
    return Expression::compile(source)->evaluate(activation);
  };
  EXPECT_FALSE(run("text.matches('^(a+)+$')")->as<bool>());
  EXPECT_FALSE(run("text.matches('^(a|aa)' + '+$')")->as<bool>());
  EXPECT_EQ(
      run("text.matches('((a{1,100}){1,100}){1,100}' + '')").error().code, "expression_failed"
  );
}

TEST(CelLimits, TheDefaultBudgetEnds) {
  EXPECT_EQ(run_code("['ab']" + repeat(".map(x, x + x)", 60)), "expression_too_costly");
}

TEST(CelLimits, PatternsAreBounded) {
  Limits const few{.cost_max = 50'000};
  std::string const grown = "'a{1,1000}'";
  EXPECT_EQ(run_code("[" + repeat("''.matches('a'),", 33) + "]"), "bad_expression");
  EXPECT_EQ(run_code("[" + repeat("''.matches('a'),", 32) + "]"), "");
  EXPECT_EQ(
      run_code("[" + repeat("1,", 99) + "].exists(x, ''.matches(" + grown + " + ''))", few),
      "expression_too_costly"
  );
  EXPECT_EQ(
      run_code("'" + repeat("a", 8'000) + "'.matches(" + grown + ")", few), "expression_too_costly"
  );
}

// Errors are fine; what is looked for is a crash or a report of a sanitizer.
TEST(CelLimits, BrokenSourcesAreHandled) {
  std::string const whole =
      "{'a': [1, -2.5e3, 0xFFu, b'\\x00', r\"\"\"q\"\"\"]}.`a`[0] in [1].map(x, y, x > 0, {x: y}) "
      "? "
      "has(a.b['c']) && !f(-x) || timestamp('2024-01-01T00:00:00Z').getHours('Europe/Paris') % 2 "
      "== 1 "
      ": '%.3f %s'.format([1.0, duration('1h')]).split(' ', 2).join('\\u00e9').matches('a(b|c)*')";
  for (std::size_t size = 0; size <= whole.size(); ++size) run_code(whole.substr(0, size));
  std::mt19937 random(20240229);
  constexpr std::string_view alphabet = "()[]{}'\"`.,:?!-+*/%<>=&|\\ abrux019e\n\xC3";
  for (int round = 0; round < 5'000; ++round) {
    std::string broken = whole;
    for (int change = 0; change < 3; ++change) {
      broken[random() % broken.size()] = alphabet[random() % alphabet.size()];
    }
    run_code(broken);
  }
}

}  // namespace
}  // namespace ropewalk::cel

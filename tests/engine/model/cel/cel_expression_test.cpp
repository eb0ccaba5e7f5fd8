// Goal: each part of the language works, and says what is wrong when it does not. Method: a table
// of expressions with their results as JSON, one of expressions with their errors, and views on
// data that count how they are used.

#include "tests/engine/model/cel/map_activation.hpp"

#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <ostream>

namespace ropewalk::cel {
namespace {

struct Case {
  char const* expression;
  char const* expected;

  friend std::ostream& operator<<(std::ostream& out, Case const& test) {
    return out << test.expression;
  }
};

MapActivation const& variables() {
  static MapActivation const activation(R"json({
    "x": 7,
    "items": [1, 2.5, "three", null, {"k": [true]}],
    "big": 18446744073709551615,
    "tasks": {"classify": {"output": {"urgency": "high", "score": 0.75, "tags": ["a", "b"]}}}
  })json");
  return activation;
}

Result<boost::json::value> run(char const* source) {
  TRY(auto const expression, Expression::compile(source));
  TRY(auto const value, expression.evaluate(variables()));
  return to_json(value);
}

class ExpressionValue : public testing::TestWithParam<Case> {};

TEST_P(ExpressionValue, IsAsExpected) {
  auto const result = run(GetParam().expression);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(boost::json::serialize(*result), GetParam().expected);
}

constexpr Case literals_and_operators[] = {
    {"1 + 2 * 3 - 4 / 2 % 3", "5"},
    {"-(-x)", "7"},
    {"!!true", "true"},
    {"0xFFu", "255"},
    {"1e3 == 1000.0 && .5 == 0.5", "true"},
    {R"('a\'b' + "\u00e9\x41\101")", R"("a'béAA")"},
    {R"(r'\n' + """x"y""")", R"("\\nx\"y")"},
    {"b'\\xff\\000a'", R"("/wBh")"},
    {"true ? 'yes' : 1 / 0 > 0 ? 'a' : 'b'", R"("yes")"},
    {"1 < 2.5 && 3u > 2 && 2 == 2.0 && 1 != '1'", "true"},
    {"x > 5 || missing.field", "true"},
    {"missing.field || x > 5", "true"},
    {"false && missing", "false"},
    {"2 in [1, 2.0] && 'k' in {'k': 1} && !('z' in {})", "true"},
    {"{'a': [1, {'b': null}], 2: 'c', true: 1u}", R"({"a":[1,{"b":null}],"2":"c","true":1})"},
    {"[1] + [2, [3]]", "[1,2,[3]]"},
    {"{1: 'a'}[1.0] + {'b': 'c'}.b + {'d-e': 'f'}.`d-e`", R"("acf")"},
    {"'ab' < 'b' && b'a' < b'b' && false < true", "true"},
    {"1 // a comment\n + 1", "2"},
    {"[1, 2,] == [1, 2]", "true"},
};
INSTANTIATE_TEST_SUITE_P(Operators, ExpressionValue, testing::ValuesIn(literals_and_operators));

constexpr Case data[] = {
    {"tasks.classify.output.urgency == 'high'", "true"},
    {"tasks['classify'].output.tags[1]", R"("b")"},
    {"has(tasks.classify.output.score) && !has(tasks.classify.other)", "true"},
    {"items", R"([1,2.5E0,"three",null,{"k":[true]}])"},
    {"items[4].k[0] && items[3] == null", "true"},
    {"big == 18446744073709551615u && type(big) == uint", "true"},
    {"type(items[0]) == int && type(items[1]) == double && type(type(1)) == type", "true"},
    {"size(tasks.classify.output) + size(items) + size('é') + size(b'é')", "11"},
    {"type(timestamp(0)) == google.protobuf.Timestamp", "true"},
    {".x + [1].map(x, .x + x)[0]", "15"},
};
INSTANTIATE_TEST_SUITE_P(Data, ExpressionValue, testing::ValuesIn(data));

constexpr Case macros[] = {
    {"[1, 2, 3].map(n, n * n)", "[1,4,9]"},
    {"[1, 2, 3].map(n, n > 1, n * n)", "[4,9]"},
    {"[1, 2, 3].filter(n, n % 2 == 1)", "[1,3]"},
    {"[1, 2].all(n, n > 0) && [1, 2].exists(n, n > 1) && [1, 2].exists_one(n, n > 1)", "true"},
    {"[0, 1].exists(n, 1 / n == 1) && ![0, 2].all(n, 1 / n == 1)", "true"},
    {"{'a': 1, 'b': 2}.map(k, k)", R"(["a","b"])"},
    {"['a', 'b'].transformList(i, v, i > 0, [i, v])", R"([[1,"b"]])"},
    {"{'a': 1, 'b': 2}.transformMap(k, v, v > 1, k + '!')", R"({"b":"b!"})"},
    {"tasks.all(id, t, id == 'classify' && has(t.output))", "true"},
    {"cel.bind(v, x + 1, v * v)", "64"},
    {"[[1], [2, 3]].map(l, l.map(n, n + size(l)))", "[[2],[4,5]]"},
};
INSTANTIATE_TEST_SUITE_P(Macros, ExpressionValue, testing::ValuesIn(macros));

constexpr Case functions[] = {
    {"'hello'.contains('ell') && 'hello'.startsWith('he') && 'hello'.endsWith('lo')", "true"},
    {"'grey'.matches('^gr[ae]y$') && !matches('x', 'y')", "true"},
    {"'tacocat'.substring(1, 4) + 'tacocat'.substring(4) + 'é!'.charAt(1)", R"("acocat!")"},
    {"['aéa'.indexOf('a', 1), 'aéa'.lastIndexOf('a'), 'a'.indexOf('b')]", "[2,2,-1]"},
    {"'a-b-c'.replace('-', '+', 1) + 'ab'.replace('', '.')", R"("a+b-c.a.b.")"},
    {"['a,b,c'.split(','), 'a,b,c'.split(',', 2), 'éb'.split(''), ''.split(',')]",
     R"([["a","b","c"],["a","b,c"],["é","b"],[""]])"},
    {"['x', 'y'].join('-') + ' \u00a0T\t'.trim().lowerAscii() + 'é'.upperAscii()", R"("x-yté")"},
    {"'abc'.reverse() + strings.quote('a\"b')", R"("cba\"a\\\"b\"")"},
    {"'%s|%d|%.2f|%e|%x|%X|%o|%b|%%'.format([[1, {'a': null}], 5, 2.555, 1.0, 255, 'hi', 8, true])",
     R"("[1, {a: null}]|5|2.56|1.000000e+00|ff|6869|10|1|%")"},
    {"[math.greatest(1, 2.5), math.least([3, 1u]), math.abs(-2), math.sign(-2.0)]",
     "[2.5E0,1,2,-1E0]"},
    {"[math.ceil(1.2), math.floor(-1.2), math.round(2.5), math.trunc(-1.9), math.sqrt(9)]",
     "[2E0,-2E0,3E0,-1E0,3E0]"},
    {"math.isNaN(0.0 / 0.0) && math.isInf(1.0 / 0.0) && math.isFinite(1.0)", "true"},
    {"[math.bitAnd(6, 3), math.bitOr(6, 3), math.bitXor(6, 3), math.bitNot(0), "
     "math.bitShiftLeft(1, 4), math.bitShiftRight(-1, 60)]",
     "[2,7,5,-1,16,15]"},
    {"[int('42'), int(-3.9), int(5u), int(timestamp('1970-01-01T00:01:00Z'))]", "[42,-3,5,60]"},
    {"[double('1e2'), double(3), double(4u)]", "[1E2,3E0,4E0]"},
    {"[string(1), string(2.0), string(1e30), string(true), string(b'x'), string(duration('90s'))]",
     R"(["1","2","1e+30","true","x","90s"])"},
    {"uint('7') + uint(3.9) == 10u && bool('True') && !bool('0')", "true"},
    {"base64.encode(b'hello') + string(base64.decode('aGk'))", R"("aGVsbG8=hi")"},
};
INSTANTIATE_TEST_SUITE_P(Functions, ExpressionValue, testing::ValuesIn(functions));

constexpr Case times[] = {
    {"timestamp('2024-02-29T23:30:00.5+01:00')", R"("2024-02-29T22:30:00.500Z")"},
    {"timestamp('2024-01-01T00:00:00Z') + duration('1h30m') - duration('500ms')",
     R"("2024-01-01T01:29:59.500Z")"},
    {"timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00.25Z')", R"("86399.750s")"},
    {"[duration('-1.5s'), duration('0'), duration('3us2ns'), duration('-250ms')]",
     R"(["-1.500s","0s","0.000003002s","-0.250s"])"},
    {"duration('1h') > duration('59m') && timestamp(0) < timestamp(1)", "true"},
    {"[timestamp(0)].map(t, [t.getFullYear(), t.getMonth(), t.getDate(), t.getDayOfMonth(), "
     "t.getDayOfWeek(), t.getDayOfYear(), t.getHours(), t.getMilliseconds()])[0]",
     "[1970,0,1,0,4,0,0,0]"},
    {"[timestamp(0).getHours('+05:30'), timestamp(0).getMinutes('+05:30'), "
     "timestamp(0).getFullYear('-01:00')]",
     "[5,30,1969]"},
    {"timestamp('2040-07-01T12:00:00Z').getHours('Europe/Paris')", "14"},  // past the file's table
    {"timestamp('2040-01-01T12:00:00Z').getHours('Europe/Paris')", "13"},
    {"[duration('3730s').getHours(), duration('3730s').getMinutes(), "
     "duration('1.25s').getMilliseconds()]",
     "[1,62,250]"},
};
INSTANTIATE_TEST_SUITE_P(Times, ExpressionValue, testing::ValuesIn(times));

class ExpressionError : public testing::TestWithParam<Case> {};

TEST_P(ExpressionError, SaysWhatAndWhere) {
  auto const result = run(GetParam().expression);
  ASSERT_FALSE(result) << boost::json::serialize(*result);
  EXPECT_EQ(result.error().code + ": " + result.error().message, GetParam().expected);
}

constexpr Case compile_errors[] = {
    {"", "bad_expression: expected an expression, found nothing (at 1:1)"},
    {"1 +", "bad_expression: expected a value, found the end (at 1:4)"},
    {"(1", "bad_expression: expected ')' to close the parenthesis, found the end (at 1:3)"},
    {"é", "bad_expression: unexpected character (at 1:1)"},
    {"1 ==\n  = 2", "bad_expression: unexpected '=' (at 2:3)"},
    {"a b", "bad_expression: expected an operator or the end, found 'b' (at 1:3)"},
    {"'é' 1", "bad_expression: expected an operator or the end, found '1' (at 1:5)"},
    {"'open", "bad_expression: expected a closing quote (at 1:1)"},
    {"'\\q'", "bad_expression: unknown escape \\q in a text literal (at 1:1)"},
    {"'\\ud800'", "bad_expression: unknown escape \\u in a text literal (at 1:1)"},
    {"9223372036854775808", "bad_expression: the number does not fit an int (at 1:1)"},
    {"18446744073709551616u", "bad_expression: the number does not fit 64 bits (at 1:1)"},
    {"1e999", "bad_expression: the number does not fit a double (at 1:1)"},
    {"12ab", "bad_expression: expected an operator after the number (at 1:1)"},
    {"if", "bad_expression: expected a value (the word is reserved), found 'if' (at 1:1)"},
    {"has(x)", "bad_expression: expected a field in has() (at 1:1)"},
    {"[1].map(1, 2)", "bad_expression: expected the name of a variable here (at 1:9)"},
    {"[1].all(a)", "bad_expression: all takes other arguments (at 1:5)"},
    {"'a'.substring()", "bad_expression: substring takes 1 to 2 arguments, not 0 (at 1:5)"},
    {"{1: 2", "bad_expression: expected ',' or '}' in the map, found the end (at 1:6)"},
    {"a.in", "bad_expression: expected a field name after '.', found 'in' (at 1:3)"},
    {"\xff", "bad_expression: the expression is not valid UTF-8 (at 1:1)"},
};
INSTANTIATE_TEST_SUITE_P(Compiling, ExpressionError, testing::ValuesIn(compile_errors));

constexpr Case evaluation_errors[] = {
    {"missing", "expression_failed: unknown variable: missing (at 1:1)"},
    {"tasks.\nurgency", "expression_failed: no such key: urgency (at 2:1)"},
    {"x.y", "expression_failed: no field 'y' in a value of type int (at 1:3)"},
    {"length(items)", "expression_failed: unknown function: length (at 1:1)"},
    {"items[9]", "expression_failed: no index 9 in a list of 5 (at 1:6)"},
    {"items['a']", "expression_failed: no such overload: list[string] (at 1:6)"},
    {"1 + 1.0", "expression_failed: no such overload: int + double (at 1:3)"},
    {"9223372036854775807 + 1", "expression_failed: the result of '+' is out of range (at 1:21)"},
    {"1 / 0", "expression_failed: division by zero (at 1:3)"},
    {"1u - 2u", "expression_failed: the result of '-' is out of range (at 1:4)"},
    {"!x", "expression_failed: no such overload: !int (at 1:1)"},
    {"x && true", "expression_failed: expected true or false, found a value of type int (at 1:1)"},
    {"{'a': 1, 'a': 2}", "expression_failed: the map has the same key twice (at 1:1)"},
    {"{1.5: 1}", "expression_failed: a value of type double cannot be a key of a map (at 1:1)"},
    {"int('x')", "expression_failed: not a text that int() reads: x (at 1:1)"},
    {"uint(-1)", "expression_failed: -1 is out of range for uint (at 1:1)"},
    {"1.indexOf('a')", "expression_failed: no such overload: indexOf(int, string) (at 1:3)"},
    {"(1).indexOf('a')", "expression_failed: no such overload: indexOf(int, string) (at 1:5)"},
    {"'a'.charAt(2)", "expression_failed: position out of range: 2 (at 1:5)"},
    {"timestamp('yesterday')", "expression_failed: not a timestamp: yesterday (at 1:1)"},
    {"timestamp('2023-02-29T00:00:00Z')",
     "expression_failed: not a timestamp: 2023-02-29T00:00:00Z (at 1:1)"},
    {"duration('1 h')", "expression_failed: not a duration, or out of range: 1 h (at 1:1)"},
    {"timestamp(0).getHours('../../etc/passwd')",
     "expression_failed: no such time zone: ../../etc/passwd (at 1:14)"},
    {"timestamp(0).getHours('Mars/Base')",
     "expression_failed: no such time zone: Mars/Base (at 1:14)"},
    {"'%d'.format(['a'])", "expression_failed: %d cannot show a value of type string (at 1:6)"},
    {"'%s'.format([b'\\xff'])", "expression_failed: the bytes are not valid UTF-8 (at 1:6)"},
    {"{}['aéééééééééééééééééééééééééééééééééééé']",
     "expression_failed: no such key: aééééééééééééééééééééééééééééé… (at 1:3)"},
    {"0.0 / 0.0", "expression_failed: NaN has no form in JSON"},
    {"{1: 2, '1': 3}", "expression_failed: two keys of a map become the same in JSON: 1"},
};
INSTANTIATE_TEST_SUITE_P(Evaluating, ExpressionError, testing::ValuesIn(evaluation_errors));

TEST(Expression, RefusesABadPatternWhenItIsCompiled) {
  auto const expression = Expression::compile("x.matches('(')");
  ASSERT_FALSE(expression);
  EXPECT_EQ(expression.error().code, "bad_expression");
}

TEST(Expression, HintsAtWhatMayBeMeant) {
  EXPECT_EQ(Expression::compile("a = 1").error().hint, "Compare with '=='.");
  EXPECT_EQ(Expression::compile("a and b").error().hint, "Write '&&'.");
  EXPECT_EQ(run("'a'.toUpper()").error().hint, "Did you mean upperAscii?");
}

TEST(Expression, ErrorsHoldTheirPlaceAsData) {
  auto const error = Expression::compile("\n  =").error();
  EXPECT_EQ(error.detail, (boost::json::value{{"line", 2}, {"column", 3}}));
}

TEST(Expression, ListsTheVariablesItUses) {
  auto const expression = Expression::compile(
      "tasks.classify.output['urgency'] == inputs.level && has(env.HOME) &&\n"
      "items.all(item, item.ok && other[item]) && type(1) == int"
  );
  ASSERT_TRUE(expression);
  std::vector<std::vector<std::string>> paths;
  for (Reference const& reference : expression->variables()) paths.push_back(reference.path);
  std::vector<std::vector<std::string>> const expected{
      {"tasks", "classify", "output", "urgency"},
      {"inputs", "level"},
      {"env", "HOME"},
      {"items"},
      {"other"}};
  EXPECT_EQ(paths, expected);
  EXPECT_EQ(expression->variables()[3].position, (Position{2, 1}));
}

TEST(Expression, ListsUnknownFunctions) {
  auto const found = Expression::compile("len(x) > 0 && nope(1)")->unknown_functions();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].path, (std::vector<std::string>{"len", "size"}));
  EXPECT_EQ(found[1].path, (std::vector<std::string>{"nope"}));
}

TEST(Expression, ConditionsAreTrueOrFalse) {
  EXPECT_TRUE(*Expression::compile("x == 7")->evaluate_condition(variables()));
  auto const result = Expression::compile("x")->evaluate_condition(variables());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "expression_failed");
}

// A graph of a million tasks, of which only those asked for are made.
class ManyTasks final : public MapView {
 public:
  std::optional<Value> find(std::string_view key) const override {
    ++finds_count;
    return key.starts_with("task") ? std::optional(Value(std::string(key))) : std::nullopt;
  }
  std::size_t size() const override { return 2'000'000; }
  void keys(std::function<void(std::string_view)> const&) const override { ADD_FAILURE(); }

  mutable int finds_count = 0;
};

TEST(Expression, LooksUpLazyMapsWithoutWalkingThem) {
  ManyTasks const tasks;
  MapActivation activation;
  activation.set("tasks", Value(Map(tasks)));
  auto const evaluate = [&](char const* source) {
    return Expression::compile(source)->evaluate(activation);
  };
  EXPECT_EQ(evaluate("tasks.task9")->text(), "task9");
  EXPECT_EQ(tasks.finds_count, 1);
  EXPECT_FALSE(evaluate("has(tasks.other)")->as<bool>());
  EXPECT_FALSE(evaluate("1 in tasks")->as<bool>());
  EXPECT_EQ(evaluate("tasks.all(t, true)").error().code, "expression_too_costly");
  EXPECT_EQ(to_json(Value(Map(tasks))).error().code, "expression_too_costly");
}

TEST(Expression, LooksAtJsonInPlace) {
  boost::json::value const document{{"text", "abc"}};
  MapActivation activation;
  activation.set("d", Value::view(document));
  auto const value = Expression::compile("d.text.substring(1)")->evaluate(activation);
  EXPECT_EQ(value->text().data(), document.at("text").as_string().data() + 1);
}

}  // namespace
}  // namespace ropewalk::cel

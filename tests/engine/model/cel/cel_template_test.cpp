// Goal: expressions in text and in JSON documents are found, evaluated and escaped as documented.
// Method: tables of templates with their results and errors.

#include "engine/model/cel/json_template.hpp"
#include "tests/engine/model/cel/map_activation.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

namespace ropewalk::cel {
namespace {

MapActivation const& variables() {
  static MapActivation const activation(
      R"({"name": "Ann", "n": 3, "whole": 2.0, "list": [1, "a"], "nothing": null})"
  );
  return activation;
}

struct Case {
  char const* text;
  char const* expected;
};

TEST(Template, Evaluates) {
  Case const cases[] = {
      {"", R"("")"},
      {"plain", R"("plain")"},
      {"${{ n + 1 }}", "4"},
      {"${{list}}", R"([1,"a"])"},
      {"${{ nothing }}", "null"},
      {"Hello ${{ name }}!", R"("Hello Ann!")"},
      {"${{ name }}${{ n }}", R"("Ann3")"},
      {" ${{ n }}", R"(" 3")"},
      {"<${{ nothing }}|${{ list }}|${{ whole }}|${{ true }}>", R"("<|[1,\"a\"]|2.0|true>")"},
      {"${{ {\"a\": {\"b\": 1}} }}", R"({"a":{"b":1}})"},
      {"${{ {'a': {'b': 1}}}}", R"({"a":{"b":1}})"},
      {"${{ '}}' + \"}}\" }}", R"("}}}}")"},
      {"${{ r'\\' + '''it's }}''' }}", R"("\\it's }}")"},
      {"${{ {'a-}}': 1}.a }}", nullptr},
      {"${{ 1 // }} comment\n }}", "1"},
      {"$${{ name }}", R"("${{ name }}")"},
      {"a $${{ b }} ${{ n }}", R"("a ${{ b }} 3")"},
      {"$$${{ n }}", R"("$${{ n }}")"},
      {"$n {{ n }} $ {{n}} }}", R"("$n {{ n }} $ {{n}} }}")"},
  };
  for (Case const& test : cases) {
    auto const compiled = Template::compile(test.text);
    ASSERT_TRUE(compiled) << test.text << ": " << compiled.error().message;
    auto const result = compiled->evaluate(variables());
    ASSERT_EQ(result.has_value(), test.expected != nullptr) << test.text;
    if (result) {
      EXPECT_EQ(boost::json::serialize(*result), test.expected) << test.text;
    }
  }
}

TEST(Template, KnowsItsKind) {
  EXPECT_TRUE(Template::compile("")->is_constant());
  EXPECT_TRUE(Template::compile("$${{ a }}")->is_constant());
  EXPECT_FALSE(Template::compile("${{ a }}")->is_constant());
  EXPECT_TRUE(Template::compile("${{ a }}")->is_single_expression());
  EXPECT_FALSE(Template::compile("${{ a }} ")->is_single_expression());
  EXPECT_EQ(Template::compile("${{ a }} ${{ b }}")->expressions()[1].source(), " b ");
}

TEST(Template, ErrorsAreInTheTextsOwnPlace) {
  Case const cases[] = {
      {"a\nb ${{ x", "expected '}}' to close '${{' (at 2:3)"},
      {"${{ 'x }}", "expected '}}' to close '${{' (at 1:1)"},
      {"${{ }}", "expected an expression, found nothing (at 1:4)"},
      {"é ${{ 1 + }}", "expected a value, found the end (at 1:11)"},
      {"x\n ${{ 1\n + * }}", "expected a value, found '*' (at 3:4)"},
      {"${{ a } }}", "expected an operator or the end, found '}' (at 1:7)"},
  };
  for (Case const& test : cases) {
    auto const compiled = Template::compile(test.text);
    ASSERT_FALSE(compiled) << test.text;
    EXPECT_EQ(compiled.error().message, test.expected);
    EXPECT_EQ(compiled.error().code, "bad_expression");
  }
  auto const failed = Template::compile("abc ${{ nope }}")->evaluate(variables());
  EXPECT_EQ(failed.error().message, "unknown variable: nope (at 1:9)");
}

TEST(Template, ResultsAreBounded) {
  auto const compiled = Template::compile("${{ name }}${{ name }}${{ name }}");
  EXPECT_EQ(
      compiled->evaluate(variables(), {.result_bytes_max = 20}).error().code,
      "expression_too_costly"
  );
}

Result<JsonTemplate> compile_json(char const* text) {
  return JsonTemplate::compile(boost::json::parse(text));
}

TEST(JsonTemplate, Evaluates) {
  auto const compiled = compile_json(
      R"json({"${{ key }}": 1, "a/b~": ["${{ list }}", {"c": "hi ${{ name }}"}],
              "d": "$${{ e }}"})json"
  );
  ASSERT_TRUE(compiled) << compiled.error().message;
  EXPECT_FALSE(compiled->is_constant());
  ASSERT_EQ(compiled->entries().size(), 2u);
  EXPECT_EQ(compiled->entries()[0].pointer, "/a~1b~0/0");
  EXPECT_EQ(
      boost::json::serialize(*compiled->evaluate(variables())),
      R"json({"${{ key }}":1,"a/b~":[[1,"a"],{"c":"hi Ann"}],"d":"${{ e }}"})json"
  );
}

TEST(JsonTemplate, TheDocumentItselfMayBeAnExpression) {
  EXPECT_EQ(*compile_json(R"("${{ n }}")")->evaluate(variables()), boost::json::value(3));
}

TEST(JsonTemplate, ConstantDocumentsStay) {
  auto const compiled = compile_json(R"({"a": [1, "b", null]})");
  EXPECT_TRUE(compiled->is_constant());
  EXPECT_EQ(compiled->document(), boost::json::parse(R"({"a": [1, "b", null]})"));
}

TEST(Template, ASecretIsNoExpression) {
  auto const compiled = Template::compile("Bearer ${{secrets.API-KEY }}, ${{ name }}").value();
  EXPECT_FALSE(compiled.is_constant());
  ASSERT_EQ(compiled.secrets().size(), 1U);
  EXPECT_EQ(compiled.secrets()[0].name, "API-KEY");
  EXPECT_EQ(compiled.secrets()[0].position, (Position{1, 11}));
  EXPECT_EQ(compiled.expressions().size(), 1U);
  EXPECT_EQ(compiled.evaluate(variables()).error().code, "bad_expression");
  EXPECT_FALSE(Template::compile("${{ secrets.KEY }}").value().is_constant());
  for (auto const* text : {"${{ secrets.a + 'x' }}", "${{ secrets }}", "${{ [secrets.a] }}"})
    EXPECT_FALSE(Template::compile(text).value().has_secrets()) << text;
}

TEST(JsonTemplate, SecretsStandBesideWhatExpressionsGive) {
  auto const compiled =
      compile_json(R"({"env": {"A/B": "u:${{ secrets.KEY }}@${{ name }}"}, "data": "${{ name }}"})"
      );
  std::vector<SecretText> secrets;
  auto const shown = compiled->evaluate(variables(), {}, &secrets);
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_EQ(
      boost::json::serialize(*shown), R"({"env":{"A/B":"u:${{ secrets.KEY }}@Ann"},"data":"Ann"})"
  );
  ASSERT_EQ(secrets.size(), 1U);
  EXPECT_EQ(secrets[0].pointer, "/env/A~1B");
  ASSERT_EQ(secrets[0].pieces.size(), 4U);
  EXPECT_EQ(secrets[0].pieces[0].text, "u:");
  EXPECT_EQ(secrets[0].pieces[1].secret, "KEY");
  EXPECT_EQ(secrets[0].pieces[3].text, "Ann");
  EXPECT_EQ(compiled->evaluate(variables()).error().code, "bad_expression");
}

TEST(JsonTemplate, DataCannotNameASecret) {
  MapActivation activation;
  activation.set("x", from_json(boost::json::value("${{ secrets.KEY }}")));
  std::vector<SecretText> secrets;
  auto const compiled = compile_json(R"({"a": "${{ x }}", "b": ["t ${{ x }}"]})");
  auto const shown = compiled->evaluate(activation, {}, &secrets);
  ASSERT_TRUE(shown);
  EXPECT_TRUE(secrets.empty());
}

TEST(JsonTemplate, ErrorsSayThePath) {
  auto const broken = compile_json(R"({"env": {"NAME": "${{ 1 + }}"}})");
  EXPECT_EQ(broken.error().message, "/env/NAME: expected a value, found the end (at 1:9)");
  EXPECT_EQ(broken.error().detail.at("path"), "/env/NAME");
  auto const failed = compile_json(R"({"list": ["${{ nope }}"]})")->evaluate(variables());
  EXPECT_EQ(failed.error().message, "/list/0: unknown variable: nope (at 1:5)");
  EXPECT_EQ(failed.error().code, "expression_failed");
}

}  // namespace
}  // namespace ropewalk::cel

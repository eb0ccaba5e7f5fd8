// Goal: with an input schema no name is silently empty; what may be left out still may.
#include "engine/model/prompt/prompt.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

namespace ropewalk::prompt {
namespace {

constexpr char const* head =
    "---\ninput:\n  schema:\n    name: string\n    nick?: string\n    user?(object):\n      city: "
    "string\n"
    "      zip?: string\n    rows?(array):\n      id: integer\n      note?: string\n    free?: "
    "any\n---\n";

std::string render(std::string_view body, std::string_view input, Partials const& partials = {}) {
  auto const prompt = Prompt::parse(head + std::string(body), "p.prompt");
  if (!prompt) return prompt.error().message;
  RenderInput given;
  given.input = json::parse(input);
  auto const messages = prompt->render(given, partials);
  if (!messages) return messages.error().message + " | " + messages.error().hint;
  std::string out;
  for (auto const& message : *messages)
    for (auto const& part : message.parts) out += part.text;
  return out;
}

constexpr char const* ann = R"({"name": "Ann"})";

TEST(StrictNames, SlipsAreErrors) {
  EXPECT_EQ(
      render("a\n {{nmae}}", ann),
      "p.prompt:15:4: \"nmae\" is not declared by the input schema | did you mean \"name\"?"
  );
  EXPECT_EQ(render("{{#if nmae}}x{{/if}}", ann).substr(0, 22), "p.prompt:14:7: \"nmae\" ");
  EXPECT_EQ(
      render("{{#each rows}}{{idd}}{{/each}}", R"({"name":"A","rows":[{"id":1}]})"),
      "p.prompt:14:17: \"idd\" is not declared by the input schema | did you mean \"id\"?"
  );
  EXPECT_EQ(render("{{@root.nmae}}", ann).substr(0, 22), "p.prompt:14:3: \"nmae\" ");
  EXPECT_EQ(
      render("{{#with user}}{{cty}}{{/with}}", R"({"name":"A","user":{"city":"O"}})").substr(0, 20),
      "p.prompt:14:17: \"cty"
  );
}

TEST(StrictNames, WhatIsOptionalMayBeLeftOut) {
  EXPECT_EQ(render("x{{nick}}{{user.zip}}{{user.city}}y{{#if nick}}n{{/if}}", ann), "xy");
  EXPECT_EQ(
      render(
          "x{{#each rows}}{{id}}{{note}}{{/each}}",
          R"({"name":"A","rows":[{"id":1},{"id":2,"note":"n"}]})"
      ),
      "x12n"
  );
  EXPECT_EQ(render("{{#if user}}{{user.city}}{{else}}none{{/if}}", ann), "none");
}

TEST(StrictNames, WhatIsRequiredMayNot) {
  EXPECT_EQ(
      render("{{name}}", "{}").substr(0, 61),
      "p.prompt:14:3: \"name\" is required by the input schema, and no"
  );
}

TEST(StrictNames, OpenShapesAreAskedFirst) {
  EXPECT_EQ(render("x{{#if free.a}}y{{/if}}", R"({"name":"A","free":{}})"), "x");
  EXPECT_EQ(
      render("{{free.a}}", R"({"name":"A","free":{}})"),
      "p.prompt:14:3: \"free.a\" is not there | give it, declare it in input.schema, or ask for it "
      "first with {{#if}}"
  );
  EXPECT_EQ(render("{{free.a}}", R"({"name":"A","free":{"a":7}})"), "7");
  EXPECT_EQ(render("{{@indx}}", ann).substr(0, 24), "p.prompt:14:3: \"@indx\" i");
}

TEST(StrictNames, ObjectsAreNoText) {
  EXPECT_EQ(
      render("{{user}}", R"({"name":"A","user":{"city":"O"}})"),
      "p.prompt:14:3: \"user\" is an object, which has no text | write {{json user}}, or name a "
      "field of it"
  );
}

TEST(StrictNames, HoldInPartials) {
  Partials partials;
  partials.emplace("p", Template::compile("{{greting}} {{nmae}}", "_p.prompt").value());
  EXPECT_EQ(
      render("{{> p greting=\"hi\"}}", ann, partials),
      "_p.prompt:1:15: \"nmae\" is not declared by the input schema | did you mean \"name\"?"
  );
}

TEST(StrictNames, NotWithoutASchema) {
  auto const prompt = Prompt::parse("x{{nope.deep}}{{#if @nope}}{{/if}}", "p").value();
  EXPECT_EQ(prompt.render({}).value().at(0).parts.at(0).text, "x");
}

TEST(StrictNames, InputIsCheckedAgainstTheSchema) {
  auto const prompt = Prompt::parse(head + std::string("x"), "p").value();
  EXPECT_TRUE(prompt.check_input(json::parse(ann)).empty());
  EXPECT_EQ(prompt.check_input(json::parse(R"({"name": 7})")).at(0).path, "name");
  EXPECT_FALSE(prompt.check_input(json::parse(R"({"name": "A", "extra": 1})")).empty());
}

}  // namespace
}  // namespace ropewalk::prompt

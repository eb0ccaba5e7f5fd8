// Goal: the head of a prompt file is read, or refused at the right place.
#include "engine/model/prompt/prompt.hpp"

#include <gtest/gtest.h>

namespace ropewalk::prompt {
namespace {

std::string error_of(std::string text) {
  auto const prompt = Prompt::parse(std::move(text), "p.prompt");
  return prompt ? "no error" : prompt.error().code + ": " + prompt.error().message;
}

std::string schema_of(std::string_view schema) {
  auto const prompt =
      Prompt::parse("---\noutput:\n  schema:\n" + std::string(schema) + "\n---\n", "p.prompt");
  return prompt ? to_text(prompt->head().output_schema)
                : prompt.error().message + " | " + prompt.error().hint;
}

TEST(FrontMatter, Fields) {
  auto const prompt = Prompt::parse(
                          "---\nname: n\nmodel: m/x\ndescription: d\nversion: '1'\nconfig: "
                          "{temperature: 0.5}\ntools: [a, b]\n"
                          "metadata: {owner: ann}\noutput:\n  format: json\nmyco.cache: "
                          "5\nmyco.retry.max: 3\nextra: 1\n---\n\n Hi \n\n",
                          "p"
  )
                          .value();
  FrontMatter const& head = prompt.head();
  EXPECT_EQ(head.name + head.model + head.description + head.version, "nm/xd1");
  EXPECT_EQ(to_text(head.config) + to_text(head.tools), "{\"temperature\":0.5}[\"a\",\"b\"]");
  EXPECT_EQ(to_text(head.metadata) + head.output_format, "{\"owner\":\"ann\"}json");
  EXPECT_EQ(to_text(head.ext), R"({"myco":{"cache":5},"myco.retry":{"max":3}})");
  EXPECT_EQ(head.unknown_fields, std::vector<std::string>{"extra"});
  EXPECT_EQ(prompt.render({}).value().at(0).parts.at(0).text, "Hi");
}

TEST(FrontMatter, IsLeftOut) {
  EXPECT_EQ(
      Prompt::parse(" Hi \n", "p").value().render({}).value().at(0).parts.at(0).text, " Hi \n"
  );
  EXPECT_EQ(
      Prompt::parse("---\n---\nHi", "p").value().render({}).value().at(0).parts.at(0).text, "Hi"
  );
  EXPECT_EQ(
      Prompt::parse("a\n---\nb", "p").value().render({}).value().at(0).parts.at(0).text, "a\n---\nb"
  );
  EXPECT_TRUE(Prompt::parse("---\nmodel: m\n---", "p").value().render({}).value().empty());
  EXPECT_EQ(Prompt::parse("---\r\nmodel: m\r\n---\r\nHi\r\n", "p").value().head().model, "m");
}

TEST(FrontMatter, Errors) {
  EXPECT_EQ(error_of("---\nmodel: m\nHi"), "invalid_prompt: p.prompt:1:1: the head does not end");
  EXPECT_EQ(
      error_of("---\nmodel: m\nconfig: 5\n---\n"),
      "invalid_prompt: p.prompt:3:1: \"config\" is not an object"
  );
  EXPECT_EQ(
      error_of("---\nmodel: m\nmodel: n\n---\n"),
      "duplicate_key: p.prompt:3:1: the key \"model\" is there twice"
  );
  EXPECT_EQ(
      error_of("---\na: &x 1\n---\n"), "yaml_alias: p.prompt:2:4: anchors (&name) are not allowed"
  );
  EXPECT_EQ(error_of("---\n- a\n---\n"), "invalid_prompt: p.prompt:2:1: the head is no mapping");
  EXPECT_EQ(
      error_of("---\ninput:\n  schema:\n    a: strng\n---\n"),
      "bad_schema: p.prompt:4:5: \"a\": there is no type \"strng\""
  );
  EXPECT_EQ(
      error_of("---\nmodel: m\n---\n\n{{#if}}{{/if}}"),
      "bad_template: p.prompt:5:4: \"if\" takes 1 argument, not 0"
  );
}

TEST(Picoschema, Errors) {
  EXPECT_EQ(
      schema_of("    a: strng"),
      "p.prompt:4:5: \"a\": there is no type \"strng\" | did you mean \"string\"?"
  );
  EXPECT_EQ(
      schema_of("    a(list): string"),
      "p.prompt:4:5: \"a(list)\": there is no kind \"list\" | in ( ) stands array, object or enum, "
      "then maybe a description"
  );
  EXPECT_EQ(
      schema_of("    a(enum): string").substr(0, 37), "p.prompt:4:5: \"a(enum)\": an enum is a"
  );
  EXPECT_EQ(
      schema_of("    a(array: string").substr(0, 38), "p.prompt:4:5: \"a(array\": a ( is not cl"
  );
  EXPECT_EQ(schema_of("    a: 5"), "p.prompt:4:5: \"a\": a type is a text or an object | ");
  EXPECT_EQ(
      schema_of("    a: string\n    a?: string"),
      "p.prompt:5:5: \"a?\": the field is there twice | "
  );
}

TEST(Picoschema, PassesJsonSchemaThrough) {
  EXPECT_EQ(
      schema_of("    type: array\n    items: {type: string, minLength: 2}"),
      R"({"type":"array","items":{"type":"string","minLength":2}})"
  );
  EXPECT_NE(
      schema_of("    type: object\n    properties: 5").find("p.prompt:3:3"), std::string::npos
  );
}

}  // namespace
}  // namespace ropewalk::prompt

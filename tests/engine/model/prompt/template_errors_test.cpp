// Goal: whoever writes a template wrong is told where, what, and how to mend it.
#include "engine/model/prompt/prompt.hpp"

#include <gtest/gtest.h>

namespace ropewalk::prompt {
namespace {

std::string error_of(std::string text) {
  auto const compiled = Template::compile(std::move(text), "f.prompt");
  if (!compiled) return compiled.error().message + " | " + compiled.error().hint;
  auto const output = render_template(*compiled, json::object(), {}, {});
  return output ? "no error" : output.error().message + " | " + output.error().hint;
}

TEST(TemplateErrors, UnknownHelpers) {
  EXPECT_EQ(
      error_of("a\n {{jsn x}}"), "f.prompt:2:4: there is no helper \"jsn\" | did you mean \"json\"?"
  );
  EXPECT_EQ(
      error_of("{{#ifEqual a b}}{{/ifEqual}}"),
      "f.prompt:1:4: there is no helper \"ifEqual\" | did you mean \"ifEquals\"?"
  );
  EXPECT_EQ(error_of("{{#if (x)}}{{/if}}").substr(0, 32), "f.prompt:1:8: there is no helper");
}

TEST(TemplateErrors, UnknownPartials) {
  Partials partials;
  partials.emplace("greeting", Template::compile("", "").value());
  auto const compiled = Template::compile("\n{{> greting}}", "f.prompt").value();
  auto const output = render_template(compiled, json::object(), {}, partials);
  EXPECT_EQ(output.error().code, "unknown_partial");
  EXPECT_EQ(output.error().message, "f.prompt:2:1: there is no partial \"greting\"");
  EXPECT_EQ(output.error().hint, "did you mean \"greeting\"?");
}

TEST(TemplateErrors, Blocks) {
  EXPECT_EQ(
      error_of("{{#if a}}\nx"),
      "f.prompt:1:1: the block \"if\" is not closed | close it with {{/if}}"
  );
  EXPECT_EQ(
      error_of("{{#if a}}{{#each b}}{{/if}}{{/each}}"),
      "f.prompt:1:21: \"if\" is closed here, where \"each\" is open | "
  );
  EXPECT_EQ(error_of("a{{/if}}"), "f.prompt:1:2: this closes a block that is not open | ");
  EXPECT_EQ(error_of("{{else}}"), "f.prompt:1:1: this {{else}} belongs to no block | ");
  EXPECT_EQ(
      error_of("{{#if a}}{{else}}{{else}}{{/if}}"),
      "f.prompt:1:18: a second {{else}} in one block | "
  );
}

TEST(TemplateErrors, Signs) {
  EXPECT_EQ(
      error_of("ä {{name"), "f.prompt:1:5: the template ends inside {{ }} | close it with }}"
  );
  EXPECT_EQ(error_of("{{!-- x }}"), "f.prompt:1:1: this comment does not end | close it with --}}");
  EXPECT_EQ(error_of("{{a 'x}}"), "f.prompt:1:5: this text is not closed | ");
  EXPECT_EQ(error_of("{{}}"), "f.prompt:1:3: \"}}\" stands where a name is due | ");
  EXPECT_EQ(error_of("{{a.this}}"), "f.prompt:1:5: \"a.this\" is no path | \"this\" comes first");
}

TEST(TemplateErrors, HelpersWronglyUsed) {
  EXPECT_EQ(
      error_of("{{#if}}{{/if}}"),
      "f.prompt:1:4: \"if\" takes 1 argument, not 0 | write {{#if name}}…{{else}}…{{/if}}; a field "
      "of that name is {{this.if}}"
  );
  EXPECT_EQ(
      error_of("{{if a}}"), "f.prompt:1:3: \"if\" is a block | write {{#if name}}…{{else}}…{{/if}}"
  );
  EXPECT_EQ(
      error_of("{{json a indnt=1}}"),
      "f.prompt:1:10: \"json\" has no argument \"indnt\" | did you mean \"indent\"?"
  );
  EXPECT_EQ(
      error_of("{{log}}"),
      "f.prompt:1:3: the helper \"log\" has no meaning in a prompt | a field of that name is "
      "{{this.log}}"
  );
  EXPECT_EQ(
      error_of("{{media contentType=x}}"),
      "f.prompt:1:3: \"media\" wants a url | write {{media url=link}}"
  );
}

TEST(TemplateErrors, RolesAreDecidedByTheTemplate) {
  EXPECT_EQ(
      error_of("{{role who}}"),
      "f.prompt:1:8: \"role\" wants a text in quotes: no value may decide it | choose with "
      "{{#ifEquals}}, or insert messages with {{history}}"
  );
  EXPECT_EQ(
      error_of("{{role \"sytem\"}}"),
      "f.prompt:1:8: there is no role \"sytem\" | did you mean \"system\"?"
  );
  EXPECT_EQ(
      error_of("{{role \"assistant\"}}"),
      "f.prompt:1:8: there is no role \"assistant\" | the answering side is \"model\""
  );
  EXPECT_EQ(
      error_of("{{json (role \"user\")}}"),
      "f.prompt:1:9: \"role\" gives no value | it stands for itself, outside of ( )"
  );
  EXPECT_NE(error_of("{{> (lookup . \"x\")}}").find("chosen by a value"), std::string::npos);
}

}  // namespace
}  // namespace ropewalk::prompt

// Goal: the template language, feature by feature; expectations are what Handlebars prints.
#include "engine/model/prompt/prompt.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

namespace ropewalk::prompt {
namespace {

json::value const data = json::parse(R"({
  "name": "Ann", "empty": "", "zero": 0, "yes": true, "no": false, "none": null, "pi": 3.50,
  "list": ["a", "b", "c"], "nothing": [], "big": 1e21, "html": "<b>&\"'`=",
  "user": {"name": "Bob", "address": {"city": "Oslo"}, "first name": "B"},
  "rows": [{"id": 1, "tags": ["x", "y"]}, {"id": 2, "tags": []}]
})");

std::string render(
    std::string text, std::vector<std::pair<std::string, std::string>> const& files = {}
) {
  Partials partials;
  for (auto const& [name, source] : files)
    partials.emplace(name, Template::compile(source, name).value());
  auto const compiled = Template::compile(std::move(text), "t");
  if (!compiled) return "ERROR " + compiled.error().message;
  auto const output = render_template(*compiled, data, {{"state", {{"count", 4}}}}, partials);
  return output ? output->text() : "ERROR " + output.error().message;
}

TEST(Template, Paths) {
  EXPECT_EQ(render("{{name}} {{user.name}} {{user/address/city}}"), "Ann Bob Oslo");
  EXPECT_EQ(render("{{user.[first name]}} {{\"name\"}} {{[name]}}"), "B Ann Ann");
  EXPECT_EQ(render("{{this.name}} {{./name}} {{list.[1]}} {{list.[2]}}"), "Ann Ann b c");
  EXPECT_EQ(render("{{list.length}} {{name.length}} {{name.[0]}}"), "3 3 A");
  EXPECT_EQ(render("[{{nope}}{{nope.deep}}{{none.deep}}{{user.nope.deep}}]"), "[]");
  EXPECT_EQ(render("{{@state.count}} {{@root.name}} {{@nope}}"), "4 Ann ");
}

TEST(Template, ValuesAsText) {
  EXPECT_EQ(render("{{zero}} {{yes}} {{no}} {{none}} {{pi}} {{big}}"), "0 true false  3.5 1e+21");
  EXPECT_EQ(render("{{list}} {{user}} {{nothing}}"), "a,b,c [object Object] ");
  EXPECT_EQ(render("{{html}}{{{html}}}{{&html}}"), "<b>&\"'`=<b>&\"'`=<b>&\"'`=");
}

TEST(Template, Conditions) {
  EXPECT_EQ(render("{{#if name}}y{{else}}n{{/if}}{{#if zero}}y{{else}}n{{/if}}"), "yn");
  EXPECT_EQ(render("{{#if zero includeZero=true}}y{{/if}}{{#if nothing}}y{{^}}n{{/if}}"), "yn");
  EXPECT_EQ(render("{{#if no}}1{{else if none}}2{{else if yes}}3{{else}}4{{/if}}"), "3");
  EXPECT_EQ(render("{{#unless no}}y{{else}}n{{/unless}}"), "y");
  EXPECT_EQ(render("{{#ifEquals name \"Ann\"}}y{{/ifEquals}}"), "y");
  EXPECT_EQ(render("{{#unlessEquals zero \"0\"}}y{{/unlessEquals}}"), "y");
}

TEST(Template, Loops) {
  EXPECT_EQ(
      render("{{#each list}}{{@index}}{{this}}{{#unless @last}},{{/unless}}{{/each}}"), "0a,1b,2c"
  );
  EXPECT_EQ(render("{{#each user.address}}{{@key}}={{this}};{{/each}}"), "city=Oslo;");
  EXPECT_EQ(render("{{#each rows as |row i|}}{{i}}:{{row.id}} {{/each}}"), "0:1 1:2 ");
  EXPECT_EQ(
      render(
          "{{#each rows}}{{#each tags}}{{../id}}{{this}}{{@../index}} {{else}}-{{/each}}{{/each}}"
      ),
      "1x0 1y0 -"
  );
  EXPECT_EQ(render("{{#each nothing}}x{{else}}{{name}}{{/each}}"), "Ann");
}

TEST(Template, SectionsAndContexts) {
  EXPECT_EQ(render("{{#with user}}{{name}} {{../name}}{{/with}}"), "Bob Ann");
  EXPECT_EQ(
      render("{{#with user as |u|}}{{u.name}}{{/with}}{{#with none}}{{else}}-{{/with}}"), "Bob-"
  );
  EXPECT_EQ(
      render("{{#user}}{{name}}{{/user}}{{#list}}{{.}}{{/list}}{{^none}}no{{/none}}"), "Bobabcno"
  );
  EXPECT_EQ(render("{{#yes}}{{name}}{{/yes}}{{#no}}x{{else}}y{{/no}}"), "Anny");
}

TEST(Template, Subexpressions) {
  EXPECT_EQ(render("{{lookup list 1}} {{lookup (lookup rows 0) \"id\"}}"), "b 1");
  EXPECT_EQ(render("{{#each list}}{{lookup ../list @index}}{{/each}}"), "abc");
  EXPECT_EQ(render("{{#if (lookup user \"name\")}}y{{/if}}"), "y");
}

TEST(Template, Json) {
  EXPECT_EQ(render("{{json user.address}} {{json \"a\\n\"}}"), "{\"city\":\"Oslo\"} \"a\\\\n\"");
  EXPECT_EQ(render("{{json list indent=1}}"), "[\n \"a\",\n \"b\",\n \"c\"\n]");
  EXPECT_EQ(
      render("{{json nothing indent=2}}{{json pi}}{{json none}}{{json nope}}"), "[]3.5nullnull"
  );
}

TEST(Template, Whitespace) {
  EXPECT_EQ(render("a\n  {{#if yes}}  \n b\n {{else}}\n c\n{{/if}}\nd"), "a\n b\nd");
  EXPECT_EQ(render("a {{~name~}} \n b{{!-- gone }} --}}\n  {{! alone }}\nc"), "aAnnb\nc");
  EXPECT_EQ(render("{{#each list~}} {{this}} {{~/each}}"), "abc");
  EXPECT_EQ(render("\\{{name}} \\\\{{name}}"), "{{name}} \\Ann");
}

TEST(Template, Partials) {
  EXPECT_EQ(
      render("{{> p}} {{> p user}} {{> p user name=\"Eve\"}}", {{"p", "<{{name}}>"}}),
      "<Ann> <Bob> <Eve>"
  );
  EXPECT_EQ(
      render("x\n  {{> p}}\ny", {{"p", "{{#each list}}\n{{this}}\n{{/each}}"}}),
      "x\n  a\n  b\n  c\ny"
  );
  EXPECT_EQ(render("{{#> p}}in {{name}}{{/p}}", {{"p", "[{{> @partial-block}}]"}}), "[in Ann]");
  EXPECT_EQ(render("{{#> nope}}fallback{{/nope}}"), "fallback");
  EXPECT_EQ(render("{{#*inline \"i\"}}<{{name}}>{{/inline}}{{> i}}{{> i user}}"), "<Ann><Bob>");
  EXPECT_EQ(render("{{#> p}}{{#*inline \"nav\"}}N{{/inline}}{{/p}}", {{"p", "{{> nav}}!"}}), "N!");
  EXPECT_EQ(render("{{> folder/p}}{{> \"a b\"}}", {{"folder/p", "1"}, {"a b", "2"}}), "12");
}

TEST(Template, PartialsThatIncludeThemselvesEnd) {
  std::string const file = "{{id}}{{#each sub}}({{> p}}){{/each}}";
  auto const tree = json::parse(R"({"id": 1, "sub": [{"id": 2, "sub": [{"id": 3}]}, {"id": 4}]})");
  Partials partials;
  partials.emplace("p", Template::compile(file, "p").value());
  EXPECT_EQ(render_template(partials.at("p"), tree, {}, partials).value().text(), "1(2(3))(4)");
}

TEST(Template, RawBlocks) {
  EXPECT_EQ(render("{{{{raw}}}} {{name}} {{#if}} {{{{/raw}}}}"), " {{name}} {{#if}} ");
  EXPECT_EQ(render("{{{{if yes}}}}{{x}}{{{{/if}}}}{{{{if no}}}}{{x}}{{{{/if}}}}"), "{{x}}");
}

TEST(Template, NamesItsPartials) {
  auto const compiled = Template::compile("{{> a}}{{#if x}}{{> b/c}}{{/if}}{{#> d}}{{/d}}", "t");
  EXPECT_EQ(
      compiled.value().partial_names(), (std::set<std::string, std::less<>>{"a", "b/c", "d"})
  );
}

}  // namespace
}  // namespace ropewalk::prompt

// Goal: no template and no value takes the core or the memory away.
#include "engine/model/prompt/prompt.hpp"

#include <gtest/gtest.h>

namespace ropewalk::prompt {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

Result<Output> render(
    std::string text,
    json::value const& input,
    Partials const& partials = {},
    Limits const& limits = {}
) {
  TRY(Template const compiled, Template::compile(std::move(text), "t", limits));
  return render_template(compiled, input, {}, partials, limits);
}

TEST(PromptLimits, Nesting) {
  for (std::size_t const depth : {50u, 1'000u, 100'000u}) {
    auto const blocks = render(repeat("{{#if a}}", depth) + repeat("{{/if}}", depth), {});
    EXPECT_EQ(blocks.has_value(), depth == 50);
    auto const calls =
        render("{{json " + repeat("(lookup ", depth) + "a" + repeat(" 0)", depth) + "}}", {});
    EXPECT_EQ(calls.has_value(), depth == 50);
    EXPECT_FALSE(render(repeat("{{#if a}}", depth), {}).has_value());
    EXPECT_EQ(
        render(repeat("{{#if a}}{{else if b}}", 1) + repeat("{{else if c}}", depth) + "{{/if}}", {})
            .has_value(),
        depth == 50
    );
  }
}

TEST(PromptLimits, CyclesOfPartialsAreNamed) {
  Partials partials;
  partials.emplace("a", Template::compile("{{> b}}", "_a.prompt").value());
  partials.emplace("b", Template::compile("x{{> a}}", "_b.prompt").value());
  auto const output = render("{{> a}}", json::object(), partials);
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().code, "partial_cycle");
  EXPECT_NE(
      output.error().message.find("partials include each other without an end: "), std::string::npos
  );
  EXPECT_NE(output.error().message.find(" → a"), std::string::npos);
}

TEST(PromptLimits, InlinePartialsThatCallThemselves) {
  auto const output = render("{{#*inline \"x\"}}{{> x}}{{/inline}}{{> x}}", json::object());
  EXPECT_EQ(output.error().code, "partial_cycle");
  auto const block = render("{{#> x}}{{> @partial-block}}{{/x}}", json::object());
  EXPECT_EQ(block.error().code, "unknown_partial");
}

TEST(PromptLimits, Steps) {
  json::array list(1000, 1);
  std::string const text =
      "{{#each a}}{{#each ../a}}{{#each ../../a}}{{#each "
      "../../../a}}x{{/each}}{{/each}}{{/each}}{{/each}}";
  auto const output = render(text, json::object{{"a", list}});
  ASSERT_FALSE(output.has_value());
  EXPECT_EQ(output.error().code, "prompt_too_costly");
}

TEST(PromptLimits, Output) {
  Limits limits;
  limits.output_bytes_max = 10'000;
  json::value const input =
      json::object{{"list", json::array(100, 1)}, {"text", std::string(1000, 'x')}};
  EXPECT_FALSE(render("{{#each list}}{{../text}}{{/each}}", input, {}, limits).has_value());
  EXPECT_FALSE(
      render("{{#each list}}" + std::string(1000, 'y') + "{{/each}}", input, {}, limits).has_value()
  );
  EXPECT_FALSE(render("{{#each list}}{{json ../text}}{{/each}}", input, {}, limits).has_value());
  EXPECT_FALSE(render("{{#each list}}{{media url=../text}}{{/each}}", input, {}, limits).has_value()
  );
  EXPECT_TRUE(render("{{text}}", input, {}, limits).has_value());
}

TEST(PromptLimits, IndentsOfNestedPartials) {
  Limits limits;
  limits.output_bytes_max = 100'000;
  Partials partials;
  partials.emplace(
      "p",
      Template::compile(
          "{{#if this}}\n" + std::string(2000, ' ') + "{{> p}}\n" + repeat("\n", 100) + "{{/if}}",
          "p"
      )
          .value()
  );
  EXPECT_FALSE(render("{{> p}}", true, partials, limits).has_value());
}

TEST(PromptLimits, DeepValues) {
  json::value deep = 1;
  for (int i = 0; i < 200; ++i) deep = json::array{deep};
  EXPECT_EQ(render("{{a}}", json::object{{"a", deep}}).error().code, "bad_value");
  EXPECT_EQ(render("{{json a}}", json::object{{"a", deep}}).error().code, "bad_value");
  EXPECT_TRUE(render("{{#if a}}x{{/if}}", json::object{{"a", deep}}).has_value());
}

TEST(PromptLimits, Sources) {
  EXPECT_EQ(render(std::string(2 << 20, 'x'), {}).error().code, "too_large");
  EXPECT_EQ(render(repeat("{{a}}", 150'000), {}).error().code, "too_large");
  EXPECT_EQ(render(std::string("a\0b", 3), {}).error().code, "bad_template");
  EXPECT_EQ(render("\xFF", {}).error().code, "bad_template");
}

}  // namespace
}  // namespace ropewalk::prompt

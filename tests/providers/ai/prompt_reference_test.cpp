// Goal: what names a prompt is told from what is one. Method: texts of each form, and bad ones.
#include "providers/ai/prompt_reference.hpp"

#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

TEST(PromptReference, Forms) {
  EXPECT_EQ(parse_prompt_reference("triage").value().name, "triage");
  EXPECT_EQ(parse_prompt_reference("team/triage.short@staging").value().label, "staging");
  EXPECT_EQ(parse_prompt_reference("triage@3").value().version, 3U);
  EXPECT_EQ(parse_prompt_reference("triage@sha256:0123abcd").value().sha256, "0123abcd");
  EXPECT_EQ(parse_prompt_reference("p/x.prompt").value().kind, PromptKind::prompt_file);
  EXPECT_EQ(parse_prompt_reference("../x.prompt.py").value().kind, PromptKind::prompt_file);
  EXPECT_EQ(parse_prompt_reference("notes.md").value().kind, PromptKind::text_file);
}

TEST(PromptReference, IsWrittenAsItWasRead) {
  for (auto const* text : {"a", "a@label", "a@12", "a@sha256:0123456789abcdef", "x/y.prompt"})
    EXPECT_EQ(reference_text(parse_prompt_reference(text).value()), text);
}

TEST(PromptReference, BadOnes) {
  std::string const nul("a\0b.txt", 7);
  for (std::string const& text :
       {std::string(),
        std::string("a b"),
        std::string("a@"),
        std::string("a@0"),
        std::string("a@-1"),
        std::string("a@sha256:xyz"),
        std::string("a@sha256:0"),
        std::string("../a"),
        std::string("a//b"),
        std::string("a@b@c"),
        std::string("a@4294967296"),
        std::string(2000, 'a'),
        nul}) {
    auto const read = parse_prompt_reference(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "invalid_prompt");
    EXPECT_FALSE(read.error().hint.empty());
  }
}

TEST(PromptReference, BlanksMakeAPrompt) {
  EXPECT_TRUE(is_inline_prompt("Say hello"));
  EXPECT_TRUE(is_inline_prompt("a\n"));
  EXPECT_TRUE(is_inline_prompt("${{x}}"));
  EXPECT_FALSE(is_inline_prompt("triage"));
}

TEST(PromptReference, WithoutAStore) {
  Error const error = prompts_unavailable(parse_prompt_reference("triage@3").value());
  EXPECT_EQ(error.code, "prompts_unavailable");
  EXPECT_NE(error.message.find("triage@3"), std::string::npos);
}

}  // namespace
}  // namespace ropewalk::ai

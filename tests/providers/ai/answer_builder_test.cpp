// Goal: events add up to the answer. Method: one answer of every kind of event, and words of enums.
#include "providers/ai/answer_builder.hpp"

#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

TEST(AnswerBuilder, GathersEveryKindOfEvent) {
  AnswerBuilder builder;
  builder.add(ChatStarted{"m", "req_1"});
  builder.add(ReasoningDelta{"hm"});
  builder.add(TextDelta{"Hel"});
  builder.add(ToolCallStarted{0, "c0", "f"});
  builder.add(ToolCallStarted{1, "c1", "g"});
  builder.add(ToolArgumentsDelta{1, "{\"a\":"});
  builder.add(TextDelta{"lo"});
  builder.add(ToolArgumentsDelta{1, "1}"});
  builder.add(OpaqueReceived{OpaquePart{"anthropic", "x"}});
  builder.add(UsageReported{ChatUsage{.input = 3, .output = 1}});
  builder.add(UsageReported{ChatUsage{.output = 9}});
  builder.add(ChatFinish{FinishReason::tool_calls, "tool_use", ""});
  auto const answer = builder.take();
  EXPECT_EQ(answer.model, "m");
  EXPECT_EQ(answer.request_id, "req_1");
  EXPECT_EQ(answer.text, "Hello");
  EXPECT_EQ(answer.reasoning, "hm");
  ASSERT_EQ(answer.tool_calls.size(), 2U);
  EXPECT_EQ(answer.tool_calls[0].arguments, "{}");  // none came
  EXPECT_EQ(answer.tool_calls[1].name, "g");
  EXPECT_EQ(answer.tool_calls[1].arguments, "{\"a\":1}");
  EXPECT_EQ(answer.usage, (ChatUsage{.input = 3, .output = 9}));
  EXPECT_EQ(answer.finish.raw, "tool_use");

  auto const turn = assistant_message(answer);
  EXPECT_EQ(turn.role, Role::assistant);
  ASSERT_EQ(turn.parts.size(), 4U);
  EXPECT_TRUE(std::holds_alternative<OpaquePart>(turn.parts[0]));  // goes before what it led to
  EXPECT_EQ(text_of(turn), "Hello");
}

TEST(AnswerBuilder, AnIndexOutOfOrderCostsNoMemory) {
  AnswerBuilder builder;
  builder.add(ToolCallStarted{4'000'000'000U, "c", "f"});
  EXPECT_EQ(builder.answer().tool_calls.size(), 1U);
}

TEST(Chat, Words) {
  for (auto const role : {Role::system, Role::user, Role::assistant, Role::tool})
    EXPECT_EQ(parse_role(to_string(role)), role);
  EXPECT_FALSE(parse_role("model"));
  EXPECT_EQ(to_string(FinishReason::context_overflow), "context_overflow");
  EXPECT_EQ(to_string(FinishReason::pause), "pause");
}

}  // namespace
}  // namespace ropewalk::ai

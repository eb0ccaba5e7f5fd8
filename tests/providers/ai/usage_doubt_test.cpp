// Which counts of a provider are believed.
#include "providers/ai/usage_doubt.hpp"

#include <gmock/gmock.h>

namespace ropewalk::ai {
namespace {

using testing::HasSubstr;

ChatRequest request() {
  ChatRequest out;
  out.model = "small";
  out.messages.push_back(text_message(Role::user, std::string(8000, 'a')));
  return out;
}

ChatAnswer answer(std::int64_t input, std::int64_t output) {
  ChatAnswer out;
  out.text = "Hello, Ada.";
  out.usage.input = input;
  out.usage.output = output;
  return out;
}

bool is_doubted(ChatRequest const& chat, ChatAnswer const& answer, bool may_think = false) {
  return !usage_doubt(chat, 2000, may_think, answer).empty();
}

TEST(UsageDoubt, UsualCountsAreBelieved) {
  EXPECT_FALSE(is_doubted(request(), answer(2100, 5)));
  EXPECT_FALSE(is_doubted(request(), answer(8000, 900)));
  EXPECT_FALSE(is_doubted(request(), ChatAnswer{}));
  ChatRequest small;
  small.messages.push_back(text_message(Role::user, "hi"));
  EXPECT_TRUE(usage_doubt(small, 5, false, answer(700, 20)).empty()) << "a template of the server";
}

TEST(UsageDoubt, MoreThanWasSentIsNot) {
  EXPECT_THAT(usage_doubt(request(), 2000, false, answer(900'000'000, 5)), HasSubstr("900000000"));
  EXPECT_TRUE(is_doubted(request(), answer(20'001, 5)));
  EXPECT_TRUE(is_doubted(request(), answer(9'001, 5))) << "a token is a byte at least";
}

TEST(UsageDoubt, WhatIsLargerThanItLooksIsNotCompared) {
  auto with_image = request();
  with_image.messages[0].parts.emplace_back(ImagePart{"image/png", "aGVsbG8=", {}});
  EXPECT_FALSE(is_doubted(with_image, answer(100'000, 5)));
  EXPECT_TRUE(is_doubted(with_image, answer(900'000'000, 5)));
  auto with_search = request();
  with_search.extra["web_search_options"] = json::object{};
  EXPECT_FALSE(is_doubted(with_search, answer(100'000, 5)));
  auto with_effort = request();
  with_effort.extra["service_tier"] = "flex";
  EXPECT_TRUE(is_doubted(with_effort, answer(100'000, 5)));
}

TEST(UsageDoubt, MoreThanWasReceivedIsNotUnlessItWasThought) {
  EXPECT_TRUE(is_doubted(request(), answer(2000, 5000)));
  EXPECT_FALSE(is_doubted(request(), answer(2000, 5000), true));
  auto thought = answer(2000, 5000);
  thought.usage.reasoning = 4900;
  EXPECT_FALSE(is_doubted(request(), thought));
  thought.usage.output = 900'000'000;
  EXPECT_TRUE(is_doubted(request(), thought));
  auto told_to = request();
  told_to.extra["reasoning_effort"] = "high";
  EXPECT_FALSE(is_doubted(told_to, answer(2000, 5000)));
  auto shown = answer(2000, 5000);
  shown.reasoning = std::string(20'000, 'b');
  EXPECT_FALSE(is_doubted(request(), shown));
}

}  // namespace
}  // namespace ropewalk::ai

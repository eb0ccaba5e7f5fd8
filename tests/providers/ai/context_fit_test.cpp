// Goal: what is sent fits, what must stay stays, and the report tells what went. Method: drafts of
// every shape, windows of every size; random conversations.
#include "providers/ai/context_fit.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace ropewalk::ai {
namespace {

using testing::HasSubstr;

std::string words(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += "word ";
  return out;
}

DraftMessage entry(Origin origin, Role role, std::string text) {
  DraftMessage out;
  out.origin = origin;
  out.message = text_message(role, std::move(text));
  return out;
}

DraftMessage tool_call(std::string id) {
  DraftMessage out;
  out.origin = Origin::exchange;
  out.message.role = Role::assistant;
  out.message.parts.emplace_back(ToolCallPart{id, "look_up", "{}"});
  return out;
}

DraftMessage tool_result(std::string id, std::string content) {
  DraftMessage out;
  out.origin = Origin::exchange;
  out.message.role = Role::tool;
  out.message.parts.emplace_back(ToolResultPart{id, "look_up", std::move(content), false});
  return out;
}

/// system, four turns of history, two pieces of context, the question: about 100 tokens each.
std::vector<DraftMessage> conversation() {
  std::vector<DraftMessage> draft;
  draft.push_back(entry(Origin::system, Role::system, "SYSTEM " + words(100)));
  for (int i = 0; i < 4; ++i)
    draft.push_back(entry(
        Origin::history,
        i % 2 == 0 ? Role::user : Role::assistant,
        "TURN" + std::to_string(i) + " " + words(100)
    ));
  for (int i = 0; i < 2; ++i) {
    draft.push_back(entry(Origin::context, Role::user, "<" + words(100) + ">"));
    draft.back().label = "item " + std::to_string(i);
    draft.back().head_bytes = 1;
    draft.back().tail_bytes = 1;
  }
  draft.push_back(entry(Origin::prompt, Role::user, "QUESTION " + words(100)));
  return draft;
}

ContextWindow window(std::int64_t tokens, double factor = 1) {
  ContextWindow out;
  out.tokens = tokens;
  out.reserved = 50;
  out.family = TokenFamily::openai;
  out.factor = factor;
  return out;
}

std::string all_text(FittedContext const& fitted) {
  std::string out;
  for (auto const& message : fitted.messages) out += text_of(message.message) + "|";
  return out;
}

TEST(ContextFit, WhatFitsIsLeftAlone) {
  auto const fitted = fit_context(conversation(), window(2000), ContextStrategy::error).value();
  EXPECT_EQ(fitted.messages.size(), 8U);
  EXPECT_TRUE(fitted.report.empty());
  EXPECT_GT(fitted.tokens, 700);
}

TEST(ContextFit, Error) {
  auto const fitted = fit_context(conversation(), window(500), ContextStrategy::error);
  ASSERT_FALSE(fitted);
  EXPECT_EQ(fitted.error().code, "context_length");
  EXPECT_EQ(fitted.error().error_class, ErrorClass::resource);
  EXPECT_FALSE(fitted.error().detail.at("retryable").as_bool());
}

TEST(ContextFit, TruncateOldest) {
  auto const fitted =
      fit_context(conversation(), window(650), ContextStrategy::truncate_oldest).value();
  std::string const text = all_text(fitted);
  EXPECT_THAT(text, HasSubstr("SYSTEM"));
  EXPECT_THAT(text, HasSubstr("QUESTION"));
  EXPECT_THAT(text, testing::Not(HasSubstr("TURN0")));
  EXPECT_THAT(text, HasSubstr("TURN3"));
  EXPECT_LE(fitted.tokens, 600);
  auto const& cut = fitted.report.at("cut").as_array();
  EXPECT_EQ(cut.at(0).at("message").as_uint64(), 1U);
  EXPECT_EQ(fitted.report.at("tokensAfter").as_int64(), fitted.tokens);
}

TEST(ContextFit, TruncateMiddle) {
  auto const fitted =
      fit_context(conversation(), window(650), ContextStrategy::truncate_middle).value();
  std::string const text = all_text(fitted);
  EXPECT_THAT(text, HasSubstr("TURN0"));
  EXPECT_THAT(text, HasSubstr("<word"));
  EXPECT_LE(fitted.tokens, 600);
}

TEST(ContextFit, OneHugePieceIsCutInsideItsFrame) {
  auto draft = conversation();
  draft[5] = entry(Origin::context, Role::user, "<" + words(10'000) + ">");
  draft[5].head_bytes = draft[5].tail_bytes = 1;
  draft[5].label = "big";
  draft.erase(draft.begin() + 1, draft.begin() + 5);
  auto const fitted = fit_context(draft, window(1000), ContextStrategy::truncate_middle).value();
  std::string const text = text_of(fitted.messages.at(1).message);
  EXPECT_EQ(text.front(), '<');
  EXPECT_EQ(text.back(), '>');
  EXPECT_THAT(text, HasSubstr("characters left out"));
  EXPECT_GT(fitted.tokens, 850);  // no more was cut than had to be
  EXPECT_THAT(to_text(json::value(fitted.report)), HasSubstr(R"("label":"big","action":"cut")"));
}

TEST(ContextFit, TheQuestionIsCutOnlyAtLast) {
  std::vector<DraftMessage> draft;
  draft.push_back(entry(Origin::system, Role::system, "SYSTEM"));
  draft.push_back(entry(Origin::prompt, Role::user, "Sum up: " + words(5000) + "END"));
  auto const fitted = fit_context(draft, window(600), ContextStrategy::truncate_oldest).value();
  std::string const text = all_text(fitted);
  EXPECT_THAT(text, HasSubstr("Sum up:"));
  EXPECT_THAT(text, HasSubstr("END|"));
  EXPECT_LE(fitted.tokens, 550);
}

TEST(ContextFit, TheSystemIsNeverCut) {
  std::vector<DraftMessage> draft;
  draft.push_back(entry(Origin::system, Role::system, words(5000)));
  draft.push_back(entry(Origin::prompt, Role::user, "hello"));
  for (auto const strategy :
       {ContextStrategy::truncate_oldest,
        ContextStrategy::truncate_middle,
        ContextStrategy::summarize})
    EXPECT_EQ(fit_context(draft, window(600), strategy).error().code, "context_length");
}

TEST(ContextFit, TheFactorCounts) {
  EXPECT_TRUE(fit_context(conversation(), window(1000), ContextStrategy::error));
  EXPECT_FALSE(fit_context(conversation(), window(1000, 1.8), ContextStrategy::error));
  auto const fitted =
      fit_context(conversation(), window(1000, 1.8), ContextStrategy::truncate_oldest).value();
  EXPECT_LE(fitted.tokens, 950);
}

/// Every result has its call, every call its result.
void expect_pairs(std::vector<DraftMessage> const& draft) {
  std::multiset<std::string> calls;
  std::multiset<std::string> results;
  for (auto const& message : draft)
    for (auto const& part : message.message.parts) {
      if (auto const* call = std::get_if<ToolCallPart>(&part)) calls.insert(call->id);
      if (auto const* result = std::get_if<ToolResultPart>(&part)) results.insert(result->call_id);
    }
  EXPECT_EQ(calls, results);
}

TEST(ContextFit, CallsAndResultsStayTogether) {
  auto draft = conversation();
  for (int i = 0; i < 6; ++i) {
    draft.push_back(tool_call(std::to_string(i)));
    draft.push_back(tool_result(std::to_string(i), words(80)));
  }
  for (std::int64_t size = 400; size < 1800; size += 50)
    for (auto const strategy :
         {ContextStrategy::truncate_oldest, ContextStrategy::truncate_middle}) {
      auto const fitted = fit_context(draft, window(size), strategy).value();
      expect_pairs(fitted.messages);
      EXPECT_TRUE(std::holds_alternative<ToolResultPart>(fitted.messages.back().message.parts[0]));
    }
}

TEST(ContextFit, Random) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<DraftMessage> draft;
    draft.push_back(entry(Origin::system, Role::system, "SYSTEM"));
    std::size_t const count = random() % 30;
    for (std::size_t i = 0; i < count; ++i)
      draft.push_back(entry(
          random() % 2 == 0 ? Origin::history : Origin::context,
          Role::user,
          (random() % 2 == 0 ? "漢字 🎉 " : "x ") + words(random() % 400)
      ));
    draft.push_back(entry(Origin::prompt, Role::user, "QUESTION"));
    std::int64_t const size = 150 + static_cast<std::int64_t>(random() % 3000);
    auto const strategy =
        random() % 2 == 0 ? ContextStrategy::truncate_oldest : ContextStrategy::truncate_middle;
    auto const fitted = fit_context(draft, window(size), strategy);
    ASSERT_TRUE(fitted) << fitted.error().message;
    EXPECT_LE(fitted->tokens, size - 50);
    EXPECT_EQ(text_of(fitted->messages.front().message), "SYSTEM");
    EXPECT_EQ(text_of(fitted->messages.back().message), "QUESTION");
    EXPECT_TRUE(is_valid_utf8(all_text(*fitted)));
  }
}

TEST(ContextFit, Summarize) {
  auto planned = fit_context(conversation(), window(650), ContextStrategy::summarize).value();
  ASSERT_TRUE(planned.summary);
  EXPECT_EQ(planned.messages.size(), 8U);
  SummaryPlan const plan = *planned.summary;
  EXPECT_EQ(plan.messages.front(), 1U);
  EXPECT_EQ(plan.requests.size(), 1U);
  EXPECT_THAT(text_of(plan.requests[0]), HasSubstr("TURN0"));
  auto const fitted = apply_summary(std::move(planned), {words(1000)}, window(650));
  EXPECT_LE(fitted.tokens, 600);
  EXPECT_EQ(fitted.messages[1].label, "summary");
  EXPECT_EQ(fitted.messages.size(), 9 - plan.messages.size());
  EXPECT_EQ(fitted.report.at("cutCount").as_uint64(), plan.messages.size());
  std::int64_t counted = 0;
  for (auto const& message : fitted.messages)
    counted += estimate_tokens(TokenFamily::openai, message.message);
  EXPECT_EQ(counted, fitted.tokens);
}

TEST(ContextFit, ALongPastIsSummarizedInParts) {
  auto draft = conversation();
  draft[1] = entry(Origin::history, Role::user, words(5000));
  auto const planned = fit_context(draft, window(900), ContextStrategy::summarize, 1000).value();
  ASSERT_TRUE(planned.summary);
  EXPECT_GE(planned.summary->requests.size(), 5U);
  for (Message const& request : planned.summary->requests)
    EXPECT_LE(estimate_tokens(TokenFamily::openai, request), 1000);
  draft[1] = entry(Origin::history, Role::user, words(500'000));
  EXPECT_FALSE(fit_context(draft, window(900), ContextStrategy::summarize, 1000));
}

TEST(ContextFit, TheReportIsBounded) {
  std::vector<DraftMessage> draft;
  for (int i = 0; i < 500; ++i) draft.push_back(entry(Origin::history, Role::user, words(20)));
  draft.push_back(entry(Origin::prompt, Role::user, "QUESTION"));
  auto const fitted = fit_context(draft, window(500), ContextStrategy::truncate_oldest).value();
  EXPECT_EQ(fitted.report.at("cut").as_array().size(), 100U);
  EXPECT_GT(fitted.report.at("cutCount").as_uint64(), 400U);
}

}  // namespace
}  // namespace ropewalk::ai

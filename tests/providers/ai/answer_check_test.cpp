// Goal: only an answer that is what the task wants becomes its output. Method: answers that ended
// in every way, for texts and for JSON.
#include "providers/ai/answer_check.hpp"

#include "engine/base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::HasSubstr;

ChatAnswer answer(std::string text, FinishReason reason = FinishReason::stop) {
  ChatAnswer out;
  out.model = "m";
  out.text = std::move(text);
  out.finish.reason = reason;
  return out;
}

AiTask text_task(std::string extract = "") {
  AiTask task;
  task.extract = std::move(extract);
  return task;
}

AiTask json_task(std::string extract = "") {
  AiTask task = text_task(std::move(extract));
  task.output.format = OutputFormat::json;
  task.output.schema =
      parse_json(R"({"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}})")
          .value()
          .as_object();
  return task;
}

/// The output, or "class code".
std::string checked(AiTask const& task, ChatAnswer const& given) {
  auto const check = AnswerCheck::make(task);
  if (!check) return check.error().code;
  auto const output = check->check(given);
  if (output) return to_text(*output);
  return std::string(to_string(output.error().error_class)) + " " + output.error().code;
}

TEST(AnswerCheck, Texts) {
  EXPECT_EQ(
      checked(text_task(), answer("hi")), R"({"text":"hi","finishReason":"stop","model":"m"})"
  );
  EXPECT_THAT(
      checked(text_task(), answer("cut of", FinishReason::length)),
      HasSubstr(R"("finishReason":"length")")
  );
}

TEST(AnswerCheck, Json) {
  EXPECT_EQ(checked(json_task(), answer("Sure: {\"a\":1}")), R"({"a":1})");
  EXPECT_EQ(checked(json_task(), answer("{\"a\":\"1\"}")), "permanent invalid_output");
  EXPECT_EQ(checked(json_task(), answer("no")), "permanent invalid_output");
  EXPECT_EQ(
      checked(json_task(), answer("{\"a\":1", FinishReason::length)), "permanent output_truncated"
  );
  // Whole or not: what was cut is not trusted.
  EXPECT_EQ(
      checked(json_task(), answer("{\"a\":1}", FinishReason::length)), "permanent output_truncated"
  );
}

TEST(AnswerCheck, NulsAreReplaced) {
  AiTask task;
  task.output.format = OutputFormat::json;
  EXPECT_EQ(
      checked(task, answer(R"({"x":"a\u0000b"})")),
      "{\"x\":\"a\xEF\xBF\xBD"
      "b\"}"
  );
}

TEST(AnswerCheck, WaysToEnd) {
  for (AiTask const& task : {text_task(), json_task()}) {
    EXPECT_EQ(
        checked(task, answer("{\"a\":1}", FinishReason::content_filter)),
        "permanent content_filtered"
    );
    EXPECT_EQ(
        checked(task, answer("{\"a\":1}", FinishReason::context_overflow)),
        "resource context_length"
    );
    EXPECT_EQ(
        checked(task, answer("{\"a\":1}", FinishReason::pause)), "transient unfinished_answer"
    );
    EXPECT_EQ(checked(task, answer(" \n")), "transient empty_output");
    EXPECT_EQ(checked(task, answer("", FinishReason::other)), "transient empty_output");
    // insufficient_system_resource, abort, OTHER, LANGUAGE, and what nobody has seen yet.
    EXPECT_EQ(
        checked(task, answer("{\"a\":1}", FinishReason::other)), "transient unfinished_answer"
    );
    EXPECT_EQ(checked(task, answer("", FinishReason::length)), "permanent output_truncated");
    EXPECT_EQ(checked(task, answer("", FinishReason::tool_calls)), "permanent invalid_output");
  }
}

TEST(AnswerCheck, ARefusalSaysWhy) {
  ChatAnswer given = answer("");
  given.finish.refusal = "I cannot help with that";
  auto const output = AnswerCheck::make(json_task())->check(given);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, "content_filtered");
  EXPECT_THAT(output.error().message, HasSubstr("I cannot help with that"));
}

TEST(AnswerCheck, Extract) {
  EXPECT_EQ(checked(json_task("json.a + 1"), answer("{\"a\":1}")), "2");
  EXPECT_EQ(
      checked(text_task("{'n': size(text), 'm': model, 'f': finishReason}"), answer("four")),
      R"({"n":4,"m":"m","f":"stop"})"
  );
  EXPECT_EQ(checked(json_task("json.b"), answer("{\"a\":1}")), "permanent expression_failed");
  EXPECT_EQ(checked(text_task("json == null"), answer("x")), "true");
  EXPECT_EQ(checked(text_task("a +"), answer("x")), "bad_expression");
}

TEST(AnswerCheck, AnExtractThatFailsSaysWhatItSaw) {
  auto const failed = [](AiTask const& task, std::string const& text) {
    return AnswerCheck::make(task)->check(answer(text)).error();
  };
  AiTask any_json = json_task("json.a.items[0].name");
  any_json.output.schema.reset();
  auto const missing = failed(any_json, R"({"a":{"items":[],"secret":"x"}})");
  EXPECT_EQ(missing.code, "expression_failed");
  EXPECT_THAT(missing.message, HasSubstr("`extract`"));
  EXPECT_THAT(missing.message, HasSubstr("`json` was an object of 1 (a)"));
  EXPECT_THAT(missing.message, HasSubstr("`json.a.items` was a list of 0"));
  EXPECT_THAT(missing.hint, HasSubstr("schema"));
  EXPECT_EQ(missing.detail.at("field"), "extract");
  EXPECT_EQ(missing.detail.at("expression"), "json.a.items[0].name");
  EXPECT_EQ(missing.detail.at("line"), 1);
  auto const no_json = failed(text_task("json.items[0]"), "a secret");
  EXPECT_THAT(no_json.message, HasSubstr("`json` was null"));
  EXPECT_THAT(no_json.message, ::testing::Not(HasSubstr("secret")));
  EXPECT_THAT(no_json.hint, HasSubstr("output: {format: json}"));
}

TEST(AnswerCheck, WhatCanBeRepaired) {
  auto const check = AnswerCheck::make(json_task());
  EXPECT_TRUE(is_repairable(check->check(answer("{}")).error()));
  EXPECT_TRUE(is_repairable(check->check(answer("no")).error()));
  EXPECT_FALSE(is_repairable(check->check(answer("")).error()));
  EXPECT_FALSE(is_repairable(check->check(answer("x", FinishReason::length)).error()));
}

TEST(AnswerCheck, BadSchema) {
  AiTask task = json_task();
  task.output.schema = parse_json(R"({"type":7})").value().as_object();
  EXPECT_EQ(checked(task, answer("{}")), "invalid_schema");
}

}  // namespace
}  // namespace ropewalk::ai

// Goal: what servers that speak like OpenAI do differently is understood all the same. Method: the
// deviations that are known of them, one stream each, at every split of the bytes.
#include "tests/providers/ai/dialects/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;

std::string delta(std::string const& object) {
  return "{\"choices\":[{\"delta\":" + object + "}]}";
}
std::string const stop = R"({"choices":[{"delta":{},"finish_reason":"stop"}]})";

TEST(OpenAiTolerance, NoIdNoModelNoDone) {
  auto const out = decode("openai", sse({delta(R"({"content":"a"})"), stop}));
  EXPECT_THAT(
      lines_of(out.events), ElementsAre("started asked-for ", "text a", "finish stop stop")
  );
}

TEST(OpenAiTolerance, ACharacterIsCutBetweenDeltas) {
  auto const out = decode(
      "openai",
      sse(
          {delta(R"({"content":"a\ud83d"})"),
           delta(R"({"reasoning":"\ud83d\ude80 \\ud83d"})"),
           delta(R"({"content":"\ude80b"})"),
           delta(R"({"content":"\ude80c\ud83d"})"),
           delta(R"({"content":"d\ud83d"})"),
           stop}
      )
  );
  EXPECT_EQ(out.failure(), "");
  EXPECT_EQ(out.answer.text, "a\U0001F680b\uFFFDc\uFFFDd\uFFFD");
  EXPECT_EQ(out.answer.reasoning, "\U0001F680 \\ud83d");
}

TEST(OpenAiTolerance, ArgumentsAreCutInsideACharacter) {
  auto const call = [](std::string const& arguments) {
    return delta(
        R"({"tool_calls":[{"index":0,"id":"x\udc00","function":{"name":"f","arguments":")" +
        arguments + "\"}}]}"
    );
  };
  auto const out = decode("openai", sse({call(R"({\"a\":\"\ud83d)"), call(R"(\ude80\"})"), stop}));
  ASSERT_EQ(out.answer.tool_calls.size(), 1U);
  EXPECT_EQ(out.answer.tool_calls[0].arguments, "{\"a\":\"\U0001F680\"}");
  EXPECT_EQ(out.answer.tool_calls[0].id, "x\uFFFD");
}

TEST(OpenAiTolerance, CallsWithoutIndex) {
  auto const out = decode(
      "openai",
      sse(
          {delta(R"({"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}},)"
                 R"({"id":"b","function":{"name":"g","arguments":{"y":2}}}]})"),
           stop}
      )
  );
  ASSERT_EQ(out.answer.tool_calls.size(), 2U);
  EXPECT_EQ(out.answer.tool_calls[0].arguments, R"({"x":1})");
  EXPECT_EQ(out.answer.tool_calls[1].id, "b");
  EXPECT_EQ(out.answer.tool_calls[1].arguments, R"({"y":2})");
  EXPECT_EQ(out.answer.finish.reason, FinishReason::tool_calls);  // though it said stop
}

TEST(OpenAiTolerance, FragmentsWithoutIndexOrId) {
  auto const out = decode(
      "openai",
      sse(
          {delta(R"({"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]})"),
           delta(R"({"tool_calls":[{"function":{"arguments":"}"}}]})"),
           delta(R"({"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]})"),
           stop}
      )
  );
  ASSERT_EQ(out.answer.tool_calls.size(), 2U);
  EXPECT_EQ(out.answer.tool_calls[0].arguments, "{}");
  EXPECT_EQ(out.answer.tool_calls[1].id.size(), 9U);  // made
}

TEST(OpenAiTolerance, EveryCallHasTheIndexZero) {
  auto const out = decode(
      "openai",
      sse(
          {delta(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]})"
           ),
           delta(R"({"tool_calls":[{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}]})"
           ),
           stop}
      )
  );
  ASSERT_EQ(out.answer.tool_calls.size(), 2U);
  EXPECT_EQ(out.answer.tool_calls[1].name, "g");
}

TEST(OpenAiTolerance, IdAndNameAreRepeated) {
  auto const out = decode(
      "openai",
      sse(
          {delta(R"({"role":"assistant","tool_calls":[{"index":0,"function":{"arguments":"{"}}]})"),
           delta(
               R"({"role":"assistant","tool_calls":[{"index":0,"id":"a","function":{"name":"f"}}]})"
           ),
           delta(R"({"role":"assistant","tool_calls":[{"index":0,"id":"a",)"
                 R"("function":{"name":"f","arguments":"}"}}]})"),
           stop}
      )
  );
  ASSERT_EQ(out.answer.tool_calls.size(), 1U);
  EXPECT_EQ(out.answer.tool_calls[0].id, "a");
  EXPECT_EQ(out.answer.tool_calls[0].arguments, "{}");
}

TEST(OpenAiTolerance, MistralsNullIdAndContentInChunks) {
  auto const out = decode(
      "openai",
      sse(
          {delta(R"({"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},)"
                 R"({"type":"text","text":"a"}]})"),
           delta(R"({"content":null,"tool_calls":[{"id":"null","function":{"name":"f"}}]})"),
           stop}
      )
  );
  EXPECT_EQ(out.answer.reasoning, "hm");
  EXPECT_EQ(out.answer.text, "a");
  EXPECT_EQ(out.answer.tool_calls.at(0).id.size(), 9U);
}

TEST(OpenAiTolerance, UsageAnywhere) {
  auto const groq = decode(
      "openai",
      sse(
          {delta(R"({"content":"a"})"),
           R"({"choices":[{"delta":{},"finish_reason":"stop"}],)"
           R"("x_groq":{"usage":{"prompt_tokens":3,"completion_tokens":1}}})"}
      )
  );
  EXPECT_EQ(groq.answer.usage, (ChatUsage{.input = 3, .output = 1}));
  auto const every = decode(
      "openai",
      sse(
          {R"({"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":3,)"
           R"("completion_tokens":1}})",
           R"({"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,)"
           R"("completion_tokens":2}})"}
      )
  );
  EXPECT_EQ(every.answer.usage, (ChatUsage{.input = 3, .output = 2}));
}

TEST(OpenAiTolerance, ALyingUsageIsLeftOutFieldByField) {
  struct Row {
    char const* usage;
    ChatUsage expected;
  };
  Row const rows[] = {
      {R"({"prompt_tokens":-1,"completion_tokens":5})", {.output = 5}},
      {R"({"prompt_tokens":99999999999999999999999,"completion_tokens":5})", {.output = 5}},
      {R"({"prompt_tokens":18446744073709551615,"completion_tokens":1e300})", {}},
      {R"({"prompt_tokens":"12","completion_tokens":null})", {}},
      {R"({"prompt_tokens":12.5,"completion_tokens":7.0})", {.output = 7}},
      {R"({"prompt_tokens":3,"prompt_tokens_details":{"cached_tokens":4}})", {.input = 3}},
      {R"({"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":4}})",
       {.output = 3}},
      {R"({"prompt_tokens":3,"prompt_tokens_details":[],"completion_tokens_details":7})",
       {.input = 3}},
      {"{}", {}},
      {"null", {}},
      {"[1,2]", {}},
  };
  for (auto const& row : rows) {
    auto const out = decode(
        "openai",
        sse(
            {delta(R"({"content":"a"})"),
             stop,
             R"({"choices":[],"usage":)" + std::string(row.usage) + "}",
             "[DONE]"}
        )
    );
    EXPECT_EQ(out.answer.usage, row.expected) << row.usage;
    EXPECT_EQ(out.finishes_count, 1) << row.usage;
  }
}

TEST(OpenAiTolerance, EmptyAndDoubleFinish) {
  auto const out = decode(
      "openai",
      sse(
          {R"({"choices":[{"delta":{"content":"a"},"finish_reason":""}]})",
           stop,
           R"({"choices":[{"delta":{},"finish_reason":"length"}]})",
           "[DONE]",
           "[DONE]"}
      )
  );
  EXPECT_THAT(
      lines_of(out.events), ElementsAre("started asked-for ", "text a", "finish stop stop")
  );
}

TEST(OpenAiTolerance, OtherChoicesAndUnknownFields) {
  auto const out = decode(
      "openai",
      sse(
          {R"({"choices":[],"prompt_filter_results":[]})",
           R"({"choices":[{"index":1,"delta":{"content":"x"},"finish_reason":"stop"}]})",
           R"({"choices":[{"index":0,"delta":{"content":"a","audio":null}}],"obfuscation":"zz"})",
           stop}
      )
  );
  EXPECT_EQ(out.answer.text, "a");
}

TEST(OpenAiTolerance, CommentsAndCrLf) {
  auto const out = decode(
      "openai",
      ": OPENROUTER PROCESSING\r\n\r\ndata: " + delta(R"({"content":"a"})") +
          "\r\n\r\ndata: " + stop + "\r\n\r\n"
  );
  EXPECT_EQ(out.answer.text, "a");
  EXPECT_EQ(out.finishes_count, 1);
}

TEST(OpenAiTolerance, AKeyThatIsThereTwice) {
  auto const out = decode("openai", sse({delta(R"({"content":"x","content":"a"})"), stop}));
  EXPECT_EQ(out.answer.text, "a");
}

}  // namespace
}  // namespace ropewalk::ai

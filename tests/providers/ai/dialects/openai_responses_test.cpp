// Goal: OpenAI's Responses as documented. Method: bodies as JSON; each stream at every split of its
// bytes.
#include "tests/providers/ai/dialects/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;

TEST(ResponsesRequest, Everything) {
  auto provider = provider_of("openai-responses");
  provider.options["encryptedReasoning"] = true;
  auto chat = chat_of("gpt-5");
  chat.messages.insert(chat.messages.begin(), text_message(Role::system, "be brief"));
  chat.messages[1].parts.emplace_back(ImagePart{"image/png", "QUJD", ""});
  Message calls{Role::assistant, {}};
  calls.parts.emplace_back(OpaquePart{
      "openai-responses", json_of(R"({"type":"reasoning","encrypted_content":"x"})")});
  calls.parts.emplace_back(TextPart{"Well."});
  calls.parts.emplace_back(ToolCallPart{"c1", "f", "{}"});
  chat.messages.push_back(calls);
  Message results{Role::tool, {}};
  results.parts.emplace_back(ToolResultPart{"c1", "f", "one", false});
  chat.messages.push_back(results);
  chat.tools.push_back(ToolSpec{"f", "F.", {{"type", "object"}}});
  chat.tool_choice = "f";
  chat.temperature = 1;
  chat.max_tokens = 10;
  chat.schema = json::object{{"type", "object"}};
  chat.idempotency_key = "k";
  auto const wire = wire_of(provider, chat);
  EXPECT_EQ(wire.url, "https://api.openai.com/v1/responses");
  EXPECT_EQ(find_header(wire.headers, "idempotency-key"), "k");
  EXPECT_EQ(json_of(wire.body), json_of(R"({"model":"gpt-5","stream":true,"store":false,
    "include":["reasoning.encrypted_content"],"temperature":1.0,"max_output_tokens":10,
    "text":{"format":{"type":"json_schema","name":"answer","schema":{"type":"object"},
      "strict":false}},
    "tools":[{"type":"function","name":"f","description":"F.","parameters":{"type":"object"},
      "strict":false}],
    "tool_choice":{"type":"function","name":"f"},
    "input":[{"role":"system","content":[{"type":"input_text","text":"be brief"}]},
      {"role":"user","content":[{"type":"input_text","text":"hello"},
        {"type":"input_image","image_url":"data:image/png;base64,QUJD"}]},
      {"type":"reasoning","encrypted_content":"x"},
      {"role":"assistant","content":[{"type":"output_text","text":"Well."}]},
      {"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},
      {"type":"function_call_output","call_id":"c1","output":"one"}]})"));
  chat.stop = {"X"};
  EXPECT_EQ(find_dialect("openai-responses")->request(provider, chat).error().code, "unsupported");
}

std::string event(std::string const& type, std::string const& rest) {
  return "event: response." + type + "\ndata: {\"type\":\"response." + type + "\"," + rest +
         ",\"sequence_number\":1}\n\n";
}
std::string const created =
    event("created", R"("response":{"id":"resp_1","model":"gpt-5","status":"in_progress"})");
std::string const output =
    R"([{"type":"reasoning","id":"rs","summary":[{"type":"summary_text","text":"hm"}],)"
    R"("encrypted_content":"enc"},{"type":"message","content":[{"type":"output_text",)"
    R"("text":"Hi"}]},{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"}])";
std::string const usage =
    R"({"input_tokens":10,"input_tokens_details":{"cached_tokens":3,"cache_write_tokens":1},)"
    R"("output_tokens":7,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":17})";
std::string const response =
    R"({"id":"resp_1","object":"response","model":"gpt-5","status":"completed","error":null,)"
    R"("output":)" +
    output + R"(,"usage":)" + usage + "}";

std::vector<std::string> const expected{
    "started gpt-5 resp_1",
    "reasoning hm",
    R"(opaque openai-responses {"type":"reasoning","id":"rs","summary":[{"type":"summary_text",)"
    R"("text":"hm"}],"encrypted_content":"enc"})",
    "text Hi",
    "call 0 c1 f",
    R"(arguments 0 {"a":1})",
    "usage 10 3 1 7 2",
    "finish tool_calls completed"};

TEST(ResponsesStream, Everything) {
  auto const out = decode(
      "openai-responses",
      created + event("reasoning_summary_text.delta", R"("output_index":0,"delta":"hm")") +
          event(
              "output_item.done",
              R"("output_index":0,"item":{"type":"reasoning","id":"rs",)"
              R"("summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"enc"})"
          ) +
          event("output_text.delta", R"("output_index":1,"content_index":0,"delta":"H")") +
          event("output_text.delta", R"("output_index":1,"content_index":0,"delta":"i")") +
          event("output_text.done", R"("output_index":1,"content_index":0,"text":"Hi")") +
          event(
              "output_item.added",
              R"("output_index":2,"item":{"type":"function_call","id":"fc","call_id":"c1",)"
              R"("name":"f","arguments":""})"
          ) +
          event("function_call_arguments.delta", R"("output_index":2,"delta":"{\"a\":")") +
          event("function_call_arguments.delta", R"("output_index":2,"delta":"1}")") +
          event("web_search_call.searching", R"("output_index":9)") +
          event("completed", "\"response\":" + response)
  );
  EXPECT_EQ(lines_of(out.events), expected);
}

TEST(ResponsesStream, OneWholeDocumentSaysTheSame) {
  auto const out =
      decode(provider_of("openai-responses"), response, {{"content-type", "application/json"}});
  EXPECT_EQ(lines_of(out.events), expected);
}

TEST(ResponsesStream, WithoutDeltasTheEndSaysAll) {
  auto const out =
      decode("openai-responses", created + event("completed", "\"response\":" + response));
  EXPECT_EQ(lines_of(out.events), expected);
}

TEST(ResponsesStream, WithoutPlacesNothingComesTwice) {
  auto const out = decode(
      "openai-responses",
      created + event("output_text.delta", R"("delta":"Hi")") +
          event("completed", "\"response\":" + response)
  );
  EXPECT_EQ(out.answer.text, "Hi");
}

TEST(ResponsesStream, Incomplete) {
  struct Row {
    char const* reason;
    FinishReason expected;
  };
  Row const rows[] = {
      {"max_output_tokens", FinishReason::length},
      {"max_tokens", FinishReason::length},
      {"content_filter", FinishReason::content_filter}};
  for (auto const& row : rows) {
    auto const out = decode(
        "openai-responses",
        event(
            "incomplete",
            R"("response":{"status":"incomplete","incomplete_details":{"reason":")" +
                std::string(row.reason) + R"("},"output":[]})"
        )
    );
    EXPECT_EQ(out.answer.finish.reason, row.expected) << row.reason;
  }
}

TEST(ResponsesStream, Refusal) {
  auto const out = decode(
      "openai-responses",
      created +
          event("refusal.delta", R"("output_index":0,"content_index":0,"delta":"I cannot.")") +
          event(
              "completed",
              R"("response":{"status":"completed","output":[{"type":"message","content":[)"
              R"({"type":"refusal","refusal":"I cannot."}]}]})"
          )
  );
  EXPECT_EQ(out.answer.finish.reason, FinishReason::content_filter);
  EXPECT_EQ(out.answer.finish.refusal, "I cannot.");
}

}  // namespace
}  // namespace ropewalk::ai

// Requests, answers, messages and events survive their JSON form; broken records are named.
#include "providers/ai/chat_json.hpp"

#include "engine/base/json.hpp"
#include "providers/ai/chat_memory.hpp"
#include "providers/ai/request_key.hpp"
#include "tests/engine/async/run_coro.hpp"
#include "tests/providers/ai/clients_support.hpp"

#include <map>

namespace ropewalk::ai {
namespace {

using namespace test;

Message full_message() {
  Message message;
  message.role = Role::assistant;
  message.parts = {
      TextPart{"grüße\n"},
      ImagePart{"image/png", "AAAA", ""},
      ToolCallPart{"c1", "f", "{\"a\":1}"},
      ToolResultPart{"c1", "f", "no", true},
      OpaquePart{"anthropic", json::object{{"signature", "s"}}}};
  return message;
}

ChatRequest full_request() {
  ChatRequest request = ask("m", "hello");
  request.messages.push_back(full_message());
  request.tools = {{"f", "does f", {{"type", "object"}}}};
  request.tool_choice = "auto";
  request.format = OutputFormat::json;
  request.schema = json::object{{"type", "object"}};
  request.temperature = 0;
  request.top_p = 0.5;
  request.max_tokens = 7;
  request.stop = {"a", "b"};
  request.seed = -3;
  request.stream = false;
  request.extra = {{"x", 1}};
  request.idempotency_key = "e/t/1";
  return request;
}

ChatAnswer full_answer() {
  ChatAnswer answer;
  answer.model = "m-1";
  answer.request_id = "r";
  answer.text = "t";
  answer.reasoning = "because";
  answer.tool_calls = {{"c", "f", "{}"}};
  answer.opaque = {{"gemini", json::array{1}}};
  answer.usage.input = 3;
  answer.usage.reasoning = 0;
  answer.finish = {FinishReason::content_filter, "refusal", "no"};
  return answer;
}

TEST(ChatJson, RequestsComeBackAsTheyWere) {
  auto const written = to_json(full_request());
  auto const read = request_from_json(*parse_json(to_text(written)));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), written);
  EXPECT_EQ(read->temperature, 0);
  EXPECT_EQ(read->messages.size(), 2U);
  EXPECT_EQ(to_text(written).find("e/t/1"), std::string::npos);
}

TEST(ChatJson, AnswersComeBackAsTheyWere) {
  auto const written = to_json(full_answer());
  auto const read = answer_from_json(*parse_json(to_text(written)));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), written);
  EXPECT_EQ(read->usage, full_answer().usage);
}

TEST(ChatJson, EventsComeBackAsTheyWere) {
  ChatUsage usage;
  usage.cached_input = 4;
  Error error;
  error.code = "overloaded";
  for (ChatEvent const& event : std::vector<ChatEvent>{
           ChatStarted{"m", "r"},
           TextDelta{"a"},
           ReasoningDelta{"b"},
           ToolCallStarted{3, "id", "f"},
           ToolArgumentsDelta{3, "{"},
           OpaqueReceived{{"d", 1}},
           UsageReported{usage},
           ChatFinish{FinishReason::pause, "raw", "no"},
           ChatFailed{error}}) {
    auto const written = to_json(event);
    auto const read = event_from_json(written);
    ASSERT_TRUE(read) << to_text(written);
    EXPECT_EQ(to_json(*read), written);
    EXPECT_EQ(read->index(), event.index());
  }
}

TEST(ChatJson, BrokenRecordsAreNamed) {
  for (std::string_view const text :
       {R"([])",
        R"({"role":"nobody"})",
        R"({"role":"user","parts":[{"type":"dance"}]})",
        R"({"role":"user","parts":[{"type":"text","text":1}]})",
        R"({"role":"user","parts":7})"}) {
    auto const read = message_from_json(*parse_json(text));
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, "invalid_record");
  }
  EXPECT_FALSE(event_from_json(*parse_json(R"({"type":"toolCall","index":-1})")));
  EXPECT_FALSE(answer_from_json(*parse_json(R"({"text":"x"})")));
}

TEST(RequestKey, IsOfTheQuestionOnly) {
  ChatRequest const request = full_request();
  std::string const key = request_key("openai", request);
  EXPECT_EQ(key.size(), 64U);
  ChatRequest same = request;
  same.idempotency_key = "other";
  same.stream = true;
  EXPECT_EQ(request_key("openai", same), key);
  EXPECT_NE(request_key("azure", request), key);
  ChatRequest other = request;
  other.temperature = 1;
  EXPECT_NE(request_key("openai", other), key);
  other = request;
  other.messages.pop_back();
  EXPECT_NE(request_key("openai", other), key);
}

class MemoryStores final : public ResponseCache, public ConversationStore {
 public:
  Async<Result<std::optional<std::string>>> get(std::string key) override {
    auto const it = values.find(key);
    if (it == values.end()) co_return std::optional<std::string>();
    co_return std::optional<std::string>(it->second);
  }
  Async<Result<>> put(std::string key, std::string value, Duration) override {
    values[key] = std::move(value);
    co_return boost::system::in_place_value;
  }
  Async<Result<std::vector<std::string>>> load(
      std::string, std::int32_t, std::string
  ) override {
    co_return turns;
  }
  Async<Result<>> append(std::string, std::string, std::string turn) override {
    turns.push_back(std::move(turn));
    co_return boost::system::in_place_value;
  }

  std::map<std::string, std::string> values;
  std::vector<std::string> turns;
};

Async<> remembers() {
  MemoryStores stores;
  auto const none = co_await cached_answer(stores, "k");
  EXPECT_TRUE(none && !*none);
  auto const put = co_await cache_answer(stores, "k", full_answer(), std::chrono::hours(1));
  EXPECT_TRUE(put);
  auto const found = co_await cached_answer(stores, "k");
  EXPECT_TRUE(found && *found && (*found)->text == "t");
  for (int turn = 0; turn < 2; ++turn) {
    std::vector<Message> messages(2, full_message());
    auto const added = co_await append_turn(stores, "c", std::to_string(turn), std::move(messages));
    EXPECT_TRUE(added);
  }
  auto const messages = co_await load_turns(stores, "c", 10, "later");
  EXPECT_TRUE(messages);
  EXPECT_EQ(messages ? messages->size() : 0, 4U);
  stores.values["k"] = "{\"text\":";
  auto const broken = co_await cached_answer(stores, "k");
  EXPECT_FALSE(broken);
}

TEST(ChatMemory, KeepsAnswersAndTurnsAsText) {
  ropewalk::test::run_coro(remembers());
}

}  // namespace
}  // namespace ropewalk::ai

// Goal: what the simulation says has OpenAI's form, byte for byte where clients look.
// Method: events in, text out; our own reader of that form is the second opinion (tests/system).
#include "server/sim/openai_answer.hpp"

#include "engine/base/json.hpp"
#include "server/http/problem_response.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ropewalk::server {
namespace {

std::string say(std::vector<ai::ChatEvent> const& events, bool with_usage) {
  OpenAiStream stream(7, with_usage);
  std::string out;
  stream.add(ai::ChatStarted{"sim/prose", "sim_1"}, out);
  out.clear();
  for (auto const& event : events) stream.add(event, out);
  return out;
}

std::string piece(std::string const& delta, std::string const& finish = "null") {
  return R"(data: {"id":"chatcmpl-sim_1","object":"chat.completion.chunk","created":7,)"
         R"("system_fingerprint":"ropewalk-sim","model":"sim/prose",)"
         R"("choices":[{"index":0,"delta":)" +
         delta + R"(,"logprobs":null,"finish_reason":)" + finish + "}]}\n\n";
}

ai::ChatUsage usage() {
  ai::ChatUsage out;
  out.input = 12;
  out.output = 5;
  return out;
}

TEST(OpenAiAnswer, AStreamOfText) {
  OpenAiStream stream(7, false);
  std::string first;
  stream.add(ai::ChatStarted{"sim/prose", "sim_1"}, first);
  EXPECT_EQ(first, piece(R"({"role":"assistant","content":""})"));
  EXPECT_EQ(
      say({ai::TextDelta{"Ør\n"}, ai::UsageReported{usage()}, ai::ChatFinish{}}, false),
      piece(R"({"content":"Ør\n"})") + piece("{}", "\"stop\"") + "data: [DONE]\n\n"
  );
}

TEST(OpenAiAnswer, UsageHasAPieceOfItsOwnWithoutChoices) {
  auto const said = say({ai::TextDelta{"x"}, ai::UsageReported{usage()}, ai::ChatFinish{}}, true);
  EXPECT_NE(said.find(R"("finish_reason":null}],"usage":null})"), said.npos) << said;
  auto const at = said.find(R"("choices":[],"usage":{"prompt_tokens":12,"completion_tokens":5,)"
                            R"("total_tokens":17}})");
  ASSERT_NE(at, said.npos) << said;
  EXPECT_LT(said.find("\"stop\""), at);
  EXPECT_GT(said.find("[DONE]"), at);
}

TEST(OpenAiAnswer, ToolCallsComeInPieces) {
  EXPECT_EQ(
      say({ai::ToolCallStarted{0, "c1", "f"},
           ai::ToolArgumentsDelta{0, "{}"},
           ai::ChatFinish{ai::FinishReason::tool_calls, "", ""}},
          false),
      piece(R"({"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":""},)"
            R"("index":0}]})") +
          piece(R"({"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]})") +
          piece("{}", "\"tool_calls\"") + "data: [DONE]\n\n"
  );
}

TEST(OpenAiAnswer, ARefusalIsInTheMessage) {
  ai::ChatFinish const refused{ai::FinishReason::content_filter, "refusal", "I cannot."};
  EXPECT_EQ(
      say({refused}, false),
      piece(R"({"refusal":"I cannot."})") + piece("{}", "\"stop\"") + "data: [DONE]\n\n"
  );
  ai::ChatAnswer answer;
  answer.finish = refused;
  auto const whole = openai_completion(answer, 7);
  auto const& message = whole.at("choices").at(0).at("message");
  EXPECT_TRUE(message.at("content").is_null());
  EXPECT_EQ(message.at("refusal").as_string(), "I cannot.");
}

TEST(OpenAiAnswer, AFailureInAStreamIsSaidACutIsNot) {
  Error overloaded;
  overloaded.code = "overloaded";
  overloaded.message = "busy";
  EXPECT_EQ(
      say({ai::ChatFailed{overloaded}}, false),
      "data: {\"error\":{\"message\":\"busy\",\"type\":\"server_error\",\"param\":null,"
      "\"code\":\"server_is_overloaded\"}}\n\n"
  );
  Error cut;
  cut.code = "stream_truncated";
  EXPECT_EQ(say({ai::ChatFailed{cut}}, false), "");
}

TEST(OpenAiAnswer, AWholeCompletion) {
  ai::ChatAnswer answer;
  answer.model = "sim/prose";
  answer.request_id = "sim_1";
  answer.text = "Hello";
  answer.usage = usage();
  answer.tool_calls.push_back({"c1", "f", "{}"});
  answer.finish = {ai::FinishReason::tool_calls, "", ""};
  EXPECT_EQ(
      to_text(openai_completion(answer, 7)),
      R"({"id":"chatcmpl-sim_1","object":"chat.completion","created":7,)"
      R"("system_fingerprint":"ropewalk-sim","model":"sim/prose","choices":[{"index":0,"message":)"
      R"({"role":"assistant","content":"Hello","refusal":null,"tool_calls":[{"id":"c1",)"
      R"("type":"function","function":{"name":"f","arguments":"{}"}}]},"logprobs":null,)"
      R"("finish_reason":"tool_calls"}],"usage":{"prompt_tokens":12,"completion_tokens":5,)"
      R"("total_tokens":17}})"
  );
}

TEST(OpenAiAnswer, ErrorsHaveTheirStatusAndHeaders) {
  Error limited;
  limited.code = "rate_limited";
  limited.message = "slow down";
  limited.detail = json::object{{"retryAfterMs", 1500}};
  auto const response = openai_error(limited);
  EXPECT_EQ(response.status, 429U);
  EXPECT_EQ(response.headers.at(0).name + ": " + response.headers.at(0).value, "Retry-After: 2");
  Error bad;
  bad.code = "invalid_request";
  bad.detail = json::object{{"param", "n"}};
  EXPECT_EQ(openai_error(bad).status, 400U);
  EXPECT_NE(openai_error(bad).body.find(R"("param":"n")"), std::string::npos);
}

TEST(OpenAiAnswer, ProblemsOfTheFrontAreReshaped) {
  Error error;
  error.code = "not_found";
  error.message = "there is nothing at this path";
  auto response = problem_response(error);
  make_openai_error(response);
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(
      response.body,
      R"({"error":{"message":"there is nothing at this path","type":"invalid_request_error",)"
      R"("param":null,"code":"unknown_url"}})"
  );
  auto other = json_response(json::object{{"code", "not_found"}});
  auto const before = other.body;
  make_openai_error(other);
  EXPECT_EQ(other.body, before);
}

}  // namespace
}  // namespace ropewalk::server

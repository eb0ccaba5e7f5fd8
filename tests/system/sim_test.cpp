// `ropewalk sim` as its users have it: a process that other programs call as they would call
// OpenAI. Ours does so in a workflow, OpenAI's own client from a script.
#include "tests/system/support/executions.hpp"
#include "tests/system/support/server.hpp"
#include "tests/system/support/sim_process.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

namespace ropewalk::system_test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// A server whose provider `local` is a sim in another process.
TEST(Sim, OurOwnProviderOfTypeOpenAiCallsIt) {
  SimProcess const sim({"--tokens-per-second", "1000"});
  TempDirectory const files;
  auto const config = files.write(
      "ropewalk.yaml", "providers:\n  local: { type: openai, baseUrl: \"" + sim.url() + "\" }\n"
  );
  Server const server({"--config", config});
  auto const id = server.run(definition(R"({'name': 'remote', 'tasks': {
    'words': {'type': 'ai', 'model': 'local/echo', 'prompt': 'Greetings to Ørland 🧶 and all.'},
    'sorted': {'type': 'ai', 'model': 'local/prose', 'prompt': 'How urgent is it?', 'output': {
      'schema': {'type': 'object', 'required': ['urgency'], 'additionalProperties': false,
        'properties': {'urgency': {'type': 'integer', 'minimum': 0, 'maximum': 10}}}}},
    'agent': {'type': 'ai', 'model': 'local/prose', 'prompt': 'Use look_up for it.', 'tools': [
      {'name': 'look_up', 'task': 'customer', 'parameters': {'type': 'object'}}]},
    'customer': {'type': 'command', 'command': ['echo', 'found it']},
    'slow': {'type': 'ai', 'model': 'local/prose', 'prompt': 'Say something slowly.',
      'extra': {'sim': {'fault': 'length'}}},
    'again': {'type': 'ai', 'model': 'local/fail-first-1', 'prompt': 'Say hello to all.',
      'retry': {'initialDelay': '10ms'}}
  }})"));
  auto const execution = server.wait_for_end(id);
  ASSERT_EQ(text_of(execution, "status"), "COMPLETED") << json::serialize(execution);
  auto const words = task_of(execution, "words");
  EXPECT_EQ(
      text_of(words.at("output").as_object(), "text"),
      "(simulated) Greetings to Ørland 🧶 and all."
  );
  EXPECT_GT(words.at("usage").at("outputTokens").to_number<int>(), 0) << "the usage came along";
  EXPECT_TRUE(task_of(execution, "sorted").at("output").at("urgency").is_int64());
  EXPECT_THAT(
      text_of(task_of(execution, "agent").at("output").as_object(), "text"),
      AllOf(StartsWith("(simulated) "), HasSubstr("found it"))
  );
  EXPECT_EQ(text_of(task_of(execution, "slow").at("output").as_object(), "finishReason"), "length");
  EXPECT_EQ(task_of(execution, "again").at("attempt").to_number<int>(), 2);
}

TEST(Sim, OverTheWireFaultsEndInTheSameClasses) {
  SimProcess const sim;
  TempDirectory const files;
  auto const config = files.write(
      "ropewalk.yaml", "providers:\n  local: { type: openai, baseUrl: \"" + sim.url() + "\" }\n"
  );
  Server const server({"--config", config});
  std::string tasks;
  for (std::string const fault : {"cut", "429", "refusal", "error-in-stream", "no-such"})
    tasks += std::string(tasks.empty() ? "" : ",") + "'f-" + fault +
             "': {'type': 'ai', 'model': 'local/" + fault +
             "', 'prompt': 'Say hello to all.', 'retry': {'maxAttempts': 1}}";
  auto const id = server.run(definition("{'name': 'faults', 'tasks': {" + tasks + "}}"));
  auto const execution = server.wait_for_end(id);
  auto const end = [&](std::string const& fault) {
    auto const error = task_of(execution, "f-" + fault).at("error").as_object();
    return text_of(error, "class") + " " + text_of(error, "code");
  };
  EXPECT_EQ(end("cut"), "transient connection_lost");
  EXPECT_EQ(end("429"), "resource rate_limited");
  EXPECT_EQ(end("refusal"), "permanent content_filtered");
  EXPECT_EQ(end("error-in-stream"), "transient overloaded");
  EXPECT_EQ(end("no-such"), "permanent not_found");
}

TEST(Sim, ASignalEndsItWhileAStreamIsOpen) {
  SimProcess sim({"--tokens-per-second", "1"});
  EXPECT_THAT(sim.said(), HasSubstr("a simulation: no model is called"));
  Socket const client(sim.port());
  std::string const body =
      R"({"model":"prose","stream":true,"messages":[{"role":"user","content":"hello"}]})";
  HttpRequest request{"POST", "/v1/chat/completions", body, {}};
  request.headers.emplace_back("Content-Type", "application/json");
  ASSERT_TRUE(client.write(to_bytes(request)));
  std::string read;
  while (read.find("data: ") == read.npos) ASSERT_TRUE(client.read_some(read, seconds(20))) << read;
  sim.signal(SIGTERM);
  EXPECT_EQ(sim.wait(), 0);
}

TEST(Sim, MistakesAreToldInOneLine) {
  auto const sim = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {ropewalk_binary(), "sim"});
    return run_program(arguments);
  };
  auto const fault = sim({"--fault", "explode"});
  EXPECT_EQ(fault.status, 2);
  EXPECT_THAT(fault.error, HasSubstr("there is no fault \"explode\""));
  auto const address = sim({"--listen", "nowhere"});
  EXPECT_EQ(address.status, 2);
  EXPECT_THAT(address.error, HasSubstr("not an address to listen at"));
  SimProcess const other;
  auto const taken = sim({"--listen", std::to_string(other.port())});
  EXPECT_EQ(taken.status, 4);
  EXPECT_THAT(taken.error, HasSubstr("cannot listen"));
}

/// The peer is installed by scripts/setup.sh --peers.
class OpenAiClient : public ::testing::Test {
 protected:
  static json::object ask(SimProcess const& sim) {
    auto const done = run_program(
        {"node", ROPEWALK_OPENAI_CLIENT, ROPEWALK_OPENAI_FOLDER, sim.url()}, {}, seconds(60)
    );
    if (done.status != 0) throw std::runtime_error("the client failed:\n" + done.error);
    return json::parse(done.out).as_object();
  }
};

TEST_F(OpenAiClient, StreamsCallsToolsAndKnowsTheErrors) {
  if (!std::filesystem::exists(std::string(ROPEWALK_OPENAI_FOLDER) + "/node_modules/openai"))
    GTEST_SKIP() << "OpenAI's client is not installed: scripts/setup.sh --peers needs npm";
  SimProcess const sim;
  auto const out = ask(sim);
  auto const text = out.at("text").as_object();
  EXPECT_GT(text.at("deltas").to_number<int>(), 5);
  EXPECT_EQ(text.at("joined"), text.at("final"));
  EXPECT_EQ(text.at("final"), text.at("whole")) << "streamed or not, the same is said";
  EXPECT_THAT(text_of(text, "final"), AllOf(StartsWith("(simulated) "), HasSubstr("Ørland")));
  EXPECT_GT(text.at("usage").at("completion_tokens").to_number<int>(), 5);
  EXPECT_EQ(
      text.at("usage").at("total_tokens").to_number<int>(),
      text.at("usage").at("prompt_tokens").to_number<int>() +
          text.at("usage").at("completion_tokens").to_number<int>()
  );
  EXPECT_EQ(text_of(text, "model"), "sim/prose");
  EXPECT_EQ(text_of(text, "fingerprint"), "ropewalk-sim");

  auto const tools = out.at("tools").as_object();
  EXPECT_EQ(text_of(tools, "finish"), "tool_calls");
  EXPECT_EQ(text_of(tools, "name"), "get_weather");
  EXPECT_EQ(text_of(tools, "city"), "string");
  EXPECT_THAT(text_of(tools, "answer"), HasSubstr("The tool get_weather gave: 21C in Oslo"));
  EXPECT_EQ(out.at("json"), true);
  EXPECT_THAT(out.at("models").as_array(), Contains(json::value("prose")));

  auto const failure = [&](char const* name) {
    auto const& told = out.at(name).as_object();
    return text_of(told, "class") + " " + json::serialize(told.at("status")) + " " +
           json::serialize(told.at("code"));
  };
  EXPECT_EQ(failure("rateLimit"), R"(RateLimitError 429 "rate_limit_exceeded")");
  EXPECT_EQ(text_of(out.at("rateLimit").as_object(), "retryAfter"), "1");
  EXPECT_EQ(failure("serverError"), "InternalServerError 500 null");
  EXPECT_EQ(text_of(out.at("retried").as_object(), "class"), "none") << "its second try works";
  EXPECT_EQ(failure("noModel"), R"(NotFoundError 404 "model_not_found")");
  EXPECT_EQ(failure("badRequest"), "BadRequestError 400 null");
  EXPECT_EQ(text_of(out.at("badRequest").as_object(), "param"), "messages[0].role");
  EXPECT_EQ(failure("inStream"), R"(APIError null "server_is_overloaded")");
  EXPECT_THAT(text_of(out.at("cut").as_object(), "class"), StartsWith("other: ")) << "no end";
  EXPECT_EQ(text_of(out, "noRoute"), "NotFoundError");
}

}  // namespace
}  // namespace ropewalk::system_test

// AI tasks as people use them: from the command line and over HTTP, with the simulation for a model
// and a closed port for one that is away.
#include "tests/system/support/executions.hpp"
#include "tests/system/support/server.hpp"

#include <boost/json/parse.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace ropewalk::system_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Class and code of the error of a task, "completed" without one.
std::string end_of(json::object const& execution, std::string const& id) {
  auto const task = task_of(execution, id);
  if (text_of(task, "status") == "COMPLETED") return "completed";
  auto const& error = task.at("error").as_object();
  return text_of(error, "class") + " " + text_of(error, "code");
}

/// What was kept of the calls of a task: "<model> <purpose>" or "<model> <purpose>: <error's
/// code>".
std::vector<std::string> calls_of(Database const& database, std::string const& task) {
  auto const detail =
      json::parse(database.value("SELECT detail FROM tasks WHERE task = '" + task + "'"));
  std::vector<std::string> out;
  for (auto const& entry : detail.at("calls").as_array()) {
    auto const& call = entry.as_object();
    auto& words = out.emplace_back(text_of(call, "model") + " " + text_of(call, "purpose"));
    if (auto const* error = call.if_contains("error"))
      words += ": " + text_of(error->as_object(), "code");
  }
  return out;
}

/// A workflow file with everything that an answer may become.
std::string const everything = R"(name: everything
inputs: { type: object, properties: { ticket: { type: string, default: The server burns } } }
tasks:
  words: { type: ai, model: sim/prose, prompt: "Write about ${{ inputs.ticket }}, please." }
  sorted:
    type: ai
    model: sim/prose
    needs: [words]
    prompt: How urgent is this ticket?
    context: [{ label: ticket, value: "${{ inputs }}" }, "${{ tasks.words.output.text }}"]
    output:
      schema:
        type: object
        required: [urgency, team]
        properties:
          urgency: { type: integer, minimum: 0, maximum: 10 }
          team: { enum: [ops, dev] }
  taken:
    type: ai
    model: sim/echo
    prompt: Say hello to the team.
    extract: finishReason + " after " + text
  agent:
    type: ai
    model: sim/prose
    prompt: Use look_up to find the customer.
    tools:
      - name: look_up
        task: customer
        parameters: { type: object, required: [number], properties: { number: { type: string } } }
  customer:
    type: command
    command: [sh, -c, 'echo "found $NUMBER"']
    env: { NUMBER: "${{ args.number }}" }
  after: { type: pass, needs: [sorted], value: "${{ tasks.sorted.output.urgency + 100 }}" }
)";

class AiTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server = std::make_unique<Server>(); }
  static void TearDownTestSuite() { server.reset(); }

  static json::object run(std::string const& tasks) {
    return server->wait_for_end(server->run(definition("{'name': 'ai', 'tasks': {" + tasks + "}}"))
    );
  }

  static std::unique_ptr<Server> server;
};
std::unique_ptr<Server> AiTest::server;

TEST_F(AiTest, AnswersAreWordsJsonExtractsAndToolsCalls) {
  auto const file = server->files().write("everything.yaml", everything);
  auto const done = server->cli({"run", file, "--json"});
  ASSERT_EQ(done.status, 0) << done.out << done.error;
  auto const line = done.out.rfind('\n', done.out.size() - 2);
  auto const execution = json::parse(done.out.substr(line + 1)).as_object();
  auto const words = task_of(execution, "words").at("output").as_object();
  EXPECT_THAT(text_of(words, "text"), StartsWith("(simulated) "));
  EXPECT_EQ(text_of(words, "finishReason"), "stop");
  EXPECT_EQ(text_of(words, "model"), "sim/prose");
  auto const sorted = task_of(execution, "sorted").at("output").as_object();
  EXPECT_EQ(sorted.size(), 2U) << "the value itself";
  auto const urgency = sorted.at("urgency").to_number<int>();
  EXPECT_EQ(task_of(execution, "after").at("output").to_number<int>(), urgency + 100);
  EXPECT_EQ(
      task_of(execution, "taken").at("output"), "stop after (simulated) Say hello to the team."
  );
  auto const agent = task_of(execution, "agent").at("output").as_object();
  EXPECT_THAT(text_of(agent, "text"), HasSubstr("The tool look_up gave: {\"stdout\":\"found"));
  auto const call = task_of(execution, "customer[1]");
  EXPECT_EQ(text_of(call, "status"), "COMPLETED");
  EXPECT_EQ(text_of(call, "parent"), "agent");
  EXPECT_EQ(text_of(call, "type"), "command");
  EXPECT_THAT(text_of(call.at("output").as_object(), "stdout"), StartsWith("found (simulated)"));
  EXPECT_EQ(in_words(task_of(execution, "customer").at("output")), R"({"calls":1})");
}

TEST_F(AiTest, WhatWasUsedIsShown) {
  auto const execution = run("'one': {'type': 'ai', 'model': 'sim/prose', 'prompt': 'Say one.'}");
  auto const usage = task_of(execution, "one").at("usage").as_object();
  auto const tokens = usage.at("outputTokens").to_number<std::int64_t>();
  EXPECT_GT(usage.at("inputTokens").to_number<std::int64_t>(), 0);
  EXPECT_GT(tokens, 0);
  EXPECT_EQ(usage.at("costUsd").to_number<double>(), 0.0) << "a simulation is free";
  EXPECT_TRUE(usage.at("simulated").as_bool());
  auto const shown = server->cli({"show", text_of(execution, "id")});
  EXPECT_THAT(shown.out, HasSubstr(std::to_string(tokens) + " out (simulated)"));
  auto const metrics = server->get("/metrics").body;
  EXPECT_THAT(
      metrics, HasSubstr(R"(ropewalk_llm_tokens_total{direction="output",model="prose",provider=)")
  );
  auto const spent =
      "SELECT output_tokens FROM spend WHERE execution = '" + text_of(execution, "id") + "'";
  EXPECT_EQ(server->database().value(spent), std::to_string(tokens));
}

TEST_F(AiTest, FaultsEndInTheirClassAndCode) {
  auto const task = [](std::string const& name, std::string const& fault, std::string const& more) {
    return "'" + name + "': {'type': 'ai', 'model': 'sim/" + fault +
           "', 'prompt': 'Say hello to all.', 'retry': {'maxAttempts': 1}" + more + "}";
  };
  std::string const asks_json = ", 'output': {'format': 'json'}";
  auto const execution =
      run(task("cut", "cut", "") + "," + task("limited", "429", "") + "," +
          task("refused", "refusal", "") + "," + task("malformed", "malformed-json", asks_json) +
          "," + task("half", "length", asks_json) + "," + task("short", "length", "") + "," +
          task("stalled", "stall", ", 'timeout': '300ms'") + "," +
          task("broken", "error-in-stream", ""));
  EXPECT_EQ(text_of(execution, "status"), "FAILED");
  EXPECT_EQ(end_of(execution, "cut"), "transient stream_truncated");
  EXPECT_EQ(end_of(execution, "limited"), "resource rate_limited");
  EXPECT_EQ(end_of(execution, "refused"), "permanent content_filtered");
  EXPECT_EQ(end_of(execution, "malformed"), "permanent invalid_output");
  EXPECT_EQ(end_of(execution, "half"), "permanent output_truncated");
  EXPECT_EQ(end_of(execution, "stalled"), "transient timeout");
  EXPECT_EQ(end_of(execution, "broken"), "transient overloaded");
  auto const short_text = task_of(execution, "short").at("output").as_object();
  EXPECT_EQ(text_of(short_text, "finishReason"), "length") << "a text may be cut";
  auto const asked = task_of(execution, "malformed").at("usage").at("calls").to_number<int>();
  EXPECT_EQ(asked, 2) << "one round of repair";
}

TEST_F(AiTest, TriedAgainUntilItWorks) {
  auto const execution =
      run("'again': {'type': 'ai', 'model': 'sim/fail-first-2', 'prompt': 'Say hello to all.', "
          "'retry': {'initialDelay': '10ms'}}");
  auto const task = task_of(execution, "again");
  EXPECT_EQ(text_of(task, "status"), "COMPLETED") << in_words(execution);
  EXPECT_EQ(task.at("attempt").to_number<int>(), 3);
  auto const& earlier = task.at("attempts").as_array();
  ASSERT_EQ(earlier.size(), 2U);
  EXPECT_EQ(text_of(earlier[0].at("error").as_object(), "code"), "server_error");
}

TEST_F(AiTest, TheNextModelOfTheChainAnswers) {
  auto const execution = run(
      "'chain': {'type': 'ai', 'model': ['sim/429', 'sim/prose'], 'prompt': 'Say hello to all.'}"
  );
  auto const task = task_of(execution, "chain");
  ASSERT_EQ(text_of(task, "status"), "COMPLETED") << in_words(execution);
  EXPECT_EQ(text_of(task.at("output").as_object(), "model"), "sim/prose");
  EXPECT_EQ(task.at("attempt").to_number<int>(), 1);
  EXPECT_THAT(
      calls_of(server->database(), "chain"),
      ::testing::ElementsAre("sim/429 answer: rate_limited", "sim/prose fallback")
  );
}

TEST_F(AiTest, ABudgetPausesUntilAPersonGoesOn) {
  auto const id = server->run(definition(
      "{'name': 'careful', 'tasks': {'helper': {'type': 'command', 'command': ['echo', 'hi']}, "
      "'agent': {'type': 'ai', 'model': 'sim/prose', 'prompt': 'Use help to say hello.', "
      "'budget': {'maxTokens': 30, 'onExceeded': 'pause'}, "
      "'tools': [{'name': 'help', 'task': 'helper', 'parameters': {'type': 'object'}}]}}}"
  ));
  bool const is_paused = eventually([&] { return server->execution(id).contains("paused"); });
  ASSERT_TRUE(is_paused) << in_words(server->execution(id));
  auto const why = server->cli({"why", id});
  EXPECT_THAT(why.out, AllOf(HasSubstr("waits for a person"), HasSubstr("budget"))) << why.error;
  auto const resumed = server->cli({"resume", id});
  EXPECT_EQ(resumed.status, 0) << resumed.error;
  auto const execution = server->wait_for_end(id);
  EXPECT_EQ(text_of(execution, "status"), "COMPLETED") << in_words(execution);
  auto const first = task_of(execution, "agent").at("attempts").at(0).as_object();
  EXPECT_EQ(text_of(first.at("error").as_object(), "code"), "budget_exceeded");
}

/// Commands that start no server, in a folder of their own.
class AiCommandsTest : public ::testing::Test {
 protected:
  Finished ropewalk(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), ropewalk_binary());
    arguments.insert(arguments.end(), {"--data", files_.path("data")});
    ProgramOptions options;
    options.directory = files_.path();
    return run_program(arguments, options);
  }

  TempDirectory files_;
};

TEST_F(AiCommandsTest, ProvidersAreListedAndChecked) {
  files_.write("ropewalk.yaml", R"(providers:
  closed: { type: ollama, baseUrl: "http://127.0.0.1:1" }
  keyless: { type: openai, apiKeyEnv: NO_SUCH_KEY }
)");
  auto const list = ropewalk({"providers"});
  EXPECT_EQ(list.status, 0) << list.error;
  EXPECT_THAT(list.out, AllOf(HasSubstr("closed"), HasSubstr("http://127.0.0.1:1")));
  EXPECT_THAT(list.out, AllOf(HasSubstr("NO_SUCH_KEY (not set)"), HasSubstr("a simulation")));

  auto const sim = ropewalk({"providers", "check", "sim"});
  EXPECT_EQ(sim.status, 0) << sim.error;
  EXPECT_THAT(sim.out, HasSubstr("sim works"));

  auto const closed = ropewalk({"providers", "check", "closed", "--model", "any"});
  EXPECT_EQ(closed.status, 1);
  EXPECT_THAT(closed.error, AllOf(HasSubstr("127.0.0.1:1: Connection refused"), HasSubstr("mend")));

  auto const keyless = ropewalk({"providers", "check", "keyless", "--model", "any"});
  EXPECT_NE(keyless.status, 0);
  EXPECT_THAT(keyless.error, HasSubstr("NO_SUCH_KEY"));
}

TEST_F(AiCommandsTest, MistakesInProvidersHaveALineAndAMend) {
  files_.write("ropewalk.yaml", R"(data: elsewhere
providers:
  mine:
    type: openai
    baseURL: http://127.0.0.1:8000/v1
  other: { type: openia }
  third: { type: openai, apiKey: secret-in-the-file }
)");
  auto const config = ropewalk({"config"});
  EXPECT_EQ(config.status, 2) << config.out;
  EXPECT_THAT(config.error, AllOf(HasSubstr("ropewalk.yaml:5:5"), HasSubstr("`baseUrl`")));
  EXPECT_THAT(config.error, AllOf(HasSubstr("ropewalk.yaml:6:"), HasSubstr("\"openai\"")));
  EXPECT_THAT(config.error, AllOf(HasSubstr("ropewalk.yaml:7:"), HasSubstr("apiKeyEnv")));
  EXPECT_THAT(config.error, Not(HasSubstr("secret-in-the-file")));
}

TEST_F(AiCommandsTest, WhatWasRecordedIsReplayedWithoutCalls) {
  auto const workflow = [&](std::string const& prompt) {
    return files_.write(
        "ask.yaml",
        "name: ask\ntasks: { write: { type: ai, model: mine/prose, prompt: " + prompt + " } }\n"
    );
  };
  std::string const output = "write.text";
  auto const file = workflow("Say hello to all.");
  files_.write("ropewalk.yaml", "providers: { mine: { type: sim } }\n");
  auto const recorded = ropewalk({"run", file, "--output", output, "--record", "tape"});
  ASSERT_EQ(recorded.status, 0) << recorded.error;
  EXPECT_THAT(recorded.out, StartsWith("(simulated) "));

  // Nobody listens there: who calls, fails.
  files_.write(
      "ropewalk.yaml", "providers: { mine: { type: ollama, baseUrl: \"http://127.0.0.1:1\" } }\n"
  );
  auto const replayed = ropewalk({"run", file, "--output", output, "--replay", "tape"});
  EXPECT_EQ(replayed.status, 0) << replayed.error;
  EXPECT_EQ(replayed.out, recorded.out);

  workflow("Say hello to nobody.");
  auto const unknown = ropewalk({"run", file, "--replay", "tape"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_THAT(unknown.out, AllOf(HasSubstr("no recording"), HasSubstr("--record")));
}

}  // namespace
}  // namespace ropewalk::system_test

// What AI tasks can do beyond one call, seen from outside: a second call when the first is late,
// conversations, answers that are kept, and what is cut to fit.
//
// Method: the real binary, and a provider on loopback that says what the test tells it to. What
// was asked of it, what the record shows and what it cost are compared.
#include "tests/system/support/executions.hpp"
#include "tests/system/support/fake_model.hpp"
#include "tests/system/support/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace ropewalk::system_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A server, and its provider `fake`.
struct Parts {
  Parts() {
    files.write("models.yaml", FakeModel::models_text());
    auto const config = files.write("ropewalk.yaml", fake.config(files.path("models.yaml")));
    server = std::make_unique<Server>(std::vector<std::string>{"--config", config});
  }

  TempDirectory files{};
  FakeModel fake{};
  std::unique_ptr<Server> server{};
};

class AiFeaturesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { parts = std::make_unique<Parts>(); }
  static void TearDownTestSuite() { parts.reset(); }

  /// From now on the provider answers so.
  void begin(FakeModel::Answer answer) { fake_->begin(std::move(answer)); }

  /// Runs one task `ask` with these fields to its end: how it is shown, with its record.
  json::object ask(std::string const& fields, json::object const& inputs = {}) {
    auto const text = "{'name': 'asking', 'tasks': {'ask': {'type': 'ai', " + fields + "}}}";
    execution_ = server_->wait_for_end(server_->run(definition(text), inputs));
    return server_->get("/v1/executions/" + text_of(execution_, "id") + "/tasks/ask").object();
  }

  static std::string answer_of(json::object const& task) {
    auto const* output = task.if_contains("output");
    return output == nullptr ? in_words(task) : text_of(output->as_object(), "text");
  }
  /// "<model> <purpose> <how it ended>" of each call in the record.
  static std::vector<std::string> calls_of(json::object const& task) {
    std::vector<std::string> out;
    for (auto const& entry : task.at("detail").at("calls").as_array()) {
      auto const& call = entry.as_object();
      auto const* error = call.if_contains("error");
      auto const end = call.contains("cached") ? "cached"
                       : error != nullptr      ? text_of(error->as_object(), "code")
                                               : text_of(call, "finishReason");
      out.push_back(text_of(call, "model") + " " + text_of(call, "purpose") + " " + end);
    }
    return out;
  }
  bool no_call_is_under_way() const {
    return eventually([&] {
      return server_->metric("ropewalk_llm_running{provider=\"fake\"}") == 0;
    });
  }

  static std::unique_ptr<Parts> parts;

  FakeModel* fake_ = &parts->fake;
  Server* server_ = parts->server.get();
  json::object execution_;
};
std::unique_ptr<Parts> AiFeaturesTest::parts;

TEST_F(AiFeaturesTest, ASecondCallAnswersWhenTheFirstIsLate) {
  begin([](ModelRequest const& request) -> std::string {
    return request.model() == "late" ? FakeModel::silence : "Quick hello.";
  });
  auto const task =
      ask("'model': ['fake/late', 'fake/quick'], 'prompt': 'Say hello.', 'hedgeAfter': '50ms'");
  ASSERT_EQ(answer_of(task), "Quick hello.");
  EXPECT_EQ(task.at("attempt").to_number<int>(), 1);
  EXPECT_EQ(task.at("detail").at("model"), "fake/quick");
  EXPECT_THAT(calls_of(task), ElementsAre("fake/late answer cancelled", "fake/quick hedge stop"));
  EXPECT_EQ(text_of(task.at("usage").as_object(), "model"), "fake/quick");
  // What the provider takes for the call that was cut off, nobody knows; it is not said to be free.
  EXPECT_DOUBLE_EQ(task.at("costUsd").to_number<double>(), FakeModel::cost_usd);
  EXPECT_EQ(task.at("calls").to_number<int>(), 2);
  EXPECT_EQ(task.at("unpricedCalls").to_number<int>(), 1);
  EXPECT_TRUE(task.at("usage").at("costUsd").is_null());
  EXPECT_TRUE(eventually([&] { return fake_->left_count() == 1; })) << "the late call goes on";
  EXPECT_TRUE(no_call_is_under_way());
  auto const requests = fake_->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_NE(requests[0].idempotency_key, requests[1].idempotency_key) << "else it were a repeat";
}

TEST_F(AiFeaturesTest, TheSameModelIsAskedAgainWhereThereIsNoOther) {
  std::atomic<int> asked = 0;
  begin([&](ModelRequest const&) -> std::string {
    return asked++ == 0 ? FakeModel::silence : "Hello at last.";
  });
  auto const task = ask("'model': 'fake/one', 'prompt': 'Say hello.', 'hedgeAfter': '50ms'");
  ASSERT_EQ(answer_of(task), "Hello at last.");
  EXPECT_THAT(calls_of(task), ElementsAre("fake/one answer cancelled", "fake/one hedge stop"));
  auto const requests = fake_->requests();
  EXPECT_NE(requests.at(0).idempotency_key, requests.at(1).idempotency_key);
}

TEST_F(AiFeaturesTest, TheFirstCallMayStillWin) {
  begin([this](ModelRequest const& request) -> std::string {
    if (request.model() == "second") return FakeModel::silence;
    EXPECT_TRUE(fake_->wait_for_requests(2)) << "the second call does not begin";
    return "First hello.";
  });
  auto const task =
      ask("'model': ['fake/first', 'fake/second'], 'prompt': 'Say hello.', 'hedgeAfter': '10ms'");
  ASSERT_EQ(answer_of(task), "First hello.");
  EXPECT_EQ(task.at("detail").at("model"), "fake/first");
  EXPECT_THAT(calls_of(task), ElementsAre("fake/second hedge cancelled", "fake/first answer stop"));
  EXPECT_EQ(text_of(task.at("usage").as_object(), "model"), "fake/first");
  EXPECT_TRUE(eventually([&] { return fake_->left_count() == 1; }));
  EXPECT_TRUE(no_call_is_under_way());
}

TEST_F(AiFeaturesTest, OneCallIsEnoughWhenItIsInTime) {
  begin([](ModelRequest const&) -> std::string { return "Hello."; });
  auto const task = ask("'model': 'fake/one', 'prompt': 'Say hello.', 'hedgeAfter': '20s'");
  EXPECT_EQ(answer_of(task), "Hello.");
  EXPECT_THAT(calls_of(task), ElementsAre("fake/one answer stop"));
  EXPECT_EQ(task.at("calls").to_number<int>(), 1);
  EXPECT_FALSE(task.contains("unpricedCalls"));
}

TEST_F(AiFeaturesTest, AConversationGoesOnAfterARestart) {
  begin([](ModelRequest const& request) -> std::string {
    return "Answer " + std::to_string(request.messages().size()) + ".";
  });
  auto const say = [](std::string const& text, std::string const& key) {
    return "'model': 'fake/one', 'prompt': '" + text + "', 'history': '" + key + "'";
  };
  EXPECT_EQ(answer_of(ask(say("My name is Ada.", "ada"))), "Answer 1.");
  server_->kill();
  server_->start();
  EXPECT_EQ(answer_of(ask(say("Who am I then?", "ada"))), "Answer 3.");
  EXPECT_EQ(answer_of(ask(say("And who am I?", "bob"))), "Answer 1.") << "another key";
  EXPECT_EQ(answer_of(ask(say("Once more: who?", "ada"))), "Answer 5.");
  auto const requests = fake_->requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_THAT(
      requests[3].messages(),
      ElementsAre(
          "user: My name is Ada.",
          "assistant: Answer 1.",
          "user: Who am I then?",
          "assistant: Answer 3.",
          "user: Once more: who?"
      )
  );
}

TEST_F(AiFeaturesTest, AnAnswerThatWasKeptCostsNothing) {
  begin([](ModelRequest const& request) -> std::string {
    return "You asked: " + request.messages().back();
  });
  std::string const question =
      "'model': 'fake/one', 'prompt': 'Say ${{ inputs.what }}.', 'cache': true";
  auto const first = ask(question, {{"what", "hello"}});
  EXPECT_THAT(calls_of(first), ElementsAre("fake/one answer stop"));
  EXPECT_DOUBLE_EQ(first.at("costUsd").to_number<double>(), FakeModel::cost_usd);
  server_->kill();
  server_->start();
  auto const second = ask(question, {{"what", "hello"}});
  EXPECT_EQ(in_words(second.at("output")), in_words(first.at("output")));
  EXPECT_THAT(calls_of(second), ElementsAre("fake/one answer cached"));
  auto const& usage = second.at("usage").as_object();
  EXPECT_TRUE(usage.at("cached").as_bool());
  EXPECT_EQ(usage.at("costUsd").to_number<double>(), 0.0);
  EXPECT_EQ(usage.at("calls").to_number<int>(), 0);
  EXPECT_FALSE(second.contains("calls")) << "nothing was paid for";
  auto const shown = server_->cli({"show", text_of(execution_, "id")});
  EXPECT_THAT(shown.out, HasSubstr("kept answer"));
  EXPECT_EQ(fake_->requests().size(), 1U);
  auto const other = ask(question, {{"what", "goodbye"}});
  EXPECT_THAT(answer_of(other), HasSubstr("Say goodbye."));
  EXPECT_EQ(fake_->requests().size(), 2U);
}

/// 200 words about `topic`.
std::string long_text(std::string const& topic) {
  std::string out;
  for (int i = 0; i < 200; ++i) out += topic + " ";
  return out;
}

TEST_F(AiFeaturesTest, TheOldestIsCutToFit) {
  begin([](ModelRequest const&) -> std::string { return "Fine."; });
  json::object const inputs{{"old", long_text("apple")}, {"new", long_text("berry")}};
  std::string const asks =
      "'model': 'fake/one', 'prompt': 'What is this about?', 'maxTokens': 50, 'contextWindow': 512,"
      "'context': [{'label': 'old', 'value': '${{ inputs.old }}'}, {'label': 'new', 'value': "
      "'${{ inputs.new }}'}]";
  auto const refused = ask(asks, inputs);
  EXPECT_EQ(text_of(refused.at("error").as_object(), "code"), "context_length");
  EXPECT_TRUE(fake_->requests().empty());

  auto const task = ask(asks + ", 'contextStrategy': 'truncateOldest'", inputs);
  ASSERT_EQ(answer_of(task), "Fine.");
  auto const messages = fake_->requests().at(0).messages();
  EXPECT_THAT(messages.back(), HasSubstr("What is this about?"));
  auto const sent = in_words(fake_->requests().at(0).body);
  auto const& report = task.at("detail").at("context").as_object();
  EXPECT_EQ(text_of(report, "strategy"), "truncateOldest");
  auto const before = report.at("tokensBefore").to_number<int>();
  auto const after = report.at("tokensAfter").to_number<int>();
  EXPECT_GT(before, 462);
  EXPECT_LE(after, 462);
  auto const& cut = report.at("cut").as_array();
  ASSERT_FALSE(cut.empty());
  EXPECT_EQ(text_of(cut.at(0).as_object(), "label"), "old");
  EXPECT_EQ(text_of(cut.at(0).as_object(), "origin"), "context");
  auto const count = [&](std::string_view word) {
    int found = 0;
    for (auto at = sent.find(word); at != sent.npos; at = sent.find(word, at + 1)) ++found;
    return found;
  };
  EXPECT_LT(count("apple"), 200);
  EXPECT_EQ(count("berry"), 200) << "the later piece is whole";
}

TEST_F(AiFeaturesTest, TheOldestIsSummarizedToFit) {
  begin([](ModelRequest const& request) -> std::string {
    return request.model() == "short" ? "It was about apples." : "Fine.";
  });
  json::object const inputs{{"old", long_text("apple")}, {"new", long_text("berry")}};
  auto const task =
      ask("'model': 'fake/one', 'prompt': 'What is this about?', 'maxTokens': 50, "
          "'contextWindow': 512, 'contextStrategy': 'summarize', 'summarizeModel': 'fake/short', "
          "'context': [{'label': 'old', 'value': '${{ inputs.old }}'}, {'label': 'new', 'value': "
          "'${{ inputs.new }}'}]",
          inputs);
  ASSERT_EQ(answer_of(task), "Fine.") << in_words(task);
  EXPECT_THAT(calls_of(task), ElementsAre("fake/short summary stop", "fake/one answer stop"));
  auto const requests = fake_->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_THAT(in_words(requests[0].body), AllOf(HasSubstr("apple apple"), HasSubstr("Summarize")));
  EXPECT_THAT(
      in_words(requests[1].body),
      AllOf(HasSubstr("It was about apples."), Not(HasSubstr("apple apple")), HasSubstr("berry"))
  );
  auto const& report = task.at("detail").at("context").as_object();
  EXPECT_EQ(text_of(report, "strategy"), "summarize");
  auto const& cut = report.at("cut").as_array().at(0).as_object();
  EXPECT_EQ(text_of(cut, "action"), "summarized");
  EXPECT_EQ(text_of(cut, "label"), "old");
  EXPECT_DOUBLE_EQ(task.at("costUsd").to_number<double>(), 2 * FakeModel::cost_usd);
}

/// What stands behind "<task> | " in lines, put together: each piece on a line of its own, or many.
std::string text_behind(std::string const& lines, std::string const& task) {
  std::string out;
  for (std::size_t at = 0; at < lines.size();) {
    auto const end = std::min(lines.find('\n', at), lines.size());
    auto const line = lines.substr(at, end - at);
    if (line.starts_with(task + " | ")) out += line.substr(task.size() + 3);
    at = end + 1;
  }
  return out;
}

TEST_F(AiFeaturesTest, TextsAreShownAsTheyCome) {
  auto const file = parts->files.write("writers.yaml", R"(name: writers
tasks:
  first: { type: ai, model: sim/prose, prompt: Say something about täsks. }
  second: { type: ai, model: [sim/cut, sim/echo], prompt: Say hello to all. }
)");
  auto const plain = server_->cli({"run", file, "--tokens", "--output", "first.text"});
  ASSERT_EQ(plain.status, 0) << plain.error;
  EXPECT_EQ(text_behind(plain.error, "first") + "\n", plain.out) << "the whole text, once";
  auto const second = text_behind(plain.error, "second");
  std::string const notice = "[what came so far does not count: it asks again (fallback)]";
  auto const at = second.find(notice);
  ASSERT_NE(at, second.npos) << plain.error;
  EXPECT_EQ(second.substr(at + notice.size()), "(simulated) Say hello to all.");
  auto const silent = server_->cli({"run", file});
  EXPECT_THAT(silent.out, Not(HasSubstr("simulated")));
  auto const live = server_->cli({"run", file, "--watch"});
  EXPECT_THAT(live.out, AllOf(HasSubstr("  | (simulated)"), HasSubstr("writers COMPLETED")));
  auto const lines = server_->cli({"run", file, "--tokens", "--json"});
  EXPECT_THAT(lines.out, HasSubstr(R"({"type":"token",)"));
  EXPECT_THAT(lines.out, HasSubstr(R"({"type":"end",)"));
}

TEST_F(AiFeaturesTest, TextsComeAfterTheNewsThatTheirTaskRuns) {
  auto const file = parts->files.write(
      "quick.yaml",
      "name: quick\ntasks: { a: { type: ai, model: sim/prose, prompt: Say one thing. } }\n"
  );
  for (int i = 0; i < 5; ++i) {  // an answer that begins at once is quicker than most commits
    auto const lines = server_->cli({"run", file, "--tokens", "--json"}).out;
    auto const task = lines.find(R"("kind":"task.status")");
    auto const running = lines.find(R"("status":"RUNNING")", task);
    auto const token = lines.find(R"({"type":"token")");
    ASSERT_NE(token, lines.npos) << lines;
    EXPECT_LT(running, token) << lines;
  }
}

TEST_F(AiFeaturesTest, ACallThatItsCallerSurvivedIsNoFailure) {
  auto const file = parts->files.write("care.yaml", R"(name: care
tasks:
  agent:
    type: ai
    model: sim/prose
    prompt: Use look_up to find the customer.
    tools: [{ name: look_up, task: lookup, parameters: { type: object } }]
  lookup: { type: command, command: [sh, -c, "echo nobody >&2; exit 3"] }
)");
  auto const done = server_->cli({"run", file});
  EXPECT_EQ(done.status, 0) << done.error;
  EXPECT_THAT(done.out, HasSubstr("2 completed, 1 failed call"));
  EXPECT_THAT(done.out, HasSubstr("lookup[1]: a call that its caller agent survived"));
  EXPECT_THAT(done.out, Not(HasSubstr("mend")));
  auto const beginning = done.out.rfind('(');
  auto const id = done.out.substr(beginning + 1, done.out.rfind(')') - beginning - 1);
  auto const shown = server_->cli({"show", id, "agent"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("toolRound"), HasSubstr("an error: ")))
      << id << shown.error;
}

TEST_F(AiFeaturesTest, OneWordAsAPromptIsWarnedOf) {
  auto const file = parts->files.write(
      "word.yaml", "name: word\ntasks: { a: { type: ai, model: sim/echo, prompt: hello } }\n"
  );
  auto const checked = server_->cli({"validate", file});
  EXPECT_EQ(checked.status, 0);
  EXPECT_THAT(
      checked.out,
      AllOf(HasSubstr("word.yaml:2:50: warning: prompt_is_name"), HasSubstr("{inline: \"hello\"}"))
  );
  EXPECT_THAT(checked.out, HasSubstr("fine, 1 task, 1 warning"));
  auto const ran = server_->cli({"run", file});
  EXPECT_THAT(ran.error, HasSubstr("warning: prompt_is_name"));
  EXPECT_EQ(ran.status, 1);
}

}  // namespace
}  // namespace ropewalk::system_test

// Goal: the runner works with the values of secrets, and nobody who listens to it hears them.
// Method: a runner that says all it knows, in every way that an attempt can say something.
#include "engine/runtime/secret_runner.hpp"

#include "engine/base/json.hpp"
#include "tests/engine/async/run_coro.hpp"

#include <gtest/gtest.h>

#include <map>

namespace ropewalk {
namespace {

class Secrets final : public SecretSource {
 public:
  Async<Result<std::string>> secret(std::string name) override {
    ++asked;
    auto const found = values.find(name);
    if (found == values.end())
      co_return Error{ErrorClass::permanent, "unknown_secret", "there is no secret " + name};
    co_return found->second;
  }
  std::shared_ptr<SecretMask const> mask() override {
    auto out = std::make_shared<SecretMask>();
    for (auto const& [name, value] : values) out->add(value);
    return out;
  }

  std::map<std::string, std::string> values{{"KEY", "hunter2hunter2"}, {"PIN", "4711"}};
  int asked = 0;
};

class Listener final : public AttemptSink {
 public:
  Async<> log(LogLine line) override {
    said.push_back("log " + line.text);
    co_return;
  }
  Async<Result<json::value>> call(TaskCall call) override {
    said.push_back("call " + to_text(call.arguments));
    co_return json::value("answer");
  }
  void waiting(std::string reason) override { said.push_back("wait " + reason); }
  void token(std::string_view channel, std::string_view text) override {
    texts[std::string(channel)] += text;
  }
  void restart_text(std::string_view) override { texts.clear(); }
  void end_text(TextEnd) override { said.emplace_back("end"); }

  std::vector<std::string> said{};
  std::map<std::string, std::string> texts{};
};

/// Says what stands in its field `a`.
class Talker final : public TaskRunner {
 public:
  Async<AttemptOutcome> run(AttemptRequest request, AttemptSink& sink) override {
    ++runs;
    config = request.config;
    context = request.context ? request.context() : "";
    std::string const all(request.config.at("a").as_string());
    LogLine line{LogLevel::info, "x " + all, false};
    co_await sink.log(std::move(line));
    TaskCall call{"t", json::value(json::string(all))};
    auto calling = sink.call(std::move(call));
    co_await std::move(calling);
    sink.waiting(all);
    sink.token("text", all.substr(0, 4));
    sink.restart_text("repair");
    for (char const& c : all) sink.token("text", std::string_view(&c, 1));
    for (char const& c : all) sink.token("reasoning", std::string_view(&c, 1));
    if (ends_text) sink.end_text({});
    AttemptOutcome out;
    out.detail = json::object{{"all", all}};
    out.usage = json::object{{"all", all}};
    if (fails)
      out.output = Error{ErrorClass::transient, "failed", all, all, json::value(json::string(all))};
    else
      out.output = json::object{{"b", all}};
    if (holds) out.hold = Error{ErrorClass::permanent, "held", all};
    co_return out;
  }

  bool fails = false;
  bool holds = false;
  bool ends_text = true;
  int runs = 0;
  json::object config{};
  std::string context{};
};

struct Stage {
  Secrets secrets{};
  Talker talker{};
  Listener listener{};
  AttemptRequest request{};
  AttemptOutcome outcome{};

  Stage() {
    request.task = "t";
    request.config = json::object{{"a", "as ${{ secrets.KEY }}"}, {"z", 1}};
    request.secrets.push_back({"/a", {{"as ", ""}, {"", "KEY"}}});
    request.context = [] { return "context"; };
  }
  void run() { test::run_coro(work(*this)); }
  static Async<> work(Stage& stage) {
    SecretRunner runner(stage.talker, stage.secrets);
    auto running = runner.run(stage.request, stage.listener);
    stage.outcome = co_await std::move(running);
  }
};

TEST(SecretRunner, PutsThemInAndTakesThemOut) {
  Stage stage;
  stage.run();
  EXPECT_EQ(to_text(stage.talker.config), R"({"a":"as hunter2hunter2","z":1})");
  EXPECT_EQ(stage.talker.context, "context");
  EXPECT_EQ(
      stage.listener.said,
      (std::vector<std::string>{"log x as ***", "call \"as ***\"", "wait as ***", "end"})
  );
  EXPECT_EQ(stage.listener.texts["text"], "as ***");
  EXPECT_EQ(stage.listener.texts["reasoning"], "as ***");
  EXPECT_EQ(to_text(*stage.outcome.output), R"({"b":"as ***"})");
  EXPECT_EQ(to_text(stage.outcome.detail), R"({"all":"as ***"})");
  EXPECT_EQ(to_text(stage.outcome.usage), R"({"all":"as ***"})");
}

TEST(SecretRunner, ErrorsAndHoldsAsWell) {
  Stage stage;
  stage.talker.fails = stage.talker.holds = true;
  stage.talker.ends_text = false;
  stage.run();
  auto const error = stage.outcome.output.error();
  EXPECT_EQ(error.message + error.hint + to_text(error.detail), "as ***as ***\"as ***\"");
  EXPECT_EQ(error.error_class, ErrorClass::transient);
  EXPECT_EQ(stage.outcome.hold.value_or(Error{}).message, "as ***");
  EXPECT_EQ(stage.listener.texts["text"], "as ***") << "what was held back is said at the end";
}

TEST(SecretRunner, AShortOneIsTakenOutWhereItWasPutIn) {
  Stage stage;
  stage.request.secrets.push_back({"/a", {{"pin ", ""}, {"", "PIN"}}});
  stage.run();
  EXPECT_EQ(stage.listener.said.front(), "log x pin ***");
  Stage other;
  other.request.secrets = {{"/a", {{"hunter2hunter2 4711", ""}}}};
  other.run();
  EXPECT_EQ(other.listener.said.front(), "log x *** 4711") << "in other attempts it is a number";
}

TEST(SecretRunner, OneThatIsNotThereIsAnErrorBeforeAnythingRuns) {
  Stage stage;
  stage.secrets.values.erase("KEY");
  stage.run();
  EXPECT_EQ(stage.talker.runs, 0);
  EXPECT_EQ(stage.outcome.output.error().code, "unknown_secret");
  EXPECT_EQ(stage.outcome.output.error().message, "task \"t\": there is no secret KEY");
}

TEST(SecretRunner, NothingToDo) {
  Stage stage;
  stage.secrets.values.clear();
  stage.request.secrets.clear();
  stage.run();
  EXPECT_EQ(stage.secrets.asked, 0);
  EXPECT_EQ(stage.listener.said.front(), "log x as ${{ secrets.KEY }}");
}

}  // namespace
}  // namespace ropewalk

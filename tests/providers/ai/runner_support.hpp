#pragma once
// An AiRunner whose models say what the test wrote down.

#include "engine/base/json.hpp"
#include "engine/runtime/system_clock.hpp"
#include "providers/ai/ai_runner.hpp"
#include "providers/ai/ai_task.hpp"
#include "providers/ai/answer_builder.hpp"
#include "tests/engine/async/run_coro.hpp"

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ropewalk::ai::test {

/// What a model does when it is called.
struct Script {
  std::vector<ChatEvent> events{};
  std::optional<Error> error{};
  bool hangs = false;  // before its first event, until cancelled
};

inline Script says(std::string text) {
  Script out;
  ChatUsage usage;
  usage.input = 10;
  usage.output = 5;
  out.events = {
      ChatStarted{"answered-by", "req-1"},
      TextDelta{std::move(text)},
      UsageReported{usage},
      ChatFinish{FinishReason::stop, "stop", {}}};
  return out;
}

inline Script fails(ErrorClass error_class, std::string code, std::string shown = {}) {
  Script out;
  if (!shown.empty()) out.events = {TextDelta{std::move(shown)}};
  out.error = Error{error_class, std::move(code), "it failed"};
  return out;
}

inline Script calls_tool(std::string name, std::string arguments) {
  Script out;
  out.events = {
      ToolCallStarted{0, "call_1", std::move(name)},
      ToolArgumentsDelta{0, std::move(arguments)},
      ChatFinish{FinishReason::tool_calls, "tool_calls", {}}};
  return out;
}

/// Scripts are taken in order; the last one stays.
class ScriptedModel final : public ModelClient {
 public:
  Async<ChatOutcome> call(ChatRequest const& request, ChatListener const& listener) override {
    requests.push_back(request);
    Script script = scripts.front();
    if (scripts.size() > 1) scripts.pop_front();
    ChatOutcome out;
    if (script.hangs) {
      co_await asio::this_coro::throw_if_cancelled(false);
      Timer never(co_await asio::this_coro::executor, Timer::time_point::max());
      co_await never.async_wait(use_tuple);
      ++cancelled;
      out.ended = Error{ErrorClass::transient, "cancelled", "cancelled"};
      co_return out;
    }
    AnswerBuilder builder;
    for (auto const& event : script.events) {
      builder.add(event);
      listener(event);
    }
    out.answer = builder.take();
    out.total = std::chrono::milliseconds(1);
    if (script.error) out.ended = *script.error;
    co_return out;
  }

  std::deque<Script> scripts{Script{}};
  std::vector<ChatRequest> requests{};
  int cancelled = 0;
};

class ScriptedClients final : public ModelClients {
 public:
  ModelClient& client(ProviderConfig const& provider) override {
    return models[provider.settings.name];
  }
  bool is_replay() const override { return replays; }
  std::map<std::string, ScriptedModel> models{};
  bool replays = false;
};

class MemoryCache final : public ResponseCache {
 public:
  Async<Result<std::optional<std::string>>> get(std::string key) override {
    auto const found = values.find(key);
    if (found == values.end()) co_return std::optional<std::string>();
    co_return std::optional<std::string>(found->second);
  }
  Async<Result<>> put(std::string key, std::string value, Duration) override {
    values[key] = value;
    co_return Result<>();
  }
  std::map<std::string, std::string> values{};
};

class MemoryConversations final : public ConversationStore {
 public:
  Async<Result<std::vector<std::string>>> load(std::string key, std::int32_t, std::string turn_id)
      override {
    std::vector<std::string> out;
    for (auto const& [id, turn] : turns[key])
      if (id != turn_id) out.push_back(turn);
    co_return out;
  }
  Async<Result<>> append(std::string key, std::string turn_id, std::string turn) override {
    if (fails) co_return Error{ErrorClass::transient, "database_gone", "the database is gone"};
    turns[key].emplace_back(turn_id, turn);
    co_return Result<>();
  }
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> turns{};
  bool fails = false;
};

class MemoryFiles final : public WorkflowFolder {
 public:
  Async<Result<std::string>> read(std::string, std::string path, std::size_t) override {
    auto const found = files.find(path);
    if (found == files.end())
      co_return Error{ErrorClass::permanent, "file_not_found", "no file " + path};
    co_return found->second;
  }
  Async<Result<std::unique_ptr<FileWriter>>> write(std::string, std::string path) override {
    co_return Error{ErrorClass::permanent, "file_refused", "nothing is written: " + path};
  }
  std::map<std::string, std::string> files{};
};

/// What was spent before, as if it had been read from a store.
class FixedSpend final : public SpendSource {
 public:
  Async<Result<Spent>> of_task(ExecutionId, std::string) override { co_return task; }
  Async<Result<Spent>> of_execution(ExecutionId) override { co_return execution; }
  Async<Result<Spent>> of_workflow_today(std::string) override { co_return today; }
  Spent task{};
  Spent execution{};
  Spent today{};
};

class CountingObserver final : public AiObserver {
 public:
  void model_called(ModelCallSeen const&) override { ++calls; }
  int calls = 0;
};

/// What an attempt told its surroundings.
class RecordingSink final : public AttemptSink {
 public:
  Async<> log(LogLine line) override {
    lines.push_back(line.text);
    co_return;
  }
  void token(std::string_view channel, std::string_view text) override {
    shown[std::string(channel)].append(text);
  }
  void restart_text(std::string_view reason) override {
    restarts.emplace_back(reason);
    shown.clear();
  }
  void end_text(TextEnd wanted) override { end = std::move(wanted); }
  Async<Result<json::value>> call(TaskCall call) override {
    calls.push_back(call.task + to_text(call.arguments));
    if (hanging_task == call.task) {
      Timer never(co_await asio::this_coro::executor, Timer::time_point::max());
      co_await never.async_wait(use_async);
    }
    auto const found = answers.find(call.task);
    if (found == answers.end())
      co_return Error{ErrorClass::permanent, "exit_code", "task \"" + call.task + "\" failed"};
    co_return found->second;
  }
  void waiting(std::string reason) override { waits.push_back(std::move(reason)); }

  std::vector<std::string> lines{};
  std::map<std::string, std::string> shown{};
  std::vector<std::string> restarts{};
  std::vector<std::string> calls{};
  std::vector<std::string> waits{};
  std::map<std::string, json::value> answers{};
  std::string hanging_task{};  // ends by cancellation only
  std::optional<TextEnd> end{};
};

/// A runner with the providers a, b and c, all of which are scripted.
class Bench {
 public:
  explicit Bench(Executor executor)
      : executor_(executor),
        limits(executor, clock, limit_settings()),
        budgets(executor),
        models(ModelTable::built_in()) {
    for (char const* name : {"a", "b", "c"}) {
      ProviderConfig provider;
      provider.settings.name = name;
      provider.settings.type = "openai";
      providers.emplace(name, std::move(provider));
    }
  }

  ScriptedModel& model(std::string const& provider) { return clients.models[provider]; }

  Async<AttemptOutcome> run(std::string const& config) {
    AiRunner runner(AiParts{
        executor_,
        clock,
        providers,
        clients,
        limits,
        *models,
        files,
        observer,
        spend,
        budgets,
        cache,
        conversations,
        nullptr});
    AttemptRequest request;
    request.task = "ask";
    request.type = "ai";
    request.idempotency_key = idempotency_key;
    request.approved = approved;
    request.workflow = workflow;
    request.budget = budget;
    request.config = parse_json(config)->get_object();
    prepare_ai_fields(request.config);
    request.context = [] { return std::string("{}"); };
    auto running = runner.run(std::move(request), sink);
    co_return co_await std::move(running);
  }

 private:
  static std::map<std::string, ProviderLimitSettings> limit_settings() {
    return {{"a", {}}, {"b", {}}, {"c", {}}};
  }
  Executor executor_;

 public:
  SystemClock clock;
  ProviderConfigs providers;
  ScriptedClients clients;
  ProviderLimitService limits;
  BudgetService budgets;
  std::shared_ptr<ModelTable const> models;
  MemoryFiles files;
  CountingObserver observer;
  FixedSpend spend;
  MemoryCache cache;
  MemoryConversations conversations;
  std::string idempotency_key = "run/ask/1";
  std::string workflow = "w";
  RecordingSink sink;
  bool approved = false;
  WorkflowBudget budget{};  // of the workflow
};

}  // namespace ropewalk::ai::test

#pragma once
// A Backend without a database: executions are rows of events in memory.

#include "server/api/backend.hpp"

#include <map>
#include <string>
#include <vector>

namespace ropewalk::server {

class FakeBackend : public Backend {
 public:
  /// One line an event, numbered from 1.
  std::map<ExecutionId, std::vector<std::string>> events_of;
  std::vector<StartRequest> started;
  std::vector<std::pair<ExecutionId, Command>> commands;
  std::vector<TaskResolution> resolutions;
  std::map<ExecutionId, std::vector<StoredText>> texts_of;  // in the order of their tasks
  std::map<ExecutionId, GraphSource> graphs;
  std::vector<std::pair<ExecutionId, ReplayRequest>> replays;
  std::vector<SignalCall> signals;
  SignalFate signal_fate = SignalFate::taken;
  std::vector<std::pair<std::string, Decision>> decisions;
  std::vector<CostQuery> cost_queries;
  boost::json::array cost_items;
  std::vector<std::pair<Duration, std::optional<Duration>>> prunes;
  boost::json::array providers_seen;
  std::size_t pages_read = 0;
  Error start_error;
  bool is_ready = true;

  static std::string line(std::uint64_t seq, std::string const& kind = "task.status") {
    return "{\"seq\":" + std::to_string(seq) + ",\"at\":\"t\",\"kind\":\"" + kind + "\"}\n";
  }
  static ExecutionId id(std::uint8_t number) {
    ExecutionId out;
    out.bytes[0] = 1;
    out.bytes[15] = number;
    return out;
  }

  Async<> run_aside(std::size_t, std::function<void()> const& work) override {
    work();
    co_return;
  }
  Async<LoadedWorkflow> load(std::string text, TextFormat) override {
    LoadedWorkflow out;
    if (text == "good") {
      auto workflow = std::make_shared<Workflow>();
      workflow->name = "good";
      out.workflow = workflow;
    } else {
      Problem problem;
      problem.code = "cycle";
      out.problems.push_back(problem);
    }
    co_return out;
  }
  Async<Result<Stored>> put_workflow(std::shared_ptr<Workflow const> workflow) override {
    Stored out;
    out.view["name"] = workflow->name;
    out.is_new = true;
    co_return out;
  }
  Async<Result<boost::json::object>> get_workflow(std::string name, std::int32_t version) override {
    boost::json::object out;
    out["name"] = name;
    out["version"] = version;
    co_return out;
  }
  Async<Result<Page>> list_workflows(std::string, std::uint32_t) override { co_return page(); }
  Async<Result<Page>> list_versions(std::string, std::string, std::uint32_t) override {
    co_return page();
  }
  Async<Result<Started>> start(StartRequest request) override {
    started.push_back(std::move(request));
    if (!start_error.code.empty()) co_return start_error;
    auto const fresh = id(static_cast<std::uint8_t>(100 + started.size()));
    events_of[fresh].push_back(line(1, "execution.status"));
    co_return Started{fresh, false};
  }
  Async<Result<boost::json::object>> get_execution(ExecutionId execution) override {
    if (!events_of.contains(execution)) co_return not_found();
    boost::json::object out;
    out["id"] = execution.to_string();
    co_return out;
  }
  Async<Result<boost::json::object>> get_task(ExecutionId execution, std::string task) override {
    if (!events_of.contains(execution)) co_return not_found();
    boost::json::object out;
    out["id"] = task;
    co_return out;
  }
  Async<Result<boost::json::array>> costs(CostQuery query) override {
    cost_queries.push_back(query);
    co_return cost_items;
  }
  Async<Result<Page>> list_executions(ExecutionFilter, std::string, std::uint32_t) override {
    co_return page();
  }
  Async<Result<>> command(ExecutionId execution, Command command) override {
    if (!events_of.contains(execution)) co_return not_found();
    commands.emplace_back(execution, command);
    co_return Result<>{};
  }
  Async<Result<>> resolve(ExecutionId, TaskResolution wanted) override {
    resolutions.push_back(std::move(wanted));
    co_return Result<>{};
  }
  Async<Result<>> retry(ExecutionId) override { co_return not_found(); }
  Async<Result<Started>> replay(ExecutionId execution, ReplayRequest request) override {
    if (!events_of.contains(execution)) co_return not_found();
    replays.emplace_back(execution, std::move(request));
    co_return Started{id(77), false};
  }
  Async<Result<boost::json::object>> diff(ExecutionId first, ExecutionId second) override {
    boost::json::object out;
    out["equal"] = first == second;
    co_return out;
  }
  Async<Result<SignalFate>> signal(ExecutionId execution, SignalCall call) override {
    if (!events_of.contains(execution)) co_return not_found();
    signals.push_back(std::move(call));
    co_return signal_fate;
  }
  Async<Result<>> decide(ExecutionId execution, std::string task, Decision decision) override {
    if (!events_of.contains(execution)) co_return not_found();
    decisions.emplace_back(std::move(task), std::move(decision));
    co_return Result<>{};
  }
  Async<Result<Page>> approvals(std::string, std::uint32_t) override { co_return page(); }
  Async<Result<bool>> wait_for_end(ExecutionId, Duration) override { co_return true; }
  Async<Result<LivePlace>> place(ExecutionId execution) override {
    auto const found = events_of.find(execution);
    if (found == events_of.end()) co_return not_found();
    LivePlace out;
    out.last_seq = found->second.size();
    out.has_ended_tasks = texts_of.contains(execution);
    co_return out;
  }
  Async<Result<EventPage>> events(ExecutionId execution, std::uint64_t after, std::size_t bytes_max)
      override {
    ++pages_read;
    auto const found = events_of.find(execution);
    if (found == events_of.end()) co_return not_found();
    EventPage out;
    for (auto seq = after; seq < found->second.size() && out.frames.size() < bytes_max; ++seq) {
      out.frames += found->second[seq];
      out.last_seq = seq + 1;
    }
    out.has_more = out.last_seq != 0 && out.last_seq < found->second.size();
    co_return out;
  }
  Async<Result<EventPage>> logs(
      ExecutionId execution, std::string, std::uint64_t after, std::size_t bytes_max
  ) override {
    auto reading = events(execution, after, bytes_max);
    co_return co_await std::move(reading);
  }
  Async<Result<std::vector<StoredText>>> texts(
      ExecutionId execution, std::string task, std::string after
  ) override {
    std::vector<StoredText> out;
    for (auto const& text : texts_of[execution])
      if (task.empty() ? text.task > after && out.size() < 2 : text.task == task)
        out.push_back(text);
    co_return out;
  }
  Async<Result<boost::json::value>> why(ExecutionId, std::string) override {
    co_return boost::json::value(boost::json::array());
  }
  Async<Result<GraphSource>> graph(ExecutionId execution) override {
    auto const found = graphs.find(execution);
    if (found == graphs.end()) co_return not_found();
    co_return found->second;
  }
  Async<Result<boost::json::value>> pools() override {
    co_return boost::json::value(boost::json::array());
  }
  Async<Result<>> set_capacity(std::string, std::uint64_t) override { co_return Result<>{}; }
  Async<boost::json::array> providers() override { co_return providers_seen; }
  Async<Result<boost::json::array>> nodes() override { co_return boost::json::array(); }
  Async<Result<boost::json::object>> prune(Duration age, std::optional<Duration> costs_age)
      override {
    prunes.emplace_back(age, costs_age);
    boost::json::object out;
    out["executions"] = 3;
    if (costs_age) out["costs"] = 7;
    co_return out;
  }
  Async<Result<>> ready() override {
    if (is_ready) co_return Result<>{};
    Error error;
    error.code = "database_unavailable";
    error.message = "away";
    co_return error;
  }
  Async<std::string> metrics() override { co_return "ropewalk_up 1\n"; }

 private:
  static Page page() { return Page{{boost::json::object()}, "cursor x"}; }
  static Error not_found() {
    Error error;
    error.code = "not_found";
    error.message = "there is no such execution";
    return error;
  }
};

}  // namespace ropewalk::server

// When an execution may begin: rateLimit, debounce and singleton of its workflow.
#include "engine/async/deadline.hpp"
#include "engine/base/json.hpp"
#include "engine/model/cel/value_json.hpp"
#include "server/node_backend.hpp"
#include "server/node_impl.hpp"
#include "server/observe/log.hpp"
#include "server/start_key.hpp"

namespace ropewalk::server {
namespace {

constexpr int holder_looks_max = 100;  // for one that is being accepted, every 50 ms
constexpr auto look_every = std::chrono::milliseconds(50);

class KeyScope : public cel::Activation {
 public:
  KeyScope(json::object const& inputs, json::object const& variables)
      : inputs_(inputs), variables_(variables) {}
  std::optional<cel::Value> lookup(std::string_view name) const override {
    if (name == "inputs") return cel::Value::view(inputs_);
    if (name == "variables") return cel::Value::view(variables_);
    return std::nullopt;
  }

 private:
  json::value inputs_;
  json::value variables_;
};

std::string group_of(std::string_view kind, Workflow const& workflow, std::string const& key) {
  return std::string(kind) + "/" + workflow.name + "/" + key;
}

Error rate_limited(StartRate const& rule, std::string const& group, Duration wait) {
  Error out;
  out.error_class = ErrorClass::resource;
  out.code = "rate_limited";
  out.message = "no more than " + std::to_string(rule.limit) + " executions begin in " +
                format_duration(rule.per) + " (" + group + ")";
  out.hint = "try again in " + format_duration(std::chrono::ceil<std::chrono::milliseconds>(wait)) +
             ", or set rateLimit.onLimit to queue";
  out.detail = json::object{
      {"limit", "rateLimit"},
      {"retryAfterMs", std::chrono::ceil<std::chrono::milliseconds>(wait).count()}};
  return out;
}

Error already_running(ExecutionId holder) {
  Error out;
  out.error_class = ErrorClass::resource;
  out.code = "already_running";
  out.message = "execution " + holder.to_string() + " runs, and the workflow is a singleton";
  out.hint = "wait for its end, or set singleton.onConflict to return";
  out.detail = json::object{{"limit", "singleton"}, {"execution", holder.to_string()}};
  return out;
}

Error debounced(ExecutionId later) {
  Error out;
  out.code = "debounced";
  out.message = "a later call came before it began: execution " + later.to_string();
  out.hint = "look at that one; debounce.delay says how long calls are waited for";
  out.detail = json::object{{"execution", later.to_string()}};
  return out;
}

Async<Result<>> supersede_at(NodeShard& home, ExecutionId id, Error reason) {
  auto const work = home.work;
  if (!work) co_return Result<>();
  auto superseding = work->engine.supersede(id, std::move(reason));
  co_return co_await std::move(superseding);
}

}  // namespace

Result<std::string> start_key(
    Workflow const& workflow,
    json::object const& inputs,
    std::string_view field,
    std::optional<cel::Template> const& key
) {
  if (!key) return std::string();
  Error error;
  error.code = "invalid_inputs";
  KeyScope const scope(inputs, workflow.variables);
  auto const value = key->evaluate(scope);
  if (!value) {
    error.message = std::string(field) + ".key: " + value.error().message;
    return error;
  }
  auto text = value->is_string() ? std::string(value->get_string()) : to_text(*value);
  if (text.find('\0') == text.npos) return text;
  error.message =
      std::string(field) + ".key: its value has a zero byte, which PostgreSQL cannot store";
  return error;
}

std::optional<StartHold> hold_of(NodeCommon const& common, sql::StartLimits::Wait const& wait) {
  return StartHold{common.clock.now() + wait.left, wait.kind};
}

Error superseded_error(sql::StartLimits::Wait const& wait) {
  return debounced(*wait.superseded_by);
}

Async<Result<NodeBackend::StartPlan>> NodeBackend::take_singleton(
    StartPlan plan, StartSingleton rule, std::string group, ExecutionId id
) {
  for (int looks = 0;; ++looks) {
    auto asking = shard_.start_limits.singleton(group, id);
    auto const found = co_await std::move(asking);
    if (!found) co_return found.error();
    if (!found->holder) {
      plan.singleton = std::move(group);
      co_return plan;
    }
    if (!rule.gives_running) co_return already_running(*found->holder);
    if (found->is_accepted) {
      plan.instead = Started{*found->holder, true};
      co_return plan;
    }
    if (looks == holder_looks_max) co_return already_running(*found->holder);
    co_await sleep_for(look_every);  // it was given the place a moment ago
  }
}

Async<Result<NodeBackend::StartPlan>> NodeBackend::take_rate(
    StartPlan plan, StartRate rule, std::string group, ExecutionId id
) {
  auto asking = shard_.start_limits.rate(
      group, id, static_cast<std::int32_t>(rule.limit), rule.per, rule.queues
  );
  auto const taken = co_await std::move(asking);
  if (!taken) co_return taken.error();
  if (!taken->is_allowed) co_return rate_limited(rule, group, taken->wait);
  if (taken->wait > Duration{})
    plan.hold = StartHold{common_.clock.now() + taken->wait, "rateLimit"};
  co_return plan;
}

Async<Result<NodeBackend::StartPlan>> NodeBackend::take_debounce(
    StartPlan plan, StartDebounce rule, std::string group, ExecutionId id
) {
  auto asking = shard_.start_limits.debounce(std::move(group), id, rule.delay, rule.longest);
  auto const taken = co_await std::move(asking);
  if (!taken) co_return taken.error();
  plan.supersedes = taken->superseded;
  plan.hold = StartHold{common_.clock.now() + taken->wait, "debounce"};
  co_return plan;
}

Async<Result<NodeBackend::StartPlan>> NodeBackend::plan_start(
    std::shared_ptr<Workflow const> workflow, json::object const& inputs, ExecutionId id
) {
  StartPlan plan;
  if (auto const& rule = workflow->singleton) {
    CO_TRY(auto const key, start_key(*workflow, inputs, "singleton", rule->key));
    auto taking = take_singleton(std::move(plan), *rule, group_of("singleton", *workflow, key), id);
    auto taken = co_await std::move(taking);
    if (!taken || taken->instead) co_return taken;
    plan = std::move(*taken);
  }
  if (auto const& rule = workflow->rate_limit) {
    CO_TRY(auto const key, start_key(*workflow, inputs, "rateLimit", rule->key));
    auto const singleton = plan.singleton;
    auto taking = take_rate(std::move(plan), *rule, group_of("rate", *workflow, key), id);
    auto taken = co_await std::move(taking);
    if (!taken) {
      StartPlan given;
      given.singleton = singleton;
      auto finishing = finish_start(std::move(given), id, false);
      co_await std::move(finishing);
      co_return taken.error();
    }
    plan = std::move(*taken);
  }
  if (auto const& rule = workflow->debounce) {
    CO_TRY(auto const key, start_key(*workflow, inputs, "debounce", rule->key));
    auto taking = take_debounce(std::move(plan), *rule, group_of("debounce", *workflow, key), id);
    auto taken = co_await std::move(taking);
    co_return taken;
  }
  co_return plan;
}

Async<> NodeBackend::finish_start(StartPlan plan, ExecutionId id, bool is_accepted) {
  if (!is_accepted) {
    if (plan.singleton.empty()) co_return;
    auto giving = shard_.start_limits.give_up(std::move(plan.singleton), id);
    auto const given = co_await std::move(giving);
    if (!given) log::warn("a place could not be given back", {{"error", given.error().message}});
    co_return;
  }
  if (!plan.supersedes) co_return;
  auto const earlier = *plan.supersedes;
  auto& home = home_of(earlier);
  auto make = [&home, earlier, id] { return supersede_at(home, earlier, debounced(id)); };
  auto superseding = on_shard(home.shard, make);
  co_await std::move(superseding);  // not here, or begun: then it runs as well
}

}  // namespace ropewalk::server

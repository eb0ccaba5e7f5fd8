#include "providers/ai/model_caller.hpp"

#include "providers/ai/chat_memory.hpp"
#include "providers/ai/hedge_race.hpp"
#include "providers/ai/request_key.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

constexpr Duration cache_time = std::chrono::hours(24 * 7);

constexpr std::array<std::string_view, 7> codes_that_move_on{
    "auth",
    "not_found",
    "unknown_provider",
    "unsupported",
    "price_unknown",
    "dns_failure",
    "tls_failure"};

bool can_be_retried(Error const& error) {
  if (error.error_class != ErrorClass::transient && error.error_class != ErrorClass::resource)
    return false;
  auto const* detail = error.detail.if_object();
  auto const* retryable = detail ? detail->if_contains("retryable") : nullptr;
  return retryable == nullptr || !retryable->is_bool() || retryable->get_bool();
}

struct Failure {
  ModelName model{};
  Error error{};
};

/// How long its provider wants to be left alone.
double wait_ms(Error const& error) {
  auto const* detail = error.detail.if_object();
  auto const* wait = detail ? detail->if_contains("retryAfterMs") : nullptr;
  return wait != nullptr && wait->is_number() ? wait->to_number<double>() : 0;
}

/// One error for a chain: that of the model which may work again first, if any may; the others in
/// its words.
Error combine(std::vector<Failure> failures) {
  auto chosen = failures.end();
  for (auto it = failures.begin(); it != failures.end(); ++it) {
    if (!can_be_retried(it->error)) continue;
    if (chosen == failures.end() || wait_ms(it->error) < wait_ms(chosen->error)) chosen = it;
  }
  if (chosen == failures.end()) chosen = std::prev(failures.end());
  Error out = std::move(chosen->error);
  if (failures.size() == 1) return out;
  std::string others;
  for (auto const& failure : failures) {
    if (&failure == &*chosen) continue;
    others.append(others.empty() ? "" : ", ").append(full_name(failure.model));
    others.append(" (").append(failure.error.code).append(")");
  }
  out.message.append("; the other models of the chain failed too: ").append(others);
  return out;
}

/// The same for the same question of the same task, also when it is asked again after a crash.
/// Another question (a repair, a next round, another model) is no repeat of it; nor is a second
/// call that is to be quicker than the first.
std::string call_key(
    std::string const& task_key, std::string const& request_key, CallPurpose purpose
) {
  if (task_key.empty()) return {};
  std::string out = task_key + "-" + request_key.substr(0, 16);
  if (purpose == CallPurpose::hedge) out += "-hedge";
  return out;
}

/// Under the name that the workflow knows; the provider's own is in the record of the call.
Answered answered_by(ModelName const& model, ChatAnswer answer, json::value cut_report) {
  answer.model = full_name(model);
  return {model, std::move(answer), std::move(cut_report), {}};
}

}  // namespace

bool moves_on(Error const& error) {
  if (error.code == "cancelled" || error.code == "budget_exceeded") return false;
  if (error.error_class == ErrorClass::transient || error.error_class == ErrorClass::resource)
    return true;
  return std::find(codes_that_move_on.begin(), codes_that_move_on.end(), error.code) !=
         codes_that_move_on.end();
}

ModelCaller::ModelCaller(
    AiParts const& parts,
    AttemptRequest const& request,
    AiTask const& task,
    AttemptSink& sink,
    StreamRelay& relay,
    CallLedger& ledger,
    std::vector<BudgetShare> const& budgets,
    TokenCorrection& correction
)
    : parts_(parts),
      request_(request),
      task_(task),
      sink_(sink),
      relay_(relay),
      ledger_(ledger),
      budgets_(budgets),
      correction_(correction) {}

Async<Result<Answered>> ModelCaller::ask(Question question) {
  std::vector<Failure> failures;
  for (std::size_t i = 0; i < task_.models.size(); ++i) {
    bool const has_next = i + 1 < task_.models.size();
    auto const purpose = i == 0 ? question.purpose : CallPurpose::fallback;
    Target target{task_.models[i], purpose, has_next, {}};
    if (i > 0) relay_.restart("fallback");
    bool const is_hedged = i == 0 && task_.hedge_after.has_value();
    auto const beside = std::min<std::size_t>(1, task_.models.size() - 1);
    Target const second{task_.models[beside], CallPurpose::hedge, has_next, {}};
    auto asking = is_hedged ? ask_hedged(question, target, second) : ask_one(question, target);
    auto answered = co_await std::move(asking);
    if (answered) co_return answered;
    if (is_held_ || !moves_on(answered.error())) co_return answered.error();
    failures.push_back({task_.models[i], answered.error()});
  }
  co_return combine(std::move(failures));
}

Async<Result<Answered>> ModelCaller::ask_one(Question const& question, Target target) {
  ChatListener const listener = [this](ChatEvent const& event) { relay_.pass(event); };
  auto calling = call_model(question, std::move(target), listener);
  co_return co_await std::move(calling);
}

Async<Result<Answered>> ModelCaller::ask_hedged(
    Question const& question, Target first, Target second
) {
  using Hedge = HedgeRace<Answered>;
  auto const start = [&](Target const& target) {
    return [this, &question, &target](ChatListener const& listener) {
      return call_model(question, target, listener);
    };
  };
  Hedge race(parts_.executor, [this](ChatEvent const& event) { relay_.pass(event); });
  first.on_turn = [&race] { race.first_began(); };
  auto running = race.run(*task_.hedge_after, start(first), start(second));
  co_return co_await std::move(running);
}

Async<Result<Answered>> ModelCaller::call_model(
    Question const& question, Target target, ChatListener const& listener
) {
  auto preparing = prepare(question, target);
  auto prepared = co_await std::move(preparing);
  if (!prepared) co_return prepared.error();
  std::string const key = request_key(target.model.provider, prepared->chat);
  if (task_.cache) {
    auto looking = look_up(key, question, *prepared, target, listener);
    auto found = co_await std::move(looking);
    if (found)
      co_return answered_by(target.model, std::move(*found), std::move(prepared->cut_report));
  }
  auto reserving = reserve_budget(*prepared, target.model);
  auto hold = co_await std::move(reserving);
  if (!hold) co_return hold.error();
  prepared->chat.idempotency_key = call_key(request_.idempotency_key, key, target.purpose);
  auto calling = call_now(*prepared, target, *hold, listener);
  auto answer = co_await std::move(calling);
  if (!answer) co_return answer.error();
  auto answered = answered_by(target.model, std::move(*answer), std::move(prepared->cut_report));
  if (task_.cache) answered.cache_key = key;
  co_return answered;
}

Async<> ModelCaller::keep(Answered const& answered) {
  auto const reason = answered.answer.finish.reason;
  bool const is_whole = reason == FinishReason::stop || reason == FinishReason::tool_calls;
  if (answered.cache_key.empty() || !is_whole) co_return;
  auto storing = cache_answer(parts_.cache, answered.cache_key, answered.answer, cache_time);
  auto const stored = co_await std::move(storing);
  if (stored) co_return;
  LogLine line{LogLevel::warn, "the answer was not kept in the cache: " + stored.error().message};
  auto logging = sink_.log(std::move(line));
  co_await std::move(logging);
}

}  // namespace ropewalk::ai

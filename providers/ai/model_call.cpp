// ModelCaller: one call to one model.
#include "engine/base/json.hpp"
#include "providers/ai/chat_memory.hpp"
#include "providers/ai/dialects/answer_limit.hpp"
#include "providers/ai/model_caller.hpp"
#include "providers/ai/usage_doubt.hpp"

#include <algorithm>

namespace ropewalk::ai {
namespace {

constexpr std::int64_t output_default =
    4096;  // kept for the answer where nothing says how long it may be
constexpr std::int64_t summary_input_max = 32'000;
// How long a call waits for a provider that has said when it may be called again. Where there is
// another model, that one is asked instead; where there is none, the task gives its slot back and
// is tried again at that time.
constexpr Duration patience_in_chain = std::chrono::seconds(30);
constexpr Duration patience_alone = std::chrono::minutes(2);

Error unknown_provider(ModelName const& model, ProviderConfigs const& providers) {
  std::string names;
  for (auto const& [name, provider] : providers)
    names.append(names.empty() ? "" : ", ").append(name);
  return Error{
      ErrorClass::permanent,
      "unknown_provider",
      "there is no provider \"" + model.provider + "\" for the model " + full_name(model),
      "name it under providers: in ropewalk.yaml, or use one of " + names};
}

Error cannot(ModelName const& model, std::string const& what, std::string const& field) {
  return Error{
      ErrorClass::permanent,
      "unsupported",
      full_name(model) + " takes no " + what + ", as far as is known",
      "take another model, or say `" + field + ": true` of this one in modelsFile"};
}

Error price_unknown(ModelName const& model) {
  return Error{
      ErrorClass::permanent,
      "price_unknown",
      "the budget has a maxCostUsd, and what " + full_name(model) + " costs is not known",
      "give its price in modelsFile (0 where it costs nothing), or set maxTokens instead"};
}

bool has_image(std::vector<DraftMessage> const& draft) {
  return std::ranges::any_of(draft, [](DraftMessage const& drafted) {
    return std::ranges::any_of(drafted.message.parts, [](Part const& part) {
      return std::holds_alternative<ImagePart>(part);
    });
  });
}

double cost_of(ModelInfo const& info, std::int64_t input, std::int64_t output) {
  if (!info.price) return 0;
  ChatUsage usage;
  usage.input = input;
  usage.output = output;
  return cost_usd(*info.price, usage).value_or(0);
}

bool is_simulation(ProviderConfig const& provider) {
  return provider.settings.type == "sim";
}

}  // namespace

Result<ProviderConfig const*> ModelCaller::find_provider(ModelName const& model) const {
  auto const found = parts_.providers.find(model.provider);
  if (found == parts_.providers.end()) return unknown_provider(model, parts_.providers);
  if (parts_.clients.is_replay()) return &found->second;
  if (auto missing = missing_key(found->second)) return *missing;
  return &found->second;
}

Async<Result<ModelCaller::Prepared>> ModelCaller::prepare(
    Question const& question, Target const& target
) {
  Prepared out;
  CO_TRY(out.provider, find_provider(target.model));
  out.info =
      parts_.models.find(target.model.provider, out.provider->settings.type, target.model.model);
  out.chat = question.base;
  out.chat.model = target.model.model;
  if (auto const fits = fit_abilities(question, target.model, out); !fits) co_return fits.error();
  // What is kept free for the answer is what the provider is told.
  if (!out.chat.max_tokens)
    out.chat.max_tokens = default_answer_limit(out.provider->settings, out.info.max_output);
  auto fitting = fit(question, target.model, out);
  auto const fitted = co_await std::move(fitting);
  if (!fitted) co_return fitted.error();
  co_return out;
}

Result<> ModelCaller::fit_abilities(
    Question const& question, ModelName const& model, Prepared& into
) {
  auto const& info = into.info;
  if (info.images == false && has_image(question.draft)) return cannot(model, "images", "images");
  if (info.tools == false && !into.chat.tools.empty()) return cannot(model, "tools", "tools");
  if (info.schema == false) into.chat.schema.reset();  // it is told in words, and checked
  if (info.temperature == false) {                     // such a model refuses the whole call for it
    if (into.chat.temperature) into.dropped.emplace_back("temperature");
    if (into.chat.top_p) into.dropped.emplace_back("topP");
    into.chat.temperature.reset();
    into.chat.top_p.reset();
  }
  return {};
}

Async<Result<>> ModelCaller::fit(Question const& question, ModelName const& model, Prepared& into) {
  auto const family = token_family(model.model);
  auto const name = full_name(model);
  std::int64_t const output_known = into.info.max_output.value_or(output_default);
  into.output_max = into.chat.max_tokens.value_or(std::min(output_known, output_default));
  ContextWindow window;
  window.family = family;
  window.factor = correction_.factor(name);
  window.fixed = estimate_tokens(family, std::span<ToolSpec const>(into.chat.tools));
  if (into.chat.schema)
    window.fixed += estimate_tokens(family, to_text(json::value(*into.chat.schema)));
  window.reserved = into.output_max;
  window.tokens = task_.context_window.value_or(into.info.context_window.value_or(0));
  std::vector<DraftMessage> messages = question.draft;
  if (window.tokens > 0) {
    CO_TRY(
        FittedContext fitted,
        fit_context(std::move(messages), window, question.strategy, summary_input_max)
    );
    if (fitted.summary) {
      auto summarizing = summarize(model, std::move(fitted), window);
      auto summarized = co_await std::move(summarizing);
      if (!summarized) co_return summarized.error();
      fitted = std::move(*summarized);
    }
    if (!fitted.report.empty()) into.cut_report = std::move(fitted.report);
    messages = std::move(fitted.messages);
  }
  cut_report_ = into.cut_report;
  into.chat.messages = messages_of(messages);
  into.input_raw =
      window.fixed + estimate_tokens(family, std::span<Message const>(into.chat.messages));
  into.input = correction_.corrected(name, into.input_raw);
  co_return Result<>();
}

Async<Result<FittedContext>> ModelCaller::summarize(
    ModelName const& model, FittedContext planned, ContextWindow const& window
) {
  std::vector<std::string> answers;
  Target const target{task_.summarize_model.value_or(model), CallPurpose::summary, false, {}};
  ChatListener const nobody = [](ChatEvent const&) {};  // only the answer itself is shown
  for (auto const& request : planned.summary->requests) {
    Question question;
    question.draft.push_back({request, Origin::prompt, {}, 0, 0});
    question.base.max_tokens = planned.summary->answer_tokens_max;
    question.base.idempotency_key = request_.idempotency_key;
    question.purpose = CallPurpose::summary;
    auto calling = call_model(question, target, nobody);
    auto answered = co_await std::move(calling);
    if (!answered) co_return answered.error();
    auto keeping = keep(*answered);
    co_await std::move(keeping);
    answers.push_back(std::move(answered->answer.text));
  }
  co_return apply_summary(std::move(planned), answers, window);
}

Async<std::optional<ChatAnswer>> ModelCaller::look_up(
    std::string const& key,
    Question const& question,
    Prepared const& prepared,
    Target const& target,
    ChatListener const& listener
) {
  auto getting = cached_answer(parts_.cache, key);
  auto found = co_await std::move(getting);
  // A cache that cannot be read is a cache without the answer: the model is asked.
  if (!found || !*found) co_return std::nullopt;
  ChatAnswer answer = std::move(**found);
  if (question.accepts && !question.accepts(answer)) co_return std::nullopt;
  listener(TextDelta{answer.text});
  CallRecord record;
  record.model = target.model;
  record.purpose = target.purpose;
  record.answered_by = answer.model;
  record.finish = answer.finish.reason;
  record.usage = answer.usage;
  record.is_cached = true;
  record.is_simulated = is_simulation(*prepared.provider);
  ledger_.add(std::move(record));
  co_return answer;
}

Async<Result<BudgetHold>> ModelCaller::reserve_budget(
    Prepared const& prepared, ModelName const& model
) {
  if (parts_.clients.is_replay()) co_return BudgetHold();  // nothing is paid
  bool const needs_price = std::ranges::any_of(budgets_, [](BudgetShare const& share) {
    return share.budget.limit.max_cost_usd.has_value();
  });
  bool const is_free = is_simulation(*prepared.provider);
  if (needs_price && !is_free && !request_.approved && !prepared.info.price)
    co_return price_unknown(model);
  BudgetRequest wanted;
  wanted.shares = budgets_;
  auto& call = wanted.call;
  call.sends = {prepared.input, cost_of(prepared.info, prepared.input, 0)};
  call.most = {
      prepared.input + prepared.output_max,
      cost_of(prepared.info, prepared.input, prepared.output_max)};
  call.is_price_known = prepared.info.price.has_value();
  BudgetWaitListener const on_waiting = [this](std::string reason) {
    sink_.waiting(std::move(reason));
  };
  auto reserving = parts_.budgets.reserve(std::move(wanted), on_waiting);
  auto answer = co_await std::move(reserving);
  sink_.waiting({});
  if (answer.hold) co_return std::move(*answer.hold);
  is_held_ = answer.refused->then == OnExceeded::pause;
  co_return answer.refused->error;
}

Async<Result<Permit>> ModelCaller::wait_for_turn(Prepared const& prepared, Target const& target) {
  LimitRequest wanted;
  wanted.provider = target.model.provider;
  wanted.model = target.model.model;
  wanted.patience = target.has_next ? patience_in_chain : patience_alone;
  wanted.tokens = prepared.input + prepared.output_max;
  wanted.priority = request_.priority;
  wanted.since = parts_.clock.now();
  WaitListener const on_waiting = [this](LimitWait const& wait) { sink_.waiting(wait.words); };
  auto acquiring = parts_.limits.acquire(std::move(wanted), on_waiting);
  auto permit = co_await std::move(acquiring);
  sink_.waiting({});
  co_return permit;
}

Async<Result<ChatAnswer>> ModelCaller::call_now(
    Prepared const& prepared, Target const& target, BudgetHold& hold, ChatListener const& listener
) {
  std::optional<Permit> permit;  // none: nothing that has limits is called
  if (!parts_.clients.is_replay()) {
    auto waiting = wait_for_turn(prepared, target);
    auto granted = co_await std::move(waiting);
    if (!granted) {
      ChatOutcome never;
      never.ended = granted.error();
      record(prepared, target, never, account_of(facts_of(prepared), never));
      co_return granted.error();
    }
    permit.emplace(std::move(*granted));
  }
  if (target.on_turn) target.on_turn();
  auto calling = parts_.clients.client(*prepared.provider).call(prepared.chat, listener);
  auto outcome = co_await std::move(calling);
  // Models that take no temperature are those that think.
  bool const may_think = prepared.info.temperature == false;
  auto doubt = usage_doubt(prepared.chat, prepared.input, may_think, outcome.answer);
  if (!doubt.empty()) outcome.answer.usage = {};
  auto account = account_of(facts_of(prepared), outcome);
  account.doubt = std::move(doubt);
  CallReport report;
  report.tokens_used = account.tokens_used;
  report.usage = account.usage;
  report.cost_usd = account.cost_usd;
  report.limits = outcome.limits;
  if (!outcome.ended) report.error = outcome.ended.error();
  if (permit) permit->settle(std::move(report));
  if (auto const input = account.usage.input)
    correction_.learn(full_name(target.model), prepared.input_raw, *input);
  record(prepared, target, outcome, account);
  Spent const took{account.charged_tokens, account.charged_usd};
  hold.settle(took);
  if (!outcome.ended) co_return outcome.ended.error();
  co_return std::move(outcome.answer);
}

CallFacts ModelCaller::facts_of(Prepared const& prepared) const {
  CallFacts out;
  out.model = prepared.chat.model;
  out.input = prepared.input;
  out.price = prepared.info.price;
  out.costs_nothing = is_simulation(*prepared.provider) || parts_.clients.is_replay();
  return out;
}

void ModelCaller::record(
    Prepared const& prepared,
    Target const& target,
    ChatOutcome const& outcome,
    CallAccount const& account
) {
  CallRecord out;
  out.model = target.model;
  out.purpose = target.purpose;
  out.answered_by = outcome.answer.model;
  out.request_id = outcome.answer.request_id;
  out.usage = account.usage;
  if (outcome.ended)
    out.finish = outcome.answer.finish.reason;
  else
    out.error = outcome.ended.error();
  out.cost_usd = account.cost_usd;
  out.is_simulated = is_simulation(*prepared.provider);
  out.is_replayed = parts_.clients.is_replay();
  out.was_left = account.was_left;
  out.warning = account.doubt;
  out.dropped = prepared.dropped;
  out.first_token = outcome.first_token;
  out.total = outcome.total;
  if (out.is_replayed) return ledger_.add(std::move(out));
  ModelCallSeen seen;
  seen.provider = target.model.provider;
  seen.model = target.model.model;
  seen.workflow = request_.workflow;
  seen.usage = out.usage;
  seen.cost_usd = out.cost_usd;
  seen.first_token = out.first_token;
  parts_.observer.model_called(seen);
  ledger_.add(std::move(out));
}

}  // namespace ropewalk::ai

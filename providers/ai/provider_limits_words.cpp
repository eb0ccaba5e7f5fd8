// What ProviderLimits says of itself: why a request waits, and how things stand.
#include "providers/ai/provider_limits.hpp"

#include <boost/json/object.hpp>

#include <algorithm>

namespace ropewalk::ai {
namespace {

namespace json = boost::json;

std::string in_words(Obstacle const& lacks, std::string const& who, Instant now) {
  auto const number = [](std::int64_t value) { return std::to_string(value); };
  std::string text;
  switch (lacks.kind) {
    case Obstacle::Kind::concurrency:
      text = "all " + number(lacks.limit) + " calls that " + who + " allows at once are running";
      break;
    case Obstacle::Kind::requests:
      text = who + " allows " + number(lacks.limit) + " requests a minute, and these are used up";
      break;
    case Obstacle::Kind::tokens:
      text = who + " allows " + number(lacks.limit) + " tokens a minute: " + number(lacks.needs) +
             " are needed, " + number(std::max<std::int64_t>(lacks.free, 0)) + " are free";
      break;
    case Obstacle::Kind::provider_requests:
      text = who + " said that no request of its " + number(lacks.limit) + " is left for now";
      break;
    case Obstacle::Kind::provider_tokens:
      text = who + " said how many tokens are left for now: " +
             number(std::max<std::int64_t>(lacks.free, 0)) + " of " + number(lacks.limit) + ", " +
             number(lacks.needs) + " are needed";
      break;
    case Obstacle::Kind::retry_after:
      text = who + " asked not to be called for a while";
      break;
  }
  if (!lacks.until) return text + "; one starts when another ends";
  auto const wait = std::max(*lacks.until - now, Duration());
  return text + "; enough in " +
         format_duration(std::chrono::ceil<std::chrono::milliseconds>(wait));
}

json::object limits_json(LimitSettings const& limits) {
  json::object out;
  if (limits.max_concurrent > 0) out["maxConcurrent"] = limits.max_concurrent;
  if (limits.requests_per_minute > 0) out["requestsPerMinute"] = limits.requests_per_minute;
  if (limits.tokens_per_minute > 0) out["tokensPerMinute"] = limits.tokens_per_minute;
  return out;
}

/// The provider's own count, as it was when the answer came.
json::object said_json(LimitGate::Said const& said) {
  json::object out{{"at", format_instant(said.at)}};
  auto const add = [&](std::string_view what,
                       std::optional<std::int64_t> limit,
                       std::optional<std::int64_t> remaining,
                       std::optional<Duration> reset) {
    json::object entry;
    if (limit) entry["limit"] = *limit;
    if (remaining) entry["remaining"] = *remaining;
    if (reset) entry["resetAt"] = format_instant(said.at + *reset);
    if (!entry.empty()) out[what] = std::move(entry);
  };
  auto const& state = said.state;
  add("requests", state.requests_limit, state.requests_remaining, state.requests_reset);
  add("tokens", state.tokens_limit, state.tokens_remaining, state.tokens_reset);
  return out;
}

json::object totals_json(CallTotals const& totals) {
  return {
      {"calls", totals.calls},
      {"failures", totals.failures},
      {"tokens", {{"input", totals.input_tokens}, {"output", totals.output_tokens}}},
      {"costUsd", totals.cost_usd},
      {"unpricedCalls", totals.unpriced_calls}};
}

json::object gate_json(LimitGate const& gate, std::size_t waiting_count, Instant now) {
  json::object out;
  out["running"] = gate.running_count();
  out["waiting"] = waiting_count;
  if (gate.concurrency() > 0) out["concurrency"] = gate.concurrency();
  out["limits"] = limits_json(gate.settings());
  json::object free;
  if (auto const requests = gate.requests_free(now)) free["requests"] = *requests;
  if (auto const tokens = gate.tokens_free(now)) free["tokens"] = *tokens;
  out["free"] = std::move(free);
  if (auto const until = gate.held_until(now)) out["heldUntil"] = format_instant(*until);
  if (auto const& said = gate.said()) out["said"] = said_json(*said);
  return out;
}

json::object circuit_json(CircuitBreaker const& breaker, Instant now) {
  json::object out;
  out["state"] = to_string(breaker.state(now));
  out["failures"] = breaker.failures_count();
  if (auto const& cause = breaker.cause()) {
    out["until"] = format_instant(breaker.open_until());
    out["cause"] = to_json(*cause);
  }
  return out;
}

}  // namespace

std::size_t ProviderLimits::position_of(Waiting const& waiting) const {
  std::size_t position = 1;
  for (auto const& [model, lane] : waiting.provider->lanes) {
    auto const behind = lane.queue.lower_bound(waiting.rank);
    position += static_cast<std::size_t>(std::distance(lane.queue.begin(), behind));
  }
  return position;
}

std::optional<LimitWait> ProviderLimits::explain(LimitTicket ticket, Instant now) const {
  auto const it = waiting_.find(ticket);
  if (it == waiting_.end()) return std::nullopt;
  Waiting const& waiting = it->second;
  LimitWait out;
  out.ticket = ticket;
  out.provider = waiting.request.provider;
  out.model = waiting.request.model;
  out.position = position_of(waiting);
  std::string const model = out.provider + "/" + out.model;
  out.words = "waits for " + model;
  auto lacks = waiting.lane->gate.obstacle(waiting.request.tokens, now);
  std::string const who = lacks ? model : out.provider;
  if (!lacks) lacks = waiting.provider->gate.obstacle(waiting.request.tokens, now);
  if (lacks) {
    out.limit = to_string(lacks->kind);
    out.needs = lacks->needs;
    out.free = std::max<std::int64_t>(lacks->free, 0);
    out.of = lacks->limit;
    out.until = lacks->until;
    out.words += ": " + in_words(*lacks, who, now);
  }
  std::size_t const before = out.position - 1;
  if (before == 0)
    out.words += "; it is next";
  else
    out.words +=
        before == 1 ? "; one is before it" : "; " + std::to_string(before) + " are before it";
  return out;
}

json::object ProviderLimits::describe_provider(Provider const& provider, Instant now) {
  json::object out{{"name", provider.name}};
  for (auto& entry : gate_json(provider.gate, provider.waiting_count, now))
    out[entry.key()] = std::move(entry.value());
  out["sinceStart"] = totals_json(provider.totals);
  out["circuit"] = circuit_json(provider.breaker, now);
  json::array models;
  for (auto const& [model, lane] : provider.lanes) {
    json::object entry{{"model", model}};
    for (auto& field : gate_json(lane.gate, lane.queue.size(), now))
      entry[field.key()] = std::move(field.value());
    if (lane.breaker.cause()) entry["circuit"] = circuit_json(lane.breaker, now);
    entry["sinceStart"] = totals_json(lane.totals);
    models.push_back(std::move(entry));
  }
  out["models"] = std::move(models);
  return out;
}

json::array ProviderLimits::describe(Instant now) const {
  json::array out;
  for (auto const& [name, provider] : providers_) out.push_back(describe_provider(provider, now));
  return out;
}

std::vector<ProviderLimits::Counts> ProviderLimits::counts() const {
  std::vector<Counts> out;
  out.reserve(providers_.size());
  for (auto const& [name, provider] : providers_) {
    out.push_back(
        {name, static_cast<std::size_t>(provider.gate.running_count()), provider.waiting_count}
    );
  }
  return out;
}

}  // namespace ropewalk::ai

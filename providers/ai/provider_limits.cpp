#include "providers/ai/provider_limits.hpp"

#include "engine/base/text.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <queue>

namespace ropewalk::ai {
namespace {

constexpr Duration hold_max = std::chrono::hours(24);

Error too_large(
    LimitRequest const& request, std::string const& whose, std::int64_t tokens_per_minute
) {
  Error error;
  error.error_class = ErrorClass::resource;
  error.code = "exceeds_rate_limit";
  error.message = "the call to " + request.provider + "/" + request.model + " needs up to " +
                  std::to_string(request.tokens) + " tokens, but " + whose + " may use only " +
                  std::to_string(tokens_per_minute) + " a minute: it could never start";
  error.hint = "send less context or lower maxTokens, or raise tokensPerMinute of the provider";
  error.detail = boost::json::object{
      {"retryable", false}, {"tokens", request.tokens}, {"tokensPerMinute", tokens_per_minute}};
  return error;
}

Error not_in_time(
    LimitRequest const& request, Obstacle const& lacks, std::string const& who, Instant now
) {
  auto const wait = std::chrono::ceil<std::chrono::milliseconds>(*lacks.until - now);
  Error error;
  error.error_class = ErrorClass::resource;
  error.code = "rate_limited";
  error.message = "no call to " + request.provider + "/" + request.model + " may start before " +
                  format_instant(*lacks.until) + ": " + who +
                  (lacks.kind == Obstacle::Kind::retry_after ? " asked not to be called until then"
                                                             : " allows no more until then");
  error.hint = "wait, or name a second model for the task, which is then used instead";
  error.detail = boost::json::object{
      {"limit", to_string(lacks.kind)}, {"retryAfterMs", std::max<std::int64_t>(wait.count(), 1)}};
  return error;
}

/// Whether the provider may have counted tokens for a call that failed without saying.
bool may_have_worked(Error const& error) {
  return error.code == "stream_truncated" || error.code == "connection_lost" ||
         error.code == "cancelled" || error.code.starts_with("timeout");
}

std::optional<Duration> retry_after(Error const& error) {
  auto const* const facts = error.detail.if_object();
  auto const* const wait = facts ? facts->if_contains("retryAfterMs") : nullptr;
  if (!wait || !wait->is_number()) return std::nullopt;
  boost::system::error_code not_whole;
  auto const milliseconds = wait->to_number<std::int64_t>(not_whole);
  if (not_whole || milliseconds <= 0) return std::nullopt;
  auto const longest = std::chrono::duration_cast<std::chrono::milliseconds>(hold_max).count();
  return std::chrono::milliseconds(std::min<std::int64_t>(milliseconds, longest));
}

}  // namespace

void CallTotals::add(CallReport const& report) {
  ++calls;
  if (report.error) ++failures;
  input_tokens += report.usage.input.value_or(0);
  output_tokens += report.usage.output.value_or(0);
  if (report.cost_usd)
    cost_usd += *report.cost_usd;
  else if (report.usage.input || report.usage.output)
    ++unpriced_calls;
}

ProviderLimits::ProviderLimits(
    std::map<std::string, ProviderLimitSettings> providers, LimitOptions options
)
    : options_(options) {
  for (auto& [name, settings] : providers) {
    LimitGate const gate(settings.limits, Instant());
    CircuitBreaker breaker(settings.breaker);
    providers_.emplace(
        name, Provider{name, std::move(settings), gate, std::move(breaker), {}, {}, 0, {}}
    );
  }
}

ProviderLimits::Lane& ProviderLimits::lane_of(
    Provider& provider, std::string const& model, Instant now
) {
  if (auto const it = provider.lanes.find(model); it != provider.lanes.end()) return it->second;
  if (provider.lanes.size() >= options_.models_max) {
    std::erase_if(provider.lanes, [&](auto const& entry) {
      return entry.second.queue.empty() && entry.second.gate.is_idle(now) &&
             !entry.second.breaker.cause();
    });
  }
  auto const settings = provider.settings.models.find(model);
  LimitGate const gate(
      settings == provider.settings.models.end() ? LimitSettings() : settings->second, now
  );
  CircuitBreaker breaker(provider.settings.breaker, CircuitBreaker::Scope::model);
  return provider.lanes.emplace(model, Lane{model, gate, std::move(breaker), {}, {}}).first->second;
}

std::optional<Error> ProviderLimits::refusal(
    Provider const& provider, Lane const& lane, Instant now
) {
  auto of_provider = provider.breaker.refusal(provider.name, now);
  return of_provider ? of_provider : lane.breaker.refusal(provider.name + "/" + lane.model, now);
}

Result<> ProviderLimits::ask(LimitTicket ticket, LimitRequest request, Instant now) {
  ROPEWALK_CHECK(!waiting_.contains(ticket) && !running_.contains(ticket));
  auto const found = providers_.find(request.provider);
  if (found == providers_.end()) {
    std::vector<std::string_view> names;
    names.reserve(providers_.size());
    for (auto const& [name, provider] : providers_) names.push_back(name);
    std::string_view const near = closest_match(request.provider, names);
    return Error{
        ErrorClass::permanent,
        "unknown_provider",
        "there is no provider \"" + shorten(request.provider, 200) + "\"",
        near.empty() ? "name it under providers: in ropewalk.yaml"
                     : "did you mean \"" + std::string(near) + "\"?"};
  }
  Provider& provider = found->second;
  request.tokens = std::max<std::int64_t>(request.tokens, 0);
  Lane& lane = lane_of(provider, request.model, now);
  if (auto refused = refusal(provider, lane, now)) return *std::move(refused);
  std::int64_t const of_provider = provider.settings.limits.tokens_per_minute;
  std::int64_t const of_model = lane.gate.settings().tokens_per_minute;
  if (of_provider > 0 && request.tokens > of_provider)
    return too_large(request, "the provider", of_provider);
  if (of_model > 0 && request.tokens > of_model) return too_large(request, "the model", of_model);
  std::int64_t const head_start = request.priority * options_.priority_worth.count();
  Rank const rank{request.since.time_since_epoch().count() - head_start, ticket};
  lane.queue.insert(rank);
  ++provider.waiting_count;
  waiting_.emplace(ticket, Waiting{std::move(request), rank, &provider, &lane});
  return {};
}

ProviderLimits::Turn ProviderLimits::advance(Instant now) {
  Turn turn;
  for (auto& [name, provider] : providers_) serve(provider, now, turn);
  return turn;
}

void ProviderLimits::serve(Provider& provider, Instant now, Turn& turn) {
  provider.wake.reset();
  if (provider.waiting_count == 0) return;
  auto const wake_at = [&](std::optional<Instant> at) {
    if (at && (!provider.wake || *at < *provider.wake)) provider.wake = at;
  };
  using Head = std::pair<Rank, Lane*>;
  auto const later = [](Head const& a, Head const& b) { return b.first < a.first; };
  std::priority_queue<Head, std::vector<Head>, decltype(later)> heads(later);
  for (auto& [model, lane] : provider.lanes)
    if (!lane.queue.empty()) heads.emplace(*lane.queue.begin(), &lane);
  while (!heads.empty()) {
    if (auto const refusal = provider.breaker.refusal(provider.name, now)) {
      refuse_all(provider, *refusal, turn);
      return;
    }
    auto const [rank, lane] = heads.top();
    heads.pop();
    auto const waiting = waiting_.find(rank.ticket);
    std::int64_t const tokens = waiting->second.request.tokens;
    if (auto const refused = refusal(provider, *lane, now)) {
      refuse_lane(provider, *lane, *refused, turn);
      continue;
    }
    auto lacks = lane->gate.obstacle(tokens, now);
    bool const is_of_model = lacks.has_value();
    if (!lacks) lacks = provider.gate.obstacle(tokens, now);
    std::string const who = is_of_model ? provider.name + "/" + lane->model : provider.name;
    if (lacks && refuse_impatient(rank.ticket, *lacks, who, now, turn)) {
      if (!lane->queue.empty()) heads.emplace(*lane->queue.begin(), lane);
      continue;
    }
    if (lacks) {
      wake_at(lacks->until);
      if (is_of_model) {  // those behind it in the line wait with it, other models need not
        refuse_all_impatient(*lane, *lacks, who, now, turn);
        continue;
      }
      for (auto& [model, each] : provider.lanes) refuse_all_impatient(each, *lacks, who, now, turn);
      return;  // what comes free is kept for it
    }
    Waiting taken = std::move(waiting->second);
    leave_queue(taken);
    start(std::move(taken), now);
    turn.granted.push_back(rank.ticket);
    if (!lane->queue.empty()) heads.emplace(*lane->queue.begin(), lane);
  }
}

bool ProviderLimits::refuse_impatient(
    LimitTicket ticket, Obstacle const& lacks, std::string const& who, Instant now, Turn& turn
) {
  Waiting const& waiting = waiting_.find(ticket)->second;
  auto const& patience = waiting.request.patience;
  if (!patience || !lacks.until || *lacks.until - now <= *patience) return false;
  Waiting const taken = waiting;
  leave_queue(taken);
  turn.refused.emplace_back(ticket, not_in_time(taken.request, lacks, who, now));
  return true;
}

void ProviderLimits::refuse_all_impatient(
    Lane& lane, Obstacle const& lacks, std::string const& who, Instant now, Turn& turn
) {
  auto const line = lane.queue;  // those who are refused leave it
  for (auto const& rank : line) refuse_impatient(rank.ticket, lacks, who, now, turn);
}

void ProviderLimits::start(Waiting waiting, Instant now) {
  std::int64_t const tokens = waiting.request.tokens;
  waiting.lane->gate.start(tokens, now);
  waiting.provider->gate.start(tokens, now);
  bool const is_probe = waiting.provider->breaker.start(now);
  bool const is_model_probe = waiting.lane->breaker.start(now);
  running_.emplace(
      waiting.rank.ticket,
      Running{waiting.provider, waiting.lane, tokens, now, is_probe, is_model_probe}
  );
}

void ProviderLimits::refuse_all(Provider& provider, Error const& error, Turn& turn) {
  for (auto& [model, lane] : provider.lanes) refuse_lane(provider, lane, error, turn);
  provider.wake.reset();
}

void ProviderLimits::refuse_lane(Provider& provider, Lane& lane, Error const& error, Turn& turn) {
  for (auto const& rank : lane.queue) {
    turn.refused.emplace_back(rank.ticket, error);
    waiting_.erase(rank.ticket);
  }
  provider.waiting_count -= lane.queue.size();
  lane.queue.clear();
}

void ProviderLimits::learn_nothing(Running const& call) {
  call.provider->breaker.abandoned(call.is_probe);
  call.lane->breaker.abandoned(call.is_model_probe);
}

void ProviderLimits::leave_queue(Waiting const& waiting) {
  Rank const rank = waiting.rank;
  waiting.lane->queue.erase(rank);
  --waiting.provider->waiting_count;
  waiting_.erase(rank.ticket);
}

std::optional<Instant> ProviderLimits::next_wake() const {
  std::optional<Instant> next;
  for (auto const& [name, provider] : providers_)
    if (provider.wake && (!next || *provider.wake < *next)) next = provider.wake;
  return next;
}

void ProviderLimits::withdraw(LimitTicket ticket, Instant now) {
  if (auto const it = waiting_.find(ticket); it != waiting_.end()) {
    Waiting const taken = std::move(it->second);
    leave_queue(taken);
  } else if (auto const held = running_.find(ticket); held != running_.end()) {
    Running const call = held->second;
    running_.erase(held);
    call.lane->gate.undo(call.tokens, now);
    call.provider->gate.undo(call.tokens, now);
    learn_nothing(call);
  }
}

void ProviderLimits::abandon(LimitTicket ticket, Instant now) {
  auto const held = running_.find(ticket);
  if (held == running_.end()) return;
  Running const call = held->second;
  running_.erase(held);
  call.lane->gate.end(call.tokens, call.tokens, now);
  call.provider->gate.end(call.tokens, call.tokens, now);
  learn_nothing(call);
}

void ProviderLimits::settle(LimitTicket ticket, CallReport const& report, Instant now) {
  auto const held = running_.find(ticket);
  if (held == running_.end()) return;
  Running const call = held->second;
  running_.erase(held);
  Error const* const error = report.error ? &*report.error : nullptr;
  bool const is_free = error && !may_have_worked(*error);
  std::int64_t const used =
      std::max<std::int64_t>(report.tokens_used.value_or(is_free ? 0 : call.tokens), 0);
  LimitGate& gate = call.lane->gate;
  if (!error) gate.went_well(call.started_at);
  if (error && error->code == "rate_limited") gate.refused(call.started_at, now);
  gate.end(call.tokens, used, now);
  call.provider->gate.end(call.tokens, used, now);
  gate.observe(report.limits, now);
  call.lane->totals.add(report);
  call.provider->totals.add(report);
  if (auto const wait = error ? retry_after(*error) : std::nullopt) gate.hold_until(now + *wait);
  if (error && error->code == "cancelled") return learn_nothing(call);
  call.provider->breaker.ended(error, call.is_probe, now);
  call.lane->breaker.ended(error, call.is_model_probe, now);
}

}  // namespace ropewalk::ai

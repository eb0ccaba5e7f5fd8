#include "providers/ai/circuit_breaker.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

bool is_refusal(Error const& error) {
  return error.code == "quota_exhausted" || error.code == "auth";
}

/// Of the key itself or the whole account, as the dialect found out: else it is about one model.
bool is_account_wide(Error const& error) {
  auto const* facts = error.detail.if_object();
  auto const* flag = facts ? facts->if_contains("accountWide") : nullptr;
  return flag && flag->is_bool() && flag->get_bool();
}

/// The provider cannot be reached, does not answer in time or says that it fails. What a model
/// wrote, or did not, says nothing of that: it answered.
bool is_broken(Error const& error) {
  constexpr std::array<std::string_view, 8> codes{
      "connection_refused",
      "connection_lost",
      "dns_failure",
      "tls_failure",
      "proxy_failure",
      "server_error",
      "overloaded",
      "stream_truncated"};
  if (error.error_class != ErrorClass::transient) return false;
  return error.code.starts_with("timeout") ||
         std::find(codes.begin(), codes.end(), error.code) != codes.end();
}

std::int64_t milliseconds_until(Instant then, Instant now) {
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(then - now).count();
  return std::max<std::int64_t>(left, 1);
}

std::string seconds_text(Instant then, Instant now) {
  return format_duration(
      std::max(std::chrono::ceil<std::chrono::seconds>(then - now), std::chrono::seconds(1))
  );
}

}  // namespace

std::string_view to_string(CircuitBreaker::State state) {
  switch (state) {
    case CircuitBreaker::State::open:
      return "open";
    case CircuitBreaker::State::half_open:
      return "half_open";
    case CircuitBreaker::State::closed:
      break;
  }
  return "closed";
}

CircuitBreaker::State CircuitBreaker::state(Instant now) const {
  if (!cause_) return State::closed;
  return now < open_until_ ? State::open : State::half_open;
}

std::optional<Error> CircuitBreaker::refusal(std::string_view who, Instant now) const {
  State const current = state(now);
  if (current == State::closed || (current == State::half_open && !is_probing_))
    return std::nullopt;
  Instant const again = current == State::open ? open_until_ : now + std::chrono::seconds(1);
  std::string const kind = scope_ == Scope::provider ? "provider" : "model";
  boost::json::object facts;
  facts[kind] = who;
  facts["circuit"] = to_string(current);
  facts["retryAfterMs"] = milliseconds_until(again, now);
  facts["cause"] = cause_->code;
  Error error;
  error.error_class = is_refused_ ? ErrorClass::resource : ErrorClass::transient;
  error.code = "provider_unavailable";
  error.message = "the " + kind + " \"" + std::string(who) + "\" is not called " +
                  (current == State::open ? "for " + seconds_text(again, now)
                                          : std::string("while one call tries it out")) +
                  (is_refused_ ? " because a call before was refused: "
                               : " because its calls failed in a row, last with: ") +
                  cause_->message;
  error.hint = is_refused_ && !cause_->hint.empty()
                   ? cause_->hint
                   : "wait, or name a second model for the task, which is then used instead";
  error.detail = std::move(facts);
  return error;
}

CircuitBreaker::Meaning CircuitBreaker::meaning(Error const* error) const {
  bool const is_provider = scope_ == Scope::provider;
  if (!error) return Meaning::answered;
  if (is_refusal(*error)) {
    if (is_account_wide(*error) == is_provider) return Meaning::refused;
    return is_provider ? Meaning::answered : Meaning::nothing;
  }
  if (is_broken(*error)) return is_provider ? Meaning::broken : Meaning::nothing;
  return error->error_class == ErrorClass::resource ? Meaning::busy : Meaning::answered;
}

bool CircuitBreaker::start(Instant now) {
  if (state(now) == State::closed) return false;
  ROPEWALK_CHECK(state(now) == State::half_open && !is_probing_);
  is_probing_ = true;
  return true;
}

void CircuitBreaker::abandoned(bool is_probe) {
  if (is_probe) is_probing_ = false;
}

void CircuitBreaker::ended(Error const* error, bool is_probe, Instant now) {
  if (is_probe) is_probing_ = false;
  Meaning const said = meaning(error);
  if (said == Meaning::refused) {
    open(*error, true, now);
  } else if (said == Meaning::broken) {
    failures_.push_back(now);
    if (failures_.size() > std::max<std::size_t>(settings_.failures_max, 1)) failures_.pop_front();
    bool const is_row = settings_.failures_max > 0 && failures_.size() >= settings_.failures_max &&
                        now - failures_.front() <= settings_.within;
    // While it is open, calls that began before may still fail: they do not prolong it.
    if (is_probe || (is_row && !cause_)) open(*error, false, now);
  } else if (said == Meaning::answered) {
    failures_.clear();  // be it that the request was a bad one
    if (is_probe || (cause_ && !error && now >= open_until_)) close();
  } else if (is_probe && said == Meaning::busy) {
    close();  // out of something for now, but alive
  }
}

void CircuitBreaker::open(Error cause, bool is_refused, Instant now) {
  // Calls that were under way when it opened end with the same words: no reason for a longer pause.
  if (is_refused && is_refused_ && cause_ && now < open_until_) return;
  Duration const first = is_refused ? settings_.refused_pause : settings_.pause;
  Duration const longest = is_refused ? settings_.refused_pause_max : settings_.pause_max;
  bool const is_again = cause_ && is_refused == is_refused_;
  pause_ = is_again ? std::min(pause_ * 2, longest) : first;
  cause_ = std::move(cause);
  is_refused_ = is_refused;
  open_until_ = now + pause_;
}

void CircuitBreaker::close() {
  cause_.reset();
  is_refused_ = false;
  failures_.clear();
  pause_ = Duration();
}

}  // namespace ropewalk::ai

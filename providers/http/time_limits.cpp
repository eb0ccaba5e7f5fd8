#include "providers/http/time_limits.hpp"

#include "engine/async/deadline.hpp"
#include "providers/http/http_error.hpp"

#include <algorithm>

namespace ropewalk::http {
namespace {

using Phase = TimeLimits::Phase;

constexpr char const* connect_hint = "see whether the host is up and a firewall drops what is sent";
constexpr char const* answer_hint =
    "the other side may have too much to do; where it needs longer, raise the timeout";

struct Limit {
  Duration time{};  // zero: none
  char const* code = "";
  char const* what = "";
  char const* hint = answer_hint;
};

Limit limit_of(Phase phase, HttpTimeouts const& timeouts) {
  switch (phase) {
    case Phase::connect:
      return {timeouts.connect, "timeout_connect", "could not be connected to", connect_hint};
    case Phase::write:
      return {timeouts.idle, "timeout_idle", "took nothing of the request"};
    case Phase::first_byte:
      return {timeouts.first_byte, "timeout_first_byte", "did not begin to answer"};
    case Phase::body:
      break;
  }
  return {timeouts.idle, "timeout_idle", "stopped in the middle of its answer and sent nothing"};
}

Error timed_out(Limit const& limit, Duration allowed, std::string const& peer) {
  return http_error(
      ErrorClass::transient,
      limit.code,
      peer + " " + limit.what + " within " + format_duration(allowed),
      limit.hint
  );
}

}  // namespace

TimeLimits::TimeLimits(HttpTimeouts const& timeouts, std::string peer)
    : timeouts_(timeouts), end_(Steady::now() + timeouts.total), peer_(std::move(peer)) {}

std::optional<Steady::time_point> TimeLimits::give_up(Phase phase) const {
  auto const limit = limit_of(phase, timeouts_);
  std::optional<Steady::time_point> out;
  if (limit.time > Duration::zero()) out = Steady::now() + limit.time;
  if (timeouts_.total > Duration::zero()) out = std::min(out.value_or(end_), end_);
  return out;
}

Error TimeLimits::late(Phase phase) const {
  if (timeouts_.total > Duration::zero() && Steady::now() >= end_)
    return timed_out(Limit{{}, "timeout_total", "did not answer in full"}, timeouts_.total, peer_);
  auto const limit = limit_of(phase, timeouts_);
  return timed_out(limit, limit.time, peer_);
}

Async<Result<>> TimeLimits::run(Phase phase, Async<Result<>> work) const {
  auto limit = limit_of(phase, timeouts_);
  auto allowed = limit.time;
  if (timeouts_.total > Duration::zero()) {
    auto const left = std::chrono::duration_cast<Duration>(end_ - Steady::now());
    if (limit.time == Duration::zero() || left < limit.time) {
      limit = Limit{left, "timeout_total", "did not answer in full"};
      allowed = timeouts_.total;
      if (left <= Duration::zero()) co_return timed_out(limit, allowed, peer_);
    }
  }
  if (limit.time == Duration::zero()) co_return co_await std::move(work);
  auto const ended = co_await with_deadline(limit.time, std::move(work));
  if (ended) co_return ended;
  auto const state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return cancelled();
  if (ended.error().code == "timeout") co_return timed_out(limit, allowed, peer_);
  co_return ended.error();
}

}  // namespace ropewalk::http

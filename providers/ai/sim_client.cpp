#include "providers/ai/sim_client.hpp"

#include "providers/ai/answer_builder.hpp"
#include "providers/ai/request_key.hpp"
#include "providers/ai/sim_answer.hpp"

#include <boost/asio/cancellation_state.hpp>

#include <optional>
#include <utility>

namespace ropewalk::ai {
namespace {

constexpr Duration stall_time = std::chrono::seconds(60);
constexpr std::int64_t retry_after_ms = 1000;

Error fault_error(ErrorClass error_class, std::string code, std::string what) {
  Error error;
  error.error_class = error_class;
  error.code = std::move(code);
  error.message = "(simulated) " + std::move(what);
  error.hint = "the simulation was asked to fail like this";
  return error;
}

Error rate_limited() {
  Error error = fault_error(ErrorClass::resource, "rate_limited", "too many requests");
  error.detail = json::object{{"status", 429}, {"retryAfterMs", retry_after_ms}};
  return error;
}

/// Tells events at their time and gathers the answer.
class SimStream {
 public:
  SimStream(Executor executor, ChatListener const& listener)
      : timer_(executor), listener_(listener), start_(Steady::now()), due_(start_) {}

  void tell(ChatEvent const& event) {
    if (listener_) listener_(event);
    builder_.add(event);
  }
  void tell_token(ChatEvent const& event) {
    if (first_token_ == Duration()) first_token_ = std::max(since_start(), Duration(1));
    tell(event);
  }
  /// False: cancelled meanwhile. Late tokens do not push back those after them.
  Async<bool> wait(Duration time) {
    due_ += time;
    auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return false;
    if (due_ <= Steady::now()) co_return true;
    timer_.expires_at(due_);
    co_await timer_.async_wait(use_tuple);
    state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() == asio::cancellation_type::none;
  }
  ChatOutcome end(Result<> ended) {
    ChatOutcome out;
    out.ended = std::move(ended);
    out.answer = builder_.take();
    out.first_token = first_token_;
    out.total = since_start();
    return out;
  }
  ChatOutcome fail(Error const& error) {
    tell(ChatFailed{error});
    return end(error);
  }
  ChatOutcome cancelled() {
    return end(Error{ErrorClass::permanent, "cancelled", "cancelled while the answer came"});
  }

 private:
  Duration since_start() const {
    return std::chrono::duration_cast<Duration>(Steady::now() - start_);
  }

  Timer timer_;
  ChatListener const& listener_;
  Steady::time_point start_;
  Steady::time_point due_;
  AnswerBuilder builder_;
  Duration first_token_{};
};

/// What is told token by token, in order.
std::vector<ChatEvent> token_events(SimAnswer const& answer) {
  std::vector<ChatEvent> out;
  for (auto& token : sim_tokens(answer.text)) out.emplace_back(TextDelta{std::move(token)});
  std::uint32_t index = 0;
  for (auto const& call : answer.tool_calls) {
    out.emplace_back(ToolCallStarted{index, call.id, call.name});
    for (auto& token : sim_tokens(call.arguments))
      out.emplace_back(ToolArgumentsDelta{index, std::move(token)});
    ++index;
  }
  return out;
}

std::optional<Error> break_error(SimFault fault) {
  switch (fault) {
    case SimFault::cut:
      return fault_error(
          ErrorClass::transient, "stream_truncated", "the connection was cut in the middle"
      );
    case SimFault::error_in_stream:
      return fault_error(ErrorClass::transient, "overloaded", "overloaded in the middle");
    case SimFault::stall:
      return fault_error(ErrorClass::transient, "timeout_idle", "nothing more came");
    default:
      return std::nullopt;
  }
}

Async<ChatOutcome> speak(SimStream& stream, SimAnswer const& answer, SimOptions const& options) {
  Duration const pause = options.tokens_per_second > 0
                             ? Duration(static_cast<std::int64_t>(1e6 / options.tokens_per_second))
                             : Duration();
  auto const events = token_events(answer);
  auto const broken = break_error(options.fault);
  std::size_t const told_max = broken ? (events.size() + 1) / 2 : events.size();
  bool goes_on = co_await stream.wait(options.first_token_delay);
  if (!goes_on) co_return stream.cancelled();
  stream.tell(ChatStarted{answer.model, answer.request_id});
  for (std::size_t i = 0; i < told_max; ++i) {
    goes_on = co_await stream.wait(pause);
    if (!goes_on) co_return stream.cancelled();
    stream.tell_token(events[i]);
  }
  if (broken) {
    Duration const silence = options.fault == SimFault::stall ? stall_time : Duration();
    goes_on = co_await stream.wait(silence);
    if (!goes_on) co_return stream.cancelled();
    co_return stream.fail(*broken);
  }
  stream.tell(UsageReported{answer.usage});
  stream.tell(answer.finish);
  co_return stream.end({});
}

/// Not streamed: the same time, and then everything at once.
Async<ChatOutcome> speak_at_once(
    SimStream& stream, SimAnswer const& answer, SimOptions const& options
) {
  auto const tokens = static_cast<double>(token_events(answer).size());
  double const seconds = options.tokens_per_second > 0 ? tokens / options.tokens_per_second : 0;
  Duration const speaking(static_cast<std::int64_t>(seconds * 1e6));
  bool const goes_on = co_await stream.wait(options.first_token_delay + speaking);
  if (!goes_on) co_return stream.cancelled();
  stream.tell(ChatStarted{answer.model, answer.request_id});
  if (!answer.text.empty()) stream.tell_token(TextDelta{answer.text});
  std::uint32_t index = 0;
  for (auto const& call : answer.tool_calls) {
    stream.tell_token(ToolCallStarted{index, call.id, call.name});
    stream.tell(ToolArgumentsDelta{index, call.arguments});
    ++index;
  }
  stream.tell(UsageReported{answer.usage});
  stream.tell(answer.finish);
  co_return stream.end({});
}

Async<ChatOutcome> carry_out(
    SimStream& stream, SimAnswer const& answer, SimOptions const& options, bool is_streamed
) {
  if (is_streamed || break_error(options.fault)) co_return co_await speak(stream, answer, options);
  co_return co_await speak_at_once(stream, answer, options);
}

}  // namespace

SimClient::SimClient(json::object options) : options_(std::move(options)) {}

bool SimClient::has_to_fail(std::string const& key, std::int64_t times) {
  auto const [it, is_new] = calls_.try_emplace(key, 0);
  bool const fails = it->second < times;
  if (fails) ++it->second;
  if (is_new) {
    keys_.push_back(key);
    if (keys_.size() > keys_max) {
      calls_.erase(keys_.front());
      keys_.pop_front();
    }
  }
  return fails;
}

Async<ChatOutcome> SimClient::call(ChatRequest const& request, ChatListener const& listener) {
  auto const executor = co_await asio::this_coro::executor;
  SimStream stream(executor, listener);
  auto const options = sim_options(options_, request);
  if (!options) co_return stream.fail(options.error());
  if (options->fault == SimFault::rate_limit) {
    ChatOutcome out = stream.fail(rate_limited());
    out.limits.requests_remaining = 0;
    out.limits.requests_reset = std::chrono::milliseconds(retry_after_ms);
    co_return out;
  }
  if (options->fault == SimFault::fail_first) {
    std::string const key =
        request.idempotency_key.empty() ? request_key("sim", request) : request.idempotency_key;
    if (has_to_fail(key, options->fail_first))
      co_return stream.fail(fault_error(ErrorClass::transient, "server_error", "it failed"));
  }
  SimAnswer const answer = sim_answer(request, *options);
  // What is awaited below looks at the state of cancellation itself.
  bool const throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  ChatOutcome out = co_await carry_out(stream, answer, *options, request.stream);
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return out;
}

}  // namespace ropewalk::ai

#include "providers/ai/http_model_client.hpp"

#include "engine/async/deadline.hpp"
#include "engine/base/text.hpp"
#include "providers/ai/answer_builder.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace ropewalk::ai {
namespace {

/// After the answer's last event its body may have a few bytes left. They are waited for so that
/// the connection can be used again, but not for long.
constexpr auto tail_time = std::chrono::milliseconds(100);

/// Other work of the shard goes on after so many events of one piece.
constexpr std::size_t events_in_a_row = 256;

bool is_content(ChatEvent const& event) {
  return std::holds_alternative<TextDelta>(event) ||
         std::holds_alternative<ReasoningDelta>(event) ||
         std::holds_alternative<ToolCallStarted>(event);
}

Duration since(Steady::time_point begun) {
  return std::chrono::duration_cast<Duration>(Steady::now() - begun);
}

Error too_long(std::size_t bytes_max) {
  return Error{
      ErrorClass::permanent,
      "response_too_large",
      "the answer did not end within " + std::to_string(bytes_max) + " bytes",
      "set maxTokens, or look at what the server sends"};
}

Error too_silent(Duration silence_max) {
  return Error{
      ErrorClass::transient,
      "timeout_idle",
      "the provider kept the connection alive, but said nothing for " +
          format_duration(silence_max),
      "it stalls: a second model in the chain helps"};
}

/// Reads at most `bytes_max` bytes of the body into `into`, as far as it comes.
Async<Result<>> read_body(HttpResponse& response, std::size_t bytes_max, std::string& into) {
  while (into.size() < bytes_max) {
    auto reading = response.read_some();
    auto const piece = co_await std::move(reading);
    if (!piece) co_return piece.error();
    if (piece->empty()) break;
    into.append(*piece, 0, bytes_max - into.size());
  }
  co_return Result<>();
}

}  // namespace

/// One call under way.
class HttpModelClient::Exchange {
 public:
  Exchange(HttpModelClient& client, ChatRequest const& request, ChatListener const& listener)
      : client_(client), request_(request), listener_(listener) {}

  Async<ChatOutcome> run() {
    auto const ended = co_await caught_exchange();
    outcome_.ended = ended ? Result<>() : Result<>(named(ended.error()));
    outcome_.answer = builder_.take();
    outcome_.total = since(begun_);
    co_return std::move(outcome_);
  }

 private:
  /// A cancellation that comes between two awaits ends the next of them by throwing.
  Async<Result<>> caught_exchange() {
    try {
      co_return co_await exchange();
    } catch (boost::system::system_error const& thrown) {
      if (thrown.code() != asio::error::operation_aborted) throw;
    }
    co_return Error{ErrorClass::permanent, "cancelled", "the call was cancelled"};
  }

  Async<Result<>> exchange() {
    CO_TRY(WireRequest wire, client_.dialect_.request(client_.provider_, request_));
    HttpRequest http;
    http.method = "POST";
    http.url = std::move(wire.url);
    http.headers = std::move(wire.headers);
    http.body = std::move(wire.body);
    http.timeouts = client_.provider_.timeouts;
    http.tls = client_.provider_.tls;
    auto sending = client_.http_.send(std::move(http));
    auto response = co_await std::move(sending);
    if (!response) co_return response.error();
    outcome_.limits = client_.dialect_.rate_limits(response->headers);
    bool const is_success = response->status >= 200 && response->status < 300;
    auto reading = is_success ? read_answer(*response) : read_failure(*response);
    co_return co_await std::move(reading);
  }

  Async<Result<>> read_failure(HttpResponse& response) {
    FailedAnswer failed;
    failed.status = response.status;
    failed.headers = response.headers;
    auto const& limits = client_.limits_;
    auto reading = read_body(response, limits.failure_bytes_max, failed.body);
    auto limited = with_deadline(limits.failure_time_max, std::move(reading));
    auto const read = co_await std::move(limited);
    auto const state = co_await asio::this_coro::cancellation_state;
    bool const is_cancelled = state.cancelled() != asio::cancellation_type::none;
    if (!read && is_cancelled) co_return read.error();
    // Else what came until then says enough.
    co_return client_.dialect_.classify(client_.provider_, request_.model, failed);
  }

  Async<Result<>> read_answer(HttpResponse& response) {
    auto const decoder = client_.dialect_.decoder(client_.provider_, request_, response.headers);
    std::vector<ChatEvent> events;
    std::size_t bytes_count = 0;
    for (;;) {
      auto reading = response.read_some();
      auto const piece = co_await std::move(reading);
      if (!piece) {
        // An answer whose last event has come is whole, however its connection ended.
        decoder->end(events);
        auto taking = take(events);
        auto const ended = co_await std::move(taking);
        if (ended && *ended) co_return Result<>();
        co_return piece.error();
      }
      bytes_count += piece->size();
      if (bytes_count > client_.limits_.answer_bytes_max)
        co_return too_long(client_.limits_.answer_bytes_max);
      bool const is_end = piece->empty();
      if (is_end)
        decoder->end(events);
      else
        decoder->feed(*piece, events);
      auto const heard_before = heard_at_;
      auto taking = take(events);
      auto const ended = co_await std::move(taking);
      if (!ended) co_return ended.error();
      if (*ended) break;
      if (heard_at_ == heard_before && is_too_silent())
        co_return too_silent(client_.limits_.silence_max);
      if (is_end)
        co_return Error{
            ErrorClass::transient,
            "stream_truncated",
            "the answer ended before its last event",
            "nothing to do: it is tried again"};
    }
    auto draining = drain(response);
    co_await std::move(draining);
    co_return Result<>();
  }

  bool is_too_silent() const {
    auto const longest = client_.limits_.silence_max;
    // An answer that comes as one has no events before its end.
    return request_.stream && longest > Duration{} && since(heard_at_) > longest;
  }

  /// Whether the answer is complete.
  Async<Result<bool>> take(std::vector<ChatEvent>& events) {
    auto const executor = co_await asio::this_coro::executor;
    bool is_complete = false;
    if (!events.empty()) heard_at_ = Steady::now();
    std::size_t count = 0;
    for (auto const& event : events) {
      if (++count % events_in_a_row == 0) co_await asio::post(executor, use_async);
      if (auto const* failed = std::get_if<ChatFailed>(&event)) co_return failed->error;
      if (outcome_.first_token == Duration{} && is_content(event))
        outcome_.first_token = std::max(since(begun_), Duration(1));
      builder_.add(event);
      listener_(event);
      is_complete = is_complete || std::holds_alternative<ChatFinish>(event);
    }
    events.clear();
    co_return is_complete;
  }

  static Async<> drain(HttpResponse& response) {
    auto read = [](HttpResponse& from) -> Async<Result<std::string>> {
      for (std::size_t i = 0; i < 4; ++i) {
        auto reading = from.read_some();
        auto piece = co_await std::move(reading);
        if (!piece || piece->empty()) co_return std::move(piece);
      }
      co_return std::string();
    };
    auto reading = read(response);
    auto limited = with_deadline(tail_time, std::move(reading));
    co_await std::move(limited);  // whatever it is: the answer is complete, the connection may go
  }

  Error named(Error error) const {
    auto const prefix = client_.provider_.name + " (" + request_.model + ")";
    if (!error.message.starts_with(client_.provider_.name))
      error.message = prefix + ": " + error.message;
    return error;
  }

  HttpModelClient& client_;
  ChatRequest const& request_;
  ChatListener const& listener_;
  AnswerBuilder builder_{};
  ChatOutcome outcome_{};
  Steady::time_point begun_ = Steady::now();
  Steady::time_point heard_at_ = begun_;  // of the last event
};

Async<ChatOutcome> HttpModelClient::call(ChatRequest const& request, ChatListener const& listener) {
  Exchange exchange(*this, request, listener);
  auto running = exchange.run();
  co_return co_await std::move(running);
}

}  // namespace ropewalk::ai

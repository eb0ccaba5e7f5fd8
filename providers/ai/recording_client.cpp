#include "providers/ai/recording_client.hpp"

#include "engine/base/text.hpp"
#include "providers/ai/exchange.hpp"
#include "providers/ai/request_key.hpp"

#include <boost/asio/cancellation_state.hpp>

#include <optional>
#include <utility>

namespace ropewalk::ai {
namespace {

constexpr std::size_t prompt_shown_max = 120;

Duration since(Steady::time_point start) {
  return std::chrono::duration_cast<Duration>(Steady::now() - start);
}

ChatOutcome failed(Error error) {
  ChatOutcome out;
  out.ended = std::move(error);
  return out;
}

std::string first_words(ChatRequest const& request) {
  for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message)
    if (message->role == Role::user) return shorten(text_of(*message), prompt_shown_max);
  return {};
}

Error missing(
    std::string const& provider,
    ChatRequest const& request,
    std::string const& key,
    std::filesystem::path const& path
) {
  Error error;
  error.code = "replay_missing";
  error.message = "there is no recording of this call to " + provider + "/" + request.model +
                  " in " + path.string() + ": \"" + first_words(request) + "\" (" + key + ")";
  error.hint = "record it once with --record " + path.string() +
               "; a recording fits only while model, messages and parameters stay the same";
  error.detail = json::object{{"key", key}, {"model", provider + "/" + request.model}};
  return error;
}

}  // namespace

RecordingClient::RecordingClient(
    std::string provider,
    ModelClient& inner,
    std::shared_ptr<ExchangeDirectory> directory,
    RunBlocking run_blocking
)
    : provider_(std::move(provider)),
      inner_(inner),
      directory_(std::move(directory)),
      run_blocking_(std::move(run_blocking)) {}

Async<ChatOutcome> RecordingClient::call(ChatRequest const& request, ChatListener const& listener) {
  auto const start = Steady::now();
  Exchange exchange;
  ChatListener const tee = [&](ChatEvent const& event) {
    exchange.events.push_back({since(start), event});
    if (listener) listener(event);
  };
  ChatOutcome outcome = co_await inner_.call(request, tee);
  auto const state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return outcome;
  if (!outcome.ended && outcome.ended.error().code == "cancelled") co_return outcome;
  exchange.key = request_key(provider_, request);
  exchange.provider = provider_;
  exchange.request = request;
  exchange.outcome = outcome;
  std::optional<Result<>> added;
  auto const directory = directory_;
  std::function<void()> write = [&exchange, &added, directory] {
    added = directory->add(exchange.key, to_file_text(exchange));
  };
  co_await run_blocking_(std::move(write));
  if (!*added) outcome.ended = added->error();
  co_return outcome;
}

ReplayClient::ReplayClient(
    std::string provider,
    std::shared_ptr<ExchangeDirectory> directory,
    RunBlocking run_blocking,
    ReplaySpeed speed
)
    : provider_(std::move(provider)),
      directory_(std::move(directory)),
      run_blocking_(std::move(run_blocking)),
      speed_(speed) {}

Async<ChatOutcome> ReplayClient::call(ChatRequest const& request, ChatListener const& listener) {
  auto const executor = co_await asio::this_coro::executor;
  auto const start = Steady::now();
  std::string const key = request_key(provider_, request);
  std::optional<Result<std::optional<Exchange>>> found;
  auto const directory = directory_;
  std::function<void()> read = [&found, &key, directory] {
    auto text = directory->take(key);
    if (!text) {
      found.emplace(text.error());
    } else if (!*text) {
      found.emplace(std::optional<Exchange>());
    } else {
      auto parsed = exchange_from_text(**text);
      if (parsed)
        found.emplace(std::optional<Exchange>(*std::move(parsed)));
      else
        found.emplace(parsed.error());
    }
  };
  co_await run_blocking_(std::move(read));
  if (!*found) co_return failed(found->error());
  if (!**found) co_return failed(missing(provider_, request, key, directory_->path()));
  Exchange exchange = ***std::move(found);
  Timer timer(executor);
  for (auto const& [at, event] : exchange.events) {
    if (speed_ == ReplaySpeed::as_recorded && start + at > Steady::now()) {
      timer.expires_at(start + at);
      co_await timer.async_wait(use_tuple);
    }
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      co_return failed({ErrorClass::permanent, "cancelled", "cancelled during a replay"});
    if (listener) listener(event);
  }
  co_return std::move(exchange.outcome);
}

}  // namespace ropewalk::ai

#include "server/sim/sim_exchange.hpp"

#include <boost/system/system_error.hpp>

namespace ropewalk::server {
namespace {

/// Whether `next` could be appended to `last`.
bool join(ai::ChatEvent& last, ai::ChatEvent const& next) {
  auto* const text = std::get_if<ai::TextDelta>(&last);
  auto const* const more_text = std::get_if<ai::TextDelta>(&next);
  if (text != nullptr && more_text != nullptr) {
    text->text += more_text->text;
    return true;
  }
  auto* const call = std::get_if<ai::ToolArgumentsDelta>(&last);
  auto const* const more = std::get_if<ai::ToolArgumentsDelta>(&next);
  if (call == nullptr || more == nullptr || call->index != more->index) return false;
  call->text += more->text;
  return true;
}

Error stopped() {
  return Error{ErrorClass::transient, "cancelled", "the simulation is stopping"};
}

}  // namespace

Async<> SimExchange::run(std::shared_ptr<SimExchange> self, ai::ModelClient& client) {
  ai::ChatOutcome outcome;
  outcome.ended = stopped();
  ai::ChatListener const listener = [&](ai::ChatEvent const& event) { self->add(event); };
  try {
    auto calling = client.call(self->request_, listener);
    outcome = co_await std::move(calling);
  } catch (boost::system::system_error const& fault) {
    if (fault.code() != asio::error::operation_aborted) throw;
  }
  self->outcome_ = std::move(outcome);
  self->news_.notify();
}

void SimExchange::add(ai::ChatEvent const& event) {
  bool const joined = pieces_.size() >= pieces_max && join(pieces_.back(), event);
  if (!joined) pieces_.push_back(event);
  news_.notify();
}

Async<> SimExchange::wait() {
  while (!has_news()) co_await news_.wait();
}

Async<> SimExchange::wait_for_end() {
  while (!outcome_) co_await news_.wait();
}

std::optional<ai::ChatEvent> SimExchange::take() {
  if (pieces_.empty()) return std::nullopt;
  std::optional<ai::ChatEvent> out(std::move(pieces_.front()));
  pieces_.pop_front();
  return out;
}

SimCall::SimCall(
    Executor executor, AsyncScope& scope, ai::ModelClient& client, ai::ChatRequest request
)
    : exchange_(std::make_shared<SimExchange>(executor, std::move(request))),
      cancel_(std::make_shared<asio::cancellation_signal>()) {
  scope.spawn(SimExchange::run(exchange_, client), cancel_);
}

SimCall::~SimCall() {
  cancel_->emit(asio::cancellation_type::terminal);
}

}  // namespace ropewalk::server

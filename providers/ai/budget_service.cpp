#include "providers/ai/budget_service.hpp"

#include "engine/async/shard.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <unordered_map>
#include <utility>

namespace ropewalk::ai {

/// Someone who waits. Lives and dies on the shard that asked; the home shard only points at it.
struct BudgetWaiter {
  explicit BudgetWaiter(Executor executor) : wake(executor, Timer::time_point::max()) {}

  Timer wake;
  std::optional<std::string> reason;  // to be told
  bool is_granted = false;
  std::optional<Exceeded> refused;
};

namespace {

Exceeded cancelled() {
  return {Error{ErrorClass::permanent, "cancelled", "cancelled while waiting for a budget"}};
}

}  // namespace

class BudgetHome : public std::enable_shared_from_this<BudgetHome> {
 public:
  BudgetHome(Executor executor, BudgetBookOptions options) : executor_(executor), book_(options) {}

  struct Asker {
    Executor executor;
    std::weak_ptr<BudgetWaiter> waiter{};
  };

  // Any shard.
  BudgetTicket next_ticket() { return last_ticket_.fetch_add(1, std::memory_order_relaxed) + 1; }
  /// `change(home)` on the home shard, and what follows from it.
  template <class Change>
  void change(Change work) {
    asio::dispatch(executor_, [self = shared_from_this(), work = std::move(work)]() mutable {
      work(*self);
      self->advance();
    });
  }

  // On the home shard.
  void ask(BudgetTicket ticket, BudgetRequest request, Asker asker) {
    book_.ask(ticket, std::move(request));
    askers_.emplace(ticket, std::move(asker));
    asked_ = ticket;
  }
  void settle(BudgetTicket ticket, Spent const& used) { book_.settle(ticket, used); }
  void withdraw(BudgetTicket ticket) {
    book_.withdraw(ticket);
    askers_.erase(ticket);
  }

 private:
  void advance() {
    auto turn = book_.advance();
    for (auto const ticket : turn.granted)
      answer(ticket, [](BudgetWaiter& waiter) { waiter.is_granted = true; });
    for (auto& [ticket, refused] : turn.refused)
      answer(ticket, [why = std::move(refused)](BudgetWaiter& waiter) { waiter.refused = why; });
    if (auto const ticket = std::exchange(asked_, 0)) tell_wait(ticket);
  }

  template <class Tell>
  void answer(BudgetTicket ticket, Tell tell) {
    auto const it = askers_.find(ticket);
    if (it == askers_.end()) return;  // cancelled: its hold gives back what was granted
    post(it->second, std::move(tell));
    askers_.erase(it);
  }

  void tell_wait(BudgetTicket ticket) {
    auto const it = askers_.find(ticket);
    if (it == askers_.end()) return;
    post(it->second, [words = book_.words(ticket)](BudgetWaiter& waiter) {
      waiter.reason = words;
    });
  }

  template <class Tell>
  static void post(Asker const& asker, Tell tell) {
    asio::post(asker.executor, [weak = asker.waiter, tell = std::move(tell)] {
      auto const waiter = weak.lock();
      if (!waiter) return;
      tell(*waiter);
      waiter->wake.cancel();
    });
  }

  Executor executor_;
  BudgetBook book_;
  std::unordered_map<BudgetTicket, Asker> askers_;
  BudgetTicket asked_ = 0;                     // just now: to be told if it has to wait
  std::atomic<BudgetTicket> last_ticket_ = 0;  // taken on every shard
};

BudgetHold::BudgetHold(std::shared_ptr<BudgetHome> home, BudgetTicket ticket)
    : home_(std::move(home)), ticket_(ticket) {}

BudgetHold::BudgetHold(BudgetHold&& other) noexcept
    : home_(std::exchange(other.home_, nullptr)), ticket_(other.ticket_) {}

BudgetHold::~BudgetHold() {
  if (!home_) return;
  home_->change([ticket = ticket_](BudgetHome& home) { home.withdraw(ticket); });
}

void BudgetHold::settle(Spent used) {
  auto const home = std::exchange(home_, nullptr);
  if (!home) return;
  home->change([ticket = ticket_, used](BudgetHome& book) { book.settle(ticket, used); });
}

BudgetService::BudgetService(Executor home, BudgetBookOptions options)
    : home_(std::make_shared<BudgetHome>(home, options)) {}

BudgetService::~BudgetService() = default;

Async<BudgetService::Answer> BudgetService::reserve(
    BudgetRequest request, BudgetWaitListener on_waiting
) {
  Answer out;
  if (request.shares.empty()) {
    out.hold.emplace();
    co_return out;
  }
  Executor const own = co_await asio::this_coro::executor;
  BudgetHold hold(home_, home_->next_ticket());  // dropped before it is given: taken back
  auto const waiter = std::make_shared<BudgetWaiter>(own);
  BudgetHome::Asker asker{own, waiter};
  home_->change([ticket = hold.ticket(), request = std::move(request), asker = std::move(asker)](
                    BudgetHome& home
                ) mutable { home.ask(ticket, std::move(request), std::move(asker)); });
  while (!waiter->is_granted && !waiter->refused) {
    if (!waiter->reason) co_await waiter->wake.async_wait(use_tuple);
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      out.refused = cancelled();
      co_return out;
    }
    if (auto const reason = std::exchange(waiter->reason, std::nullopt); reason && on_waiting)
      on_waiting(*reason);
  }
  if (waiter->refused)
    out.refused = std::move(waiter->refused);
  else
    out.hold.emplace(std::move(hold));
  co_return out;
}

}  // namespace ropewalk::ai

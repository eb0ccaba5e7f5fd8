#include "providers/ai/provider_limit_service.hpp"

#include "engine/async/shard.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <unordered_map>
#include <utility>

namespace ropewalk::ai {

/// Someone who waits. Lives and dies on the shard that asked; the home shard only points at it.
struct LimitWaiter {
  explicit LimitWaiter(Executor executor) : wake(executor, Timer::time_point::max()) {}

  Timer wake;
  std::optional<LimitWait> wait;   // to be told
  std::optional<Result<>> answer;  // granted, or refused
};

class LimitHome : public std::enable_shared_from_this<LimitHome> {
 public:
  LimitHome(
      Executor executor,
      Clock const& clock,
      std::map<std::string, ProviderLimitSettings> providers,
      LimitObserver observer
  )
      : executor_(executor),
        clock_(clock),
        limits_(std::move(providers)),
        observer_(std::move(observer)),
        timer_(executor) {}

  struct Asker {
    Executor executor;
    std::weak_ptr<LimitWaiter> waiter{};
  };

  // Any shard.
  Executor executor() const { return executor_; }
  LimitTicket next_ticket() { return last_ticket_.fetch_add(1, std::memory_order_relaxed) + 1; }
  /// `change(home)` on the home shard, and what follows from it.
  template <class Change>
  void change(Change work) {
    asio::dispatch(executor_, [self = shared_from_this(), work = std::move(work)]() mutable {
      work(*self);
      self->advance();
    });
  }

  // On the home shard.
  void ask(LimitTicket ticket, LimitRequest request, Asker asker) {
    if (auto queued = limits_.ask(ticket, std::move(request), clock_.now()); !queued) {
      answer(asker, queued);
      return;
    }
    asked_ = ticket;
    askers_.emplace(ticket, std::move(asker));
  }
  void settle(LimitTicket ticket, CallReport const& report) {
    limits_.settle(ticket, report, clock_.now());
  }
  void abandon(LimitTicket ticket) { limits_.abandon(ticket, clock_.now()); }
  void withdraw(LimitTicket ticket) {
    limits_.withdraw(ticket, clock_.now());
    askers_.erase(ticket);
  }
  std::optional<LimitWait> explain(LimitTicket ticket) const {
    return limits_.explain(ticket, clock_.now());
  }
  boost::json::array describe() const { return limits_.describe(clock_.now()); }

 private:
  void advance() {
    auto turn = limits_.advance(clock_.now());
    for (auto const ticket : turn.granted) answer_ticket(ticket, Result<>());
    for (auto const& [ticket, error] : turn.refused) answer_ticket(ticket, Result<>(error));
    if (auto const ticket = std::exchange(asked_, 0)) tell_wait(ticket);
    arm();
    if (observer_) observer_(limits_.counts());
  }

  void answer_ticket(LimitTicket ticket, Result<> result) {
    auto const it = askers_.find(ticket);
    if (it == askers_.end()) return;
    answer(it->second, std::move(result));
    askers_.erase(it);
  }

  static void answer(Asker const& asker, Result<> result) {
    asio::post(asker.executor, [weak = asker.waiter, result = std::move(result)]() mutable {
      auto const waiter = weak.lock();
      if (!waiter) return;  // cancelled: its permit gives back what was granted
      waiter->answer = std::move(result);
      waiter->wake.cancel();
    });
  }

  void tell_wait(LimitTicket ticket) {
    auto const it = askers_.find(ticket);
    auto wait = limits_.explain(ticket, clock_.now());
    if (it == askers_.end() || !wait) return;
    asio::post(it->second.executor, [weak = it->second.waiter, wait = std::move(wait)]() mutable {
      auto const waiter = weak.lock();
      if (!waiter) return;
      waiter->wait = std::move(wait);
      waiter->wake.cancel();
    });
  }

  void arm() {
    auto const next = limits_.next_wake();
    if (next == armed_) return;
    armed_ = next;
    if (!next) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(*next - clock_.now());
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
      auto const self = weak.lock();
      if (ec || !self) return;  // set anew, or gone
      self->armed_.reset();
      self->advance();
    });
  }

  Executor executor_;
  Clock const& clock_;
  ProviderLimits limits_;
  LimitObserver observer_;
  Timer timer_;
  std::optional<Instant> armed_;  // when the timer will ring
  std::unordered_map<LimitTicket, Asker> askers_;
  LimitTicket asked_ = 0;                     // just now: to be told if it has to wait
  std::atomic<LimitTicket> last_ticket_ = 0;  // taken on every shard
};

Permit::Permit(std::shared_ptr<LimitHome> home, LimitTicket ticket)
    : home_(std::move(home)), ticket_(ticket) {}

Permit::Permit(Permit&& other) noexcept
    : home_(std::exchange(other.home_, nullptr)), ticket_(other.ticket_) {}

Permit::~Permit() {
  if (!home_) return;
  home_->change([ticket = ticket_](LimitHome& home) { home.abandon(ticket); });
}

void Permit::settle(CallReport report) {
  auto const home = std::exchange(home_, nullptr);
  if (!home) return;
  home->change([ticket = ticket_, report = std::move(report)](LimitHome& limits) {
    limits.settle(ticket, report);
  });
}

void Permit::withdraw() {
  auto const home = std::exchange(home_, nullptr);
  if (!home) return;
  home->change([ticket = ticket_](LimitHome& limits) { limits.withdraw(ticket); });
}

namespace {

/// Takes a request back unless it has become a permit.
class Asking {
 public:
  explicit Asking(Permit permit) : permit_(std::move(permit)) {}
  Asking(Asking const&) = delete;
  Asking& operator=(Asking const&) = delete;
  ~Asking() { permit_.withdraw(); }
  LimitTicket ticket() const { return permit_.ticket(); }
  Permit take() { return std::move(permit_); }

 private:
  Permit permit_;
};

}  // namespace

ProviderLimitService::ProviderLimitService(
    Executor home,
    Clock const& clock,
    std::map<std::string, ProviderLimitSettings> providers,
    LimitObserver observer
)
    : home_(std::make_shared<LimitHome>(home, clock, std::move(providers), std::move(observer))) {}

ProviderLimitService::~ProviderLimitService() = default;

Async<Result<Permit>> ProviderLimitService::acquire(LimitRequest request, WaitListener on_waiting) {
  Executor const own = co_await asio::this_coro::executor;
  Asking asking(Permit(home_, home_->next_ticket()));
  auto const waiter = std::make_shared<LimitWaiter>(own);
  LimitHome::Asker asker{own, waiter};
  home_->change([ticket = asking.ticket(), request = std::move(request), asker = std::move(asker)](
                    LimitHome& home
                ) mutable { home.ask(ticket, std::move(request), std::move(asker)); });
  while (!waiter->answer) {
    if (!waiter->wait) co_await waiter->wake.async_wait(use_tuple);
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
      co_return Error{ErrorClass::permanent, "cancelled", "cancelled while waiting for a provider"};
    if (auto const wait = std::exchange(waiter->wait, std::nullopt); wait && on_waiting)
      on_waiting(*wait);
  }
  if (!*waiter->answer) co_return waiter->answer->error();
  co_return asking.take();
}

Async<std::optional<LimitWait>> ProviderLimitService::explain(LimitTicket ticket) {
  auto work = [](std::shared_ptr<LimitHome> home, LimitTicket of
              ) -> Async<std::optional<LimitWait>> { co_return home->explain(of); };
  auto make = [&] { return work(home_, ticket); };
  co_return co_await on_shard(home_->executor(), make);
}

Async<boost::json::array> ProviderLimitService::describe() {
  auto work = [](std::shared_ptr<LimitHome> home) -> Async<boost::json::array> {
    co_return home->describe();
  };
  auto make = [&] { return work(home_); };
  co_return co_await on_shard(home_->executor(), make);
}

}  // namespace ropewalk::ai

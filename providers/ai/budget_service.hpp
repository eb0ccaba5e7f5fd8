#pragma once
// The budgets of a node on their home shard, for callers on every shard.
//
// Who waits is woken by a message when a call ends that is paid from the same budget.
//
// Owner:  the node; it outlives every reserve(). Holds may outlive it, but not the home shard.
// Shard:  reserve() and the hold's functions on any shard; a hold stays on the one that asked.
// Cancel: terminal cancellation of reserve() ends it with `cancelled` and takes the request back.

#include "engine/async/async.hpp"
#include "providers/ai/budget_book.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ropewalk::ai {

class BudgetHome;  // what lives on the home shard

/// What one call may take. Dropped, it goes back unused.
class BudgetHold {
 public:
  BudgetHold() = default;  // of no budget
  BudgetHold(std::shared_ptr<BudgetHome> home, BudgetTicket ticket);
  BudgetHold(BudgetHold&& other) noexcept;
  BudgetHold& operator=(BudgetHold&&) = delete;
  ~BudgetHold();

  BudgetTicket ticket() const { return ticket_; }
  /// The call has ended and took so much. Once; later calls do nothing.
  void settle(Spent used);

 private:
  std::shared_ptr<BudgetHome> home_;  // null: given back
  BudgetTicket ticket_ = 0;
};

/// Called on the caller's shard, with the reason, when its request has to wait.
using BudgetWaitListener = std::function<void(std::string reason)>;

class BudgetService {
 public:
  explicit BudgetService(Executor home, BudgetBookOptions options = {});
  ~BudgetService();

  struct Answer {
    std::optional<BudgetHold> hold{};
    std::optional<Exceeded> refused{};  // exactly one of the two
  };
  /// Waits until it is known whether the call may be made. Without shares it may, at once.
  Async<Answer> reserve(BudgetRequest request, BudgetWaitListener on_waiting = {});

 private:
  std::shared_ptr<BudgetHome> home_;
};

}  // namespace ropewalk::ai

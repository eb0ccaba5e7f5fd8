#pragma once
// What executions and days of workflows have spent, and the calls that may still be made for it.
//
// An account is one budget's sum: that of an execution, or of a workflow's day. A call that is
// under way holds back what its longest answer could take, so calls at the same time do not all see
// the same empty sheet: one that fits only if the others stay short waits until they have ended.
// So an account is passed by no more than the answer to one call, and by what estimates are wrong.
//
// What was stored when an account was opened is added to what went through this book since.
// Stored sums that are read later count where they are larger: then others spend from it too.
//
// Pure: belongs to one shard.

#include "providers/ai/budget_check.hpp"

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ropewalk::ai {

using BudgetTicket = std::uint64_t;

/// One of the budgets that a call is paid from.
struct BudgetShare {
  std::string account{};
  Budget budget{};  // a limit that is not set only counts
  Spent stored{};   // the account's sum, as it was read before the call
};

struct BudgetRequest {
  std::vector<BudgetShare> shares{};
  CallEstimate call{};
};

struct BudgetBookOptions {
  std::size_t accounts_max = 20'000;  // remembered, beyond those in use
};

class BudgetBook {
 public:
  explicit BudgetBook(BudgetBookOptions options = {}) : options_(options) {}

  /// Queues a request; advance() decides it.
  void ask(BudgetTicket ticket, BudgetRequest request);

  struct Turn {
    std::vector<BudgetTicket> granted{};
    std::vector<std::pair<BudgetTicket, Exceeded>> refused{};
  };
  /// In the order in which they came; one that waits is not overtaken on its accounts.
  Turn advance();

  /// A granted call took so much. Unknown tickets are ignored.
  void settle(BudgetTicket ticket, Spent const& used);
  /// Takes a request back that took nothing, waiting or granted. Unknown tickets are ignored.
  void withdraw(BudgetTicket ticket);

  /// Why it waits; empty when it does not.
  std::string words(BudgetTicket ticket) const;
  /// Spent, without what is under way. nullopt: nobody has asked for it.
  std::optional<Spent> spent(std::string_view account) const;

 private:
  struct Account {
    Spent opened_with{};
    Spent since{};     // that went through here
    Spent stored{};    // the largest sum that was read
    Spent reserved{};  // by calls under way
    std::size_t running_count = 0;
    std::size_t uses = 0;  // requests that wait or run
    std::list<std::string>::iterator age{};

    Spent known() const;
  };

  void open(BudgetShare const& share);
  void forget_idle();
  void leave(BudgetRequest const& request);
  Account const& account_of(BudgetShare const& share) const;
  /// The first of its budgets that a call does not fit into; null: none.
  BudgetShare const* obstacle(BudgetRequest const& request, bool with_reserved) const;

  BudgetBookOptions options_;
  std::map<std::string, Account, std::less<>> accounts_;
  std::list<std::string> by_age_;  // of use, the oldest first
  std::map<BudgetTicket, BudgetRequest> waiting_;
  std::unordered_map<BudgetTicket, BudgetRequest> running_;
};

}  // namespace ropewalk::ai

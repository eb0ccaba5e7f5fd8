#include "providers/ai/budget_book.hpp"

#include <algorithm>
#include <set>

namespace ropewalk::ai {
namespace {

Spent larger(Spent const& a, Spent const& b) {
  return {std::max(a.tokens, b.tokens), std::max(a.cost_usd, b.cost_usd)};
}

}  // namespace

Spent BudgetBook::Account::known() const {
  Spent own = opened_with;
  own += since;
  return larger(own, stored);
}

void BudgetBook::open(BudgetShare const& share) {
  auto [found, is_new] = accounts_.try_emplace(share.account);
  Account& account = found->second;
  if (is_new) {
    account.opened_with = share.stored;
    account.age = by_age_.insert(by_age_.end(), share.account);
  } else {
    by_age_.splice(by_age_.end(), by_age_, account.age);
  }
  account.stored = larger(account.stored, share.stored);
  ++account.uses;
}

/// An account that is forgotten is opened again with what is stored by then.
void BudgetBook::forget_idle() {
  for (auto it = by_age_.begin();
       it != by_age_.end() && accounts_.size() > options_.accounts_max;) {
    auto const found = accounts_.find(*it);
    if (found->second.uses > 0) {
      ++it;
      continue;
    }
    accounts_.erase(found);
    it = by_age_.erase(it);
  }
}

void BudgetBook::ask(BudgetTicket ticket, BudgetRequest request) {
  ROPEWALK_CHECK(!waiting_.contains(ticket) && !running_.contains(ticket));
  for (auto const& share : request.shares) open(share);
  forget_idle();
  waiting_.emplace(ticket, std::move(request));
}

BudgetBook::Account const& BudgetBook::account_of(BudgetShare const& share) const {
  auto const found = accounts_.find(share.account);
  ROPEWALK_CHECK(found != accounts_.end());  // it is in use
  return found->second;
}

BudgetShare const* BudgetBook::obstacle(BudgetRequest const& request, bool with_reserved) const {
  for (auto const& share : request.shares) {
    Account const& account = account_of(share);
    Spent spent = account.known();
    if (with_reserved) spent += account.reserved;
    if (is_exceeded(share.budget.limit, spent, request.call)) return &share;
  }
  return nullptr;
}

BudgetBook::Turn BudgetBook::advance() {
  Turn turn;
  std::set<std::string_view> kept;  // for those who wait longer
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    auto const& [ticket, request] = *it;
    if (auto const* share = obstacle(request, false)) {
      Spent const spent = account_of(*share).known();
      turn.refused.emplace_back(ticket, exceeded(share->budget, spent, request.call));
      leave(request);
      it = waiting_.erase(it);
      continue;
    }
    bool const is_behind = std::ranges::any_of(request.shares, [&](BudgetShare const& share) {
      return share.budget.limit.is_set() && kept.contains(share.account);
    });
    if (is_behind || obstacle(request, true) != nullptr) {
      for (auto const& share : request.shares)
        if (share.budget.limit.is_set()) kept.insert(share.account);
      ++it;
      continue;
    }
    for (auto const& share : request.shares) {
      Account& account = accounts_.find(share.account)->second;
      account.reserved += request.call.most;
      ++account.running_count;
    }
    turn.granted.push_back(ticket);
    running_.emplace(ticket, std::move(it->second));
    it = waiting_.erase(it);
  }
  return turn;
}

void BudgetBook::leave(BudgetRequest const& request) {
  for (auto const& share : request.shares) --accounts_.find(share.account)->second.uses;
}

void BudgetBook::settle(BudgetTicket ticket, Spent const& used) {
  auto const found = running_.find(ticket);
  if (found == running_.end()) return;
  for (auto const& share : found->second.shares) {
    Account& account = accounts_.find(share.account)->second;
    account.since += used;
    account.reserved -= found->second.call.most;
    // Sums of fractions leave crumbs, and nobody is to wait for one.
    if (--account.running_count == 0) account.reserved = {};
  }
  leave(found->second);
  running_.erase(found);
}

void BudgetBook::withdraw(BudgetTicket ticket) {
  settle(ticket, {});
  auto const found = waiting_.find(ticket);
  if (found == waiting_.end()) return;
  leave(found->second);
  waiting_.erase(found);
}

std::string BudgetBook::words(BudgetTicket ticket) const {
  auto const found = waiting_.find(ticket);
  if (found == waiting_.end()) return {};
  auto const* share = obstacle(found->second, true);
  if (share == nullptr) return "waits behind other calls that are paid from the same budget";
  return "waits for calls that are under way: if their answers are long, " + share->budget.words +
         " does not allow another";
}

std::optional<Spent> BudgetBook::spent(std::string_view account) const {
  auto const found = accounts_.find(account);
  if (found == accounts_.end()) return std::nullopt;
  return found->second.known();
}

}  // namespace ropewalk::ai

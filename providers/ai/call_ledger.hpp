#pragma once
// What the calls of one attempt were, took and cost.
//
// Pure; belongs to one attempt.

#include "engine/model/spend.hpp"
#include "providers/ai/ai_task.hpp"
#include "providers/ai/chat.hpp"

#include <boost/json/array.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

/// Why a call was made.
enum class CallPurpose : unsigned char { answer, fallback, hedge, tool_round, repair, summary };
/// "answer", "fallback", "hedge", "toolRound", "repair", "summary".
std::string_view to_string(CallPurpose purpose);

struct CallRecord {
  ModelName model{};
  CallPurpose purpose = CallPurpose::answer;
  std::string answered_by{};  // the model's name as the provider told it; empty: it did not
  std::string request_id{};
  std::optional<Error> error{};
  std::vector<std::string> dropped{};  // fields of the task that were not sent
  std::optional<FinishReason> finish{};
  ChatUsage usage{};
  std::optional<double> cost_usd{};  // absent: the price or the usage is not known
  std::string warning{};             // for people
  Duration first_token{};
  Duration total{};
  bool is_cached = false;     // answered from the cache: nothing was called
  bool is_simulated = false;  // by the sim provider
  bool is_replayed = false;   // answered from a recording: nothing was called
  bool was_left = false;      // it failed, and the provider may have worked for it all the same
};

class CallLedger {
 public:
  void add(CallRecord record) { records_.push_back(std::move(record)); }

  bool empty() const { return records_.empty(); }
  CallRecord const* last() const { return records_.empty() ? nullptr : &records_.back(); }
  /// Input and output of all calls, as far as they are known.
  std::int64_t tokens() const;
  /// Of all calls, as far as it is known.
  double cost_usd() const;

  /// {"inputTokens","cachedInputTokens","outputTokens","reasoningTokens","costUsd","calls",
  /// "timeToFirstTokenMs","model","simulated"}; costUsd is null when the cost of a call is not
  /// known; null when nothing was called.
  json::value usage() const;
  /// One object a call, in order.
  json::array calls() const;
  /// By provider and model; calls that were answered from the cache are not in it.
  std::vector<Spend> spend() const;

 private:
  std::vector<CallRecord> records_;
};

}  // namespace ropewalk::ai

#include "providers/ai/call_ledger.hpp"

#include <boost/json/value_from.hpp>

#include <algorithm>

namespace ropewalk::ai {
namespace {

void add_if(json::object& out, std::string_view name, std::optional<std::int64_t> value) {
  if (value) out[name] = *value;
}

double milliseconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}

json::object usage_json(ChatUsage const& usage) {
  json::object out;
  add_if(out, "inputTokens", usage.input);
  add_if(out, "cachedInputTokens", usage.cached_input);
  add_if(out, "outputTokens", usage.output);
  add_if(out, "reasoningTokens", usage.reasoning);
  return out;
}

json::object call_json(CallRecord const& record) {
  json::object out{{"model", full_name(record.model)}, {"purpose", to_string(record.purpose)}};
  if (!record.answered_by.empty()) out["answeredBy"] = record.answered_by;
  if (!record.request_id.empty()) out["requestId"] = record.request_id;
  if (record.finish) out["finishReason"] = to_string(*record.finish);
  if (!record.warning.empty()) out["warning"] = record.warning;
  if (!record.dropped.empty()) out["dropped"] = json::value_from(record.dropped);
  if (record.error) out["error"] = to_json(*record.error);
  if (auto usage = usage_json(record.usage); !usage.empty()) out["usage"] = std::move(usage);
  if (record.cost_usd) out["costUsd"] = *record.cost_usd;
  if (!record.cost_usd && record.was_left) out["unpriced"] = true;
  if (record.first_token > Duration{}) out["timeToFirstTokenMs"] = milliseconds(record.first_token);
  out["totalMs"] = milliseconds(record.total);
  if (record.is_cached) out["cached"] = true;
  if (record.is_simulated) out["simulated"] = true;
  if (record.is_replayed) out["replayed"] = true;
  return out;
}

/// A call that never reached the provider, or that it refused, costs nothing, known or not.
bool is_free(CallRecord const& record) {
  if (record.is_cached || record.is_replayed) return true;
  return record.error && !record.was_left;
}

}  // namespace

std::string_view to_string(CallPurpose purpose) {
  switch (purpose) {
    case CallPurpose::answer:
      return "answer";
    case CallPurpose::fallback:
      return "fallback";
    case CallPurpose::hedge:
      return "hedge";
    case CallPurpose::tool_round:
      return "toolRound";
    case CallPurpose::repair:
      return "repair";
    case CallPurpose::summary:
      return "summary";
  }
  return "answer";
}

std::int64_t CallLedger::tokens() const {
  std::int64_t out = 0;
  for (auto const& record : records_) {
    if (record.is_cached) continue;
    out += record.usage.input.value_or(0) + record.usage.output.value_or(0);
  }
  return out;
}

double CallLedger::cost_usd() const {
  double out = 0;
  for (auto const& record : records_)
    if (!record.is_cached) out += record.cost_usd.value_or(0);
  return out;
}

json::value CallLedger::usage() const {
  if (records_.empty()) return nullptr;
  ChatUsage sum;
  auto const add = [](std::optional<std::int64_t>& into, std::optional<std::int64_t> value) {
    if (value) into = into.value_or(0) + *value;
  };
  bool is_cost_known = true;
  bool is_simulated = false;
  std::int64_t calls_count = 0;
  Duration first_token{};
  for (auto const& record : records_) {
    is_simulated = is_simulated || record.is_simulated;
    if (first_token == Duration{}) first_token = record.first_token;
    if (record.is_cached) continue;
    ++calls_count;
    is_cost_known = is_cost_known && (record.cost_usd || is_free(record));
    add(sum.input, record.usage.input);
    add(sum.cached_input, record.usage.cached_input);
    add(sum.output, record.usage.output);
    add(sum.reasoning, record.usage.reasoning);
  }
  auto out = usage_json(sum);
  out["costUsd"] = is_cost_known ? json::value(cost_usd()) : json::value(nullptr);
  out["calls"] = calls_count;
  if (first_token > Duration{}) out["timeToFirstTokenMs"] = milliseconds(first_token);
  out["model"] = full_name(records_.back().model);
  if (records_.back().is_cached) out["cached"] = true;
  if (is_simulated) out["simulated"] = true;
  if (records_.back().is_replayed) out["replayed"] = true;
  return out;
}

json::array CallLedger::calls() const {
  json::array out;
  out.reserve(records_.size());
  for (auto const& record : records_) out.push_back(call_json(record));
  return out;
}

std::vector<Spend> CallLedger::spend() const {
  std::vector<Spend> out;
  for (auto const& record : records_) {
    if (is_free(record)) continue;
    auto const same = [&](Spend const& spend) {
      return spend.provider == record.model.provider && spend.model == record.model.model;
    };
    auto found = std::find_if(out.begin(), out.end(), same);
    bool const is_new = found == out.end();
    if (is_new) {
      Spend fresh;
      fresh.provider = record.model.provider;
      fresh.model = record.model.model;
      fresh.cost_usd = 0;
      found = out.insert(out.end(), std::move(fresh));
    }
    ++found->calls;
    found->input_tokens += record.usage.input.value_or(0);
    found->cached_tokens += record.usage.cached_input.value_or(0);
    found->output_tokens += record.usage.output.value_or(0);
    if (record.cost_usd && found->cost_usd)
      *found->cost_usd += *record.cost_usd;
    else
      found->cost_usd.reset();
  }
  return out;
}

}  // namespace ropewalk::ai

#include "engine/schedule/signal_box.hpp"

#include "engine/base/text.hpp"
#include "engine/model/json_schema.hpp"
#include "engine/model/task_fields.hpp"
#include "engine/model/wait_plan.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

std::string quoted(std::string_view text) {
  return '"' + shorten(text, 60) + '"';
}

Error unknown_signal(std::string_view name, std::vector<std::string_view> const& known) {
  Error error{ErrorClass::permanent, "unknown_signal"};
  error.message = "no task of this workflow waits for a signal " + quoted(name);
  auto const near = closest_match(name, known);
  std::string list;
  for (auto const one : known) list += (list.empty() ? "" : ", ") + std::string(one);
  error.hint = !near.empty()   ? "did you mean " + quoted(near) + "?"
               : known.empty() ? "add a task {type: wait, signal: " + shorten(name, 60) + "}"
                               : "it waits for " + shorten(list, 300);
  return error;
}

}  // namespace

void SignalBox::restore(std::vector<SignalRecord> const& records) {
  for (auto const& record : records) {
    last_number_ = std::max(last_number_, record.number);
    if (!record.key.empty()) keys_[record.key] = {record.request_hash, record.number};
    if (!record.taken_by.empty()) continue;
    KeptSignal signal{record, nullptr, record.payload.size()};
    JsonLimits limits;
    limits.bytes_max = record.payload.size();
    limits.depth_max = 256;
    limits.nodes_max = record.payload.size() + 1;
    if (auto payload = parse_json(record.payload, limits)) signal.payload = std::move(*payload);
    signal.record.payload.clear();
    keep(std::move(signal));
  }
  pending_.clear();  // they are written down
}

Result<std::optional<SignalFate>> SignalBox::find_repeat(SignalCall const& call) const {
  auto const known = call.key.empty() ? keys_.end() : keys_.find(call.key);
  if (known == keys_.end()) return std::optional<SignalFate>();
  if (known->second.request_hash != call.request_hash)
    return Error{
        ErrorClass::permanent,
        "idempotency_mismatch",
        "this Idempotency-Key came before, with another signal",
        "use a new key for a new signal"};
  bool const is_kept = std::ranges::any_of(kept_, [&](KeptSignal const& signal) {
    return signal.record.number == known->second.number;
  });
  return std::optional(is_kept ? SignalFate::kept : SignalFate::taken);
}

KeptSignal SignalBox::admit(SignalCall call, Instant now) {
  KeptSignal signal;
  replace_nul(call.payload);
  signal.bytes = text_size(call.payload, kept_bytes_max);
  signal.payload = std::move(call.payload);
  signal.record.number = last_number_ + 1;
  signal.record.at = now;
  signal.record.name = std::move(call.name);
  signal.record.key = std::move(call.key);
  signal.record.request_hash = std::move(call.request_hash);
  return signal;
}

Result<> SignalBox::check_room(KeptSignal const& signal) const {
  if (kept_.size() < kept_max && kept_bytes_ + signal.bytes <= kept_bytes_max) return {};
  return Error{
      ErrorClass::resource,
      "too_many_signals",
      "the execution keeps " + std::to_string(kept_.size()) + " signals of " +
          std::to_string(kept_bytes_) + " bytes that no task has taken yet",
      "send signals that are waited for"};
}

void SignalBox::keep(KeptSignal signal) {
  last_number_ = std::max(last_number_, signal.record.number);
  if (!signal.record.key.empty())
    keys_[signal.record.key] = {signal.record.request_hash, signal.record.number};
  pending_.push_back(signal.record);
  pending_.back().payload = to_text(signal.payload);
  kept_bytes_ += signal.bytes;
  kept_.push_back(std::move(signal));
}

void SignalBox::note_taken(KeptSignal& signal, std::string_view task) {
  last_number_ = std::max(last_number_, signal.record.number);
  if (!signal.record.key.empty())
    keys_[signal.record.key] = {signal.record.request_hash, signal.record.number};
  signal.record.taken_by = task;
  pending_.push_back(signal.record);
}

std::optional<KeptSignal> SignalBox::take(std::string_view name, JsonSchema const* schema) {
  auto const first = std::ranges::find_if(kept_, [&](KeptSignal const& signal) {
    return signal.record.name == name && (!schema || schema->check(signal.payload).empty());
  });
  if (first == kept_.end()) return std::nullopt;
  KeptSignal taken = std::move(*first);
  kept_.erase(first);
  kept_bytes_ -= taken.bytes;
  return taken;
}

void SignalBox::add_waiter(std::string const& name, Instant since, TaskIndex task) {
  waiters_[name].emplace(since, task);
}

void SignalBox::remove_waiter(std::string const& name, Instant since, TaskIndex task) {
  auto const found = waiters_.find(name);
  if (found == waiters_.end()) return;
  found->second.erase({since, task});
  if (found->second.empty()) waiters_.erase(found);
}

SignalBox::Waiters const* SignalBox::waiters(std::string const& name) const {
  auto const found = waiters_.find(name);
  return found == waiters_.end() ? nullptr : &found->second;
}

std::vector<SignalBox::Awaited> SignalBox::read_awaited(Workflow const& workflow) {
  std::vector<Awaited> out;
  for (auto const& task : workflow.tasks) {
    auto const* config = task.config.document().if_object();
    auto const* value =
        task.type->name == "wait" && config ? config->if_contains("signal") : nullptr;
    if (!value) continue;
    auto const* object = value->if_object();
    auto const* name = object ? object->if_contains("name") : value;
    Awaited& awaited = out.emplace_back();
    if (name && name->is_string() && !fields::has_expression(*name))
      awaited.name = std::string(name->get_string());
    auto const* schema = object ? object->if_contains("schema") : nullptr;
    if (!schema || fields::has_expression_inside(*schema)) continue;
    if (auto compiled = JsonSchema::compile(*schema)) awaited.schema = std::move(*compiled);
  }
  return out;
}

Result<> SignalBox::check_awaited(
    Workflow const& workflow, std::string_view name, json::value const& payload
) {
  if (!awaited_) awaited_ = read_awaited(workflow);
  std::vector<std::string_view> known;
  Result<> verdict;
  bool is_known = false;
  for (auto const& awaited : *awaited_) {
    if (awaited.name.empty()) return {};
    if (awaited.name != name) {
      if (std::ranges::find(known, awaited.name) == known.end()) known.push_back(awaited.name);
      continue;
    }
    if (!awaited.schema) return {};
    auto const fits = check_payload(*awaited.schema, name, payload);
    if (fits) return {};
    if (!is_known) verdict = fits.error();
    is_known = true;
  }
  if (!is_known) return unknown_signal(name, known);
  return verdict;
}

}  // namespace ropewalk

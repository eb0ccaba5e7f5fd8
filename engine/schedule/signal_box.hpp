#pragma once
// The signals of one execution: those that nobody has taken yet, whose repeats are known, and who
// waits for which.
//
// Pure. One shard, its execution's.

#include "engine/base/error.hpp"
#include "engine/base/json.hpp"
#include "engine/model/graph.hpp"
#include "engine/model/records.hpp"
#include "engine/model/signals.hpp"
#include "engine/model/workflow.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ropewalk {

struct KeptSignal {
  SignalRecord record{};  // without its payload
  json::value payload{};
  std::size_t bytes = 0;  // of the payload as text
};

class SignalBox {
 public:
  static constexpr std::size_t kept_max = 1000;
  static constexpr std::size_t kept_bytes_max = 8 * 1024 * 1024;

  /// As the journal knows them.
  void restore(std::vector<SignalRecord> const& records);

  // Those that came.
  /// A signal with this key came before; nullopt: none. Errors: idempotency_mismatch.
  Result<std::optional<SignalFate>> find_repeat(SignalCall const& call) const;
  /// Numbers it. It is neither kept nor taken yet.
  KeptSignal admit(SignalCall call, Instant now);
  /// Errors: too_many_signals.
  Result<> check_room(KeptSignal const& signal) const;
  void keep(KeptSignal signal);
  /// Writes down who took it.
  void note_taken(KeptSignal& signal, std::string_view task);
  /// Takes the first kept one of that name that fits.
  std::optional<KeptSignal> take(std::string_view name, JsonSchema const* schema);

  // Those who wait, by what they wait for; who waits longest comes first.
  using Waiters = std::set<std::pair<Instant, TaskIndex>>;
  void add_waiter(std::string const& name, Instant since, TaskIndex task);
  void remove_waiter(std::string const& name, Instant since, TaskIndex task);
  Waiters const* waiters(std::string const& name) const;

  /// Whether a task of the workflow may wait for it some day, and would then take this payload.
  /// Errors: unknown_signal, invalid_signal.
  Result<> check_awaited(
      Workflow const& workflow, std::string_view name, json::value const& payload
  );

  bool has_changes() const { return !pending_.empty(); }
  std::vector<SignalRecord> take_changes() { return std::exchange(pending_, {}); }

 private:
  struct Known {
    std::string request_hash{};
    std::uint64_t number = 0;
  };
  /// A `wait` for a signal, as far as the workflow itself says it.
  struct Awaited {
    std::string name{};  // empty: an expression gives it
    std::shared_ptr<JsonSchema const> schema{};
  };
  static std::vector<Awaited> read_awaited(Workflow const& workflow);

  std::uint64_t last_number_ = 0;
  std::deque<KeptSignal> kept_{};
  std::size_t kept_bytes_ = 0;
  std::unordered_map<std::string, Known> keys_{};
  std::map<std::string, Waiters, std::less<>> waiters_{};
  std::optional<std::vector<Awaited>> awaited_{};  // read when it is first asked for
  std::vector<SignalRecord> pending_{};            // to be written down
};

}  // namespace ropewalk

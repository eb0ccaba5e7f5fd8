#pragma once
// Which call to a model may start: limits per provider and per model, one order for all who wait.
//
// A call passes the gate of its model, then that of its provider; each counts calls at once,
// requests and tokens of a minute (reserved by the estimate, settled by what was used). The order
// is fixed when a request comes in, as in engine/schedule/admission.hpp:
//
//   rank = since − priority · priority_worth
//
// Requests for one model stand in one line: a large one is not overtaken by small ones behind it.
// Who lacks something of its model lets other models past; who lacks something of the provider
// holds all up. While a provider's circuit is open its requests fail at once, also those that
// waited; while that of a model is, those for this model.
//
// Pure: time is an argument. One shard.

#include "engine/base/error.hpp"
#include "providers/ai/circuit_breaker.hpp"
#include "providers/ai/limit_gate.hpp"

#include <boost/json/array.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ropewalk::ai {

using LimitTicket = std::uint64_t;

struct ProviderLimitSettings {
  LimitSettings limits{};                         // of all its models together
  std::map<std::string, LimitSettings> models{};  // of single ones, besides
  BreakerSettings breaker{};
};

struct LimitRequest {
  std::string provider{};
  std::string model{};      // as the provider calls it
  std::int64_t tokens = 0;  // estimate: what is sent, and the most that may come back
  std::int32_t priority = 50;
  Instant since{};  // when what asks began to matter: its execution's start
  /// Refused rather than kept waiting when it is known that this is not long enough: another model
  /// can answer meanwhile, or another task have the slot. Absent: it waits as long as it takes.
  std::optional<Duration> patience{};
};

/// How a call ended.
struct CallReport {
  std::optional<std::int64_t> tokens_used{};  // input and output; absent: it was not said
  RateLimitState limits{};
  std::optional<Error> error{};
  ChatUsage usage{};  // what was counted of it, for people
  std::optional<double> cost_usd{};
};

/// What came of calls since the server started.
struct CallTotals {
  std::int64_t calls = 0;
  std::int64_t failures = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  double cost_usd = 0;
  std::int64_t unpriced_calls = 0;

  void add(CallReport const& report);
};

struct LimitOptions {
  Duration priority_worth = std::chrono::seconds(6);  // one point of priority
  std::size_t models_max = 256;                       // remembered per provider beyond those in use
};

/// Why a request waits, in words and numbers.
struct LimitWait {
  LimitTicket ticket = 0;
  std::string provider{};
  std::string model{};
  std::string limit{};  // "tokensPerMinute", …; empty: it is only behind others
  std::int64_t needs = 0;
  std::int64_t free = 0;
  std::int64_t of = 0;
  std::optional<Instant> until{};
  std::size_t position = 0;  // 1: nobody of the same provider is before it
  std::string words{};
};

class ProviderLimits {
 public:
  explicit ProviderLimits(
      std::map<std::string, ProviderLimitSettings> providers, LimitOptions options = {}
  );

  /// Queues a request; advance() hands it out. Errors: unknown_provider; exceeds_rate_limit
  /// (resource, not retryable: it needs more tokens than a minute has); while the circuit is open,
  /// those of CircuitBreaker::refusal(). advance() refuses with rate_limited (resource) who has not
  /// the patience for what holds it up.
  Result<> ask(LimitTicket ticket, LimitRequest request, Instant now);

  struct Turn {
    std::vector<LimitTicket> granted{};
    std::vector<std::pair<LimitTicket, Error>> refused{};
  };
  /// What can start now, in order, and what is refused: by a circuit that has opened, or because
  /// it would have to wait too long.
  Turn advance(Instant now);
  /// When advance() may have something new though nothing else happens.
  std::optional<Instant> next_wake() const;

  /// Takes a request back that did not begin, waiting or granted. Unknown tickets are ignored: the
  /// two races are harmless.
  void withdraw(LimitTicket ticket, Instant now);
  /// A granted request has ended. Unknown tickets are ignored.
  void settle(LimitTicket ticket, CallReport const& report, Instant now);
  /// The same for one that was given up half way: its tokens count as used, the circuit learns
  /// nothing.
  void abandon(LimitTicket ticket, Instant now);

  /// nullopt when `ticket` does not wait.
  std::optional<LimitWait> explain(LimitTicket ticket, Instant now) const;
  /// [{"name","running","waiting","limits":{…},"free":{…},"said":{…},"sinceStart":{…},
  /// "circuit":{"state",…},"models":[…]}]
  boost::json::array describe(Instant now) const;

  struct Counts {
    std::string provider{};
    std::size_t running = 0;
    std::size_t waiting = 0;
  };
  std::vector<Counts> counts() const;

 private:
  struct Rank {
    std::int64_t time = 0;
    LimitTicket ticket = 0;
    auto operator<=>(Rank const&) const = default;
  };
  struct Lane {  // one model
    std::string model{};
    LimitGate gate;
    CircuitBreaker breaker;
    std::set<Rank> queue{};
    CallTotals totals{};
  };
  struct Provider {
    std::string name{};
    ProviderLimitSettings settings{};
    LimitGate gate;
    CircuitBreaker breaker;
    std::map<std::string, Lane, std::less<>> lanes{};
    CallTotals totals{};
    std::size_t waiting_count = 0;
    std::optional<Instant> wake{};
  };
  struct Waiting {
    LimitRequest request{};
    Rank rank{};
    Provider* provider = nullptr;
    Lane* lane = nullptr;
  };
  struct Running {
    Provider* provider = nullptr;
    Lane* lane = nullptr;
    std::int64_t tokens = 0;
    Instant started_at{};
    bool is_probe = false;        // of the provider
    bool is_model_probe = false;  // of the model
  };

  static std::optional<Error> refusal(Provider const& provider, Lane const& lane, Instant now);
  Lane& lane_of(Provider& provider, std::string const& model, Instant now);
  void serve(Provider& provider, Instant now, Turn& turn);
  void start(Waiting waiting, Instant now);
  /// Whether it has not the patience for what holds it up. Then it has left the queue.
  bool refuse_impatient(
      LimitTicket ticket, Obstacle const& lacks, std::string const& who, Instant now, Turn& turn
  );
  /// The same for all who stand in a line, whose first does wait.
  void refuse_all_impatient(
      Lane& lane, Obstacle const& lacks, std::string const& who, Instant now, Turn& turn
  );
  void refuse_all(Provider& provider, Error const& error, Turn& turn);
  void refuse_lane(Provider& provider, Lane& lane, Error const& error, Turn& turn);
  static void learn_nothing(Running const& call);
  void leave_queue(Waiting const& waiting);
  std::size_t position_of(Waiting const& waiting) const;
  static boost::json::object describe_provider(Provider const& provider, Instant now);

  LimitOptions options_;
  std::map<std::string, Provider, std::less<>> providers_;
  std::unordered_map<LimitTicket, Waiting> waiting_;
  std::unordered_map<LimitTicket, Running> running_;
};

}  // namespace ropewalk::ai

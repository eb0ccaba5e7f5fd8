#pragma once
// When something comes round: by a cron expression in a time zone, every so often, or once.
//
// Any thread: immutable values and pure functions.

#include "engine/base/time.hpp"
#include "engine/model/cron.hpp"

#include <optional>
#include <string_view>
#include <variant>

namespace ropewalk {

class Recurrence {
 public:
  /// Never.
  Recurrence() = default;

  static Recurrence cron(Cron cron, TimeZone zone);
  /// At `start`, and every `interval` after it. REQUIRES: interval > 0.
  static Recurrence every(Duration interval, Instant start);
  static Recurrence once(Instant at);

  /// The first tick later than `after`; nullopt: none comes any more.
  std::optional<Instant> next(Instant after) const;

 private:
  struct Calendar {
    Cron cron;
    TimeZone zone;
  };
  struct Interval {
    Duration interval{};
    Instant start{};
  };
  struct Single {
    Instant at{};
  };

  std::variant<std::monostate, Calendar, Interval, Single> kind_;
};

/// How long after its tick something is to begin: from 0 to below `jitter`, the same wherever it
/// is asked, and as good as random from one tick, or one name, to the next.
Duration jitter_of(std::string_view name, Instant tick, Duration jitter);

}  // namespace ropewalk

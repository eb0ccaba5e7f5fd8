#pragma once
// The time limits of one call: each phase has its own, and one may be over them all.
//
// Any number of phases, one after the other. Cancel: a cancelled run() returns `cancelled`, or
// throws what its work threw for that.

#include "providers/http/http_client.hpp"

#include <optional>

namespace ropewalk::http {

class TimeLimits {
 public:
  enum class Phase : unsigned char { connect, write, first_byte, body };

  /// The total's time begins now. `peer` is for messages.
  TimeLimits(HttpTimeouts const& timeouts, std::string peer);

  /// Errors: timeout_connect, timeout_idle (write, body), timeout_first_byte, timeout_total (all
  /// transient), those of `work`.
  Async<Result<>> run(Phase phase, Async<Result<>> work) const;

  /// For who keeps the time itself: when a phase that begins now has to be over; nullopt: never.
  std::optional<Steady::time_point> give_up(Phase phase) const;
  /// What to say of a phase that was not.
  Error late(Phase phase) const;

 private:
  HttpTimeouts timeouts_;
  Steady::time_point end_;  // of the total
  std::string peer_;
};

}  // namespace ropewalk::http

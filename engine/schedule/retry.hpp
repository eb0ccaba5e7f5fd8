#pragma once
// Whether a failed attempt is tried again, and when (DESIGN §5).
//
// Pure: the random share of the jitter is an argument.

#include "engine/base/error.hpp"
#include "engine/model/workflow.hpp"

#include <optional>

namespace ropewalk {

/// min(max_delay, initial_delay · backoff_factor^(tries-1)), then spread by ±jitter around it
/// (never past max_delay, never negative). `tries`: how many have failed, from 1. `random`: uniform
/// in [0, 1).
Duration backoff_delay(RetryConfig const& config, std::uint32_t tries, double random);

/// The delay before the next try, or nullopt when there is none. An error may state its own:
/// detail.retryAfterMs (from a Retry-After header) is used when it is longer than the backed-off
/// delay; detail.exitCode is held against onExitCodes; detail.retryable = false settles it.
std::optional<Duration> next_try(
    RetryConfig const& config, Error const& error, std::uint32_t tries, double random
);

}  // namespace ropewalk

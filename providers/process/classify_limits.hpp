#pragma once
// Ends that mean that something ran out: a limit of the task, or a supply of the machine.
//
// Pure: tables, tested row by row.

#include "providers/process/classify.hpp"

#include <cstdint>
#include <optional>

namespace ropewalk {

/// nullopt: nothing says so. REQUIRES: the child ran, and has not succeeded.
std::optional<Error> classify_limits(ChildEnd const& end, AttemptFacts const& facts);

/// The attempt was ended because it took longer than `limits.wall`.
Error wall_time_exceeded(AttemptFacts const& facts);
/// The attempt was ended because it printed more than `bytes_max`.
Error stream_too_large(AttemptFacts const& facts, std::uint64_t bytes_max);

}  // namespace ropewalk

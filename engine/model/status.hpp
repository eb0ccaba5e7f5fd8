#pragma once
// The words for where a task or an execution stands (DESIGN §3). Both use the same ones.

#include <optional>
#include <string_view>

namespace ropewalk {

enum class Status : unsigned char {
  pending,   // waits: for dependencies, for a slot, to be started
  running,   // an attempt runs
  retrying,  // an attempt failed; the next one starts at a known time
  completed,
  failed,
  skipped,  // its condition did not hold, or a dependency can no longer be met
  cancelled,
};

/// "PENDING", "RUNNING", …
std::string_view to_string(Status status);
std::optional<Status> parse_status(std::string_view text);

constexpr bool is_terminal(Status status) {
  return status >= Status::completed;
}

}  // namespace ropewalk

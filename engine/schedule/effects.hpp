#pragma once
// What an execution asks of who drives it, why it stops attempts, and its limits. Plain values.

#include "engine/base/error.hpp"
#include "engine/model/graph.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ropewalk {

/// Why a running attempt is stopped. Its outcome is decided by this, whatever the runner says in
/// the end.
enum class StopReason : unsigned char {
  none,
  cancel,    // somebody cancelled the execution
  failure,   // another task failed and the workflow says onFailure: cancel
  timeout,   // the attempt took too long: tried again if the retry policy says so
  deadline,  // the task with its retries took too long
  shutdown,  // the server stops: goes on at its next start
  caller,    // the task that called it as a tool ends, or has given the call up
};

/// What the caller has to do. Filled by the functions of Execution, emptied by the caller.
struct Effects {
  // At once:
  std::vector<TaskIndex>
      stop{};  // running attempts to cancel (their reason is kept by the Execution)
  std::vector<TaskIndex> withdraw{};  // tasks that no longer want the slot that they wait for
  std::vector<TaskIndex> released{};  // attempts that are over: their slots go back
  /// What metrics count.
  std::vector<TaskIndex> settled{};                   // tasks that have ended
  std::vector<std::optional<ErrorClass>> attempts{};  // attempts that have ended; nullopt: well
  // When the change of this step is durable:
  std::vector<TaskIndex> ready{};     // tasks to start as soon as there is a slot
  std::vector<TaskIndex> answered{};  // instances that have ended: their callers get take_answer()
  bool ended = false;
};

struct ExecutionOptions {
  std::size_t output_bytes_max = 1024 * 1024;
  std::uint32_t interruptions_max = 100;
  std::uint32_t calls_max = 10'000;  // of tasks as tools
  std::size_t detail_bytes_max = 256 * 1024;
  std::size_t stream_bytes_max = 8 * 1024 * 1024;    // of detail's `stream`
  std::uint32_t items_max = 100'000;                 // of one forEach
  std::size_t results_bytes_max = 16 * 1024 * 1024;  // of all its items together
};

}  // namespace ropewalk

#pragma once
// What one attempt of a command or script may use, and what stops it.
//
// Plain values: read from a task's `limits` (process_fields.hpp), kept by the launcher.

#include <cstdint>

namespace ropewalk {

/// 0: no limit. Trivially copyable: it travels to the launcher as it lies in memory.
struct ResourceLimits {
  std::uint64_t cpu_us = 0;            // CPU time of the attempt, all its processes together
  std::uint64_t cores_thousandth = 0;  // cores at once; needs a control group
  std::uint64_t memory_bytes = 0;      // of all its processes together
  std::uint64_t processes = 0;         // processes and threads, together
  std::uint64_t file_bytes = 0;        // of every file that it writes, and of each output stream
  std::uint64_t open_files = 0;        // of each process
  std::uint64_t wall_us = 0;           // from its start to its end
};

/// What the launcher found to be exceeded when it ended an attempt.
enum class Breach : std::uint8_t { none, cpu, memory, processes };

}  // namespace ropewalk

#pragma once
// What the server's configuration says about commands and scripts.

#include "providers/process/artifacts.hpp"
#include "providers/process/isolation.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ropewalk {

struct ProcessOptions {
  std::string work_root{};  // absolute; where the attempts' folders are made
  std::vector<std::string>
      pass_env{};  // variables of the server that tasks may see, beside PATH and TZ
  std::chrono::milliseconds grace{5000};  // between SIGTERM and SIGKILL
  std::uint64_t log_bytes_max =
      10 * 1024 * 1024;  // of a task's attempts, both streams; a line costs 32 bytes more
  std::size_t output_bytes_max = 1024 * 1024;
  // Of each output stream, kept or not: who writes more is ended.
  std::uint64_t stream_bytes_max = 1024ULL * 1024 * 1024;
  std::string data_root{};      // the server's data directory, which sandboxes hide; absolute
  ResourceLimits limits_max{};  // of every task, whatever it says itself
  Isolation isolation{};
  std::string artifact_root{};  // absolute; empty: nothing can be kept
  ArtifactLimits artifacts_max{};
  std::size_t warm_idle_max = 2;  // interpreters of a kind that wait for scripts, in a shard
  std::string package_root{};     // absolute; empty: nothing can be installed
  std::chrono::milliseconds install_time_max{600000};  // waiting for another one included
};

}  // namespace ropewalk

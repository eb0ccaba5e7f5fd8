#pragma once
// Files that an attempt leaves behind on purpose: picked out of the folder that it ran in, kept in
// the server's data directory until its execution is removed.
//
//   <root>/<execution>/<task>/manifest.json   [{"name","bytes","sha256"}]
//   <root>/<execution>/<task>/files/<name>
//
// Copying and hashing are done by a process of its own (the collector, a copy of this program that
// the launcher starts), so that neither a shard nor the launcher waits for a disk.

#include "engine/base/error.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

struct ArtifactLimits {
  std::uint64_t files_max = 1000;
  std::uint64_t bytes_max = 1024ULL * 1024 * 1024;  // of a task, together
};

struct ArtifactOrder {
  std::string from{};  // folder that is looked through
  std::string to{};    // the task's folder; what was in it is replaced
  std::vector<std::string> patterns{};
  std::vector<std::string> except{};  // names that are none, whatever the patterns say
  ArtifactLimits limits{};
};

inline constexpr char const* collector_name = "ropewalk-collector";
inline constexpr std::size_t manifest_bytes_max = 4 * 1024 * 1024;

/// Where a task's artifacts are. A task's id is a safe name but for the '/' that it cannot hold.
std::string artifact_folder(
    std::string const& root, std::string const& execution, std::string_view task
);

/// Links in a new folder `at` to the artifacts of these tasks and of the items that they ran for,
/// by their names. False when none of them kept anything; then there is no such folder.
bool link_artifacts(
    std::string const& root,
    std::string const& execution,
    std::vector<std::string> const& tasks,
    std::string const& at
);

/// What the collector reads from its standard input.
std::string to_text(ArtifactOrder const& order);

/// The collector's work: what it kept. Errors: artifacts_too_large (permanent), disk_full
/// (resource), artifacts_failed (transient).
Result<boost::json::array> collect_artifacts(ArtifactOrder const& order);

/// The collector: reads an order, prints {"artifacts": …} or {"error": …}. Its exit status.
int run_collector();

/// The manifest of a task; empty when it kept nothing. Blocks for a small file.
boost::json::array read_manifest(std::string const& folder);

}  // namespace ropewalk

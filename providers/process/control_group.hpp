#pragma once
// Control groups (cgroup v2) as files: one group an attempt, made and removed by the launcher.
//
// Blocking file operations on a file system in memory: quick, and nothing else can be slow there.

#include "providers/process/file_descriptor.hpp"
#include "providers/process/resource_limits.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace ropewalk {

/// What a group says about those that were in it.
struct GroupFacts {
  std::uint64_t oom_kills = 0;
  std::uint64_t forks_refused = 0;
  std::uint64_t cpu_us = 0;
  std::uint64_t memory_peak_bytes = 0;
};

class ControlGroup {
 public:
  /// Makes the group `path` with these limits. nullopt with errno set when the system refuses.
  static std::optional<ControlGroup> make(std::string path, ResourceLimits const& limits);

  /// Who writes "0" to it is in the group.
  int joining_file() const { return joining_file_.get(); }
  GroupFacts facts() const;
  /// SIGKILL to all that are in it.
  void kill() const;
  /// False while somebody is in it.
  bool remove() const;
  std::string const& path() const { return path_; }

 private:
  explicit ControlGroup(std::string path) : path_(std::move(path)) {}

  std::string path_;
  FileDescriptor joining_file_{};
};

/// The number behind `name` in lines of "NAME NUMBER"; 0 when it is not there.
std::uint64_t number_of(std::string const& text, std::string_view name);
std::string read_small_file(std::string const& path);
/// False with errno set when it cannot be written.
bool write_small_file(std::string const& path, std::string const& text);

}  // namespace ropewalk

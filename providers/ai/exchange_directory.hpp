#pragma once
// A directory of recorded calls: KEY.json, and for the same question asked again KEY-2.json, …
//
// Any thread, but its functions block: call them where that does no harm (RunBlocking). One object
// for all clients on a directory, so that they take turns.

#include "engine/base/error.hpp"

#include <cstddef>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace ropewalk::ai {

class ExchangeDirectory {
 public:
  explicit ExchangeDirectory(std::filesystem::path path);
  std::filesystem::path const& path() const { return path_; }

  /// Adds a file; one that is there stays as it is. Nobody ever sees half a file. Makes the
  /// directory. Errors: recording_failed (resource).
  Result<> add(std::string const& key, std::string const& text);
  /// The first file of `key`, then the second, …, and the last one again and again. nullopt: there
  /// is none. Errors: replay_failed.
  Result<std::optional<std::string>> take(std::string const& key);

 private:
  std::filesystem::path file_of(std::string const& key, std::size_t number) const;

  std::filesystem::path path_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> taken_;  // number of the last one
  std::size_t temporary_count_ = 0;
};

}  // namespace ropewalk::ai

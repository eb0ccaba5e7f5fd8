#pragma once
// One server a data directory: a lock that ends with the process, and the identity that outlives
// it.
//
// Any thread. The lock is held as long as the object lives.

#include "engine/base/error.hpp"

#include <filesystem>
#include <string>

namespace ropewalk::sql {

class DataLock {
 public:
  /// Makes the directory where it is missing. Errors: data_directory_in_use (names the holder's
  /// process), data_directory.
  static Result<DataLock> take(std::filesystem::path const& data);
  DataLock(DataLock&& other) noexcept;
  DataLock& operator=(DataLock&& other) noexcept;
  ~DataLock();

  /// Absolute.
  std::filesystem::path const& data() const { return data_; }
  /// Random, made once and kept in <data>/node_id: who registers under it follows the process that
  /// did before.
  Result<std::string> node_id() const;

 private:
  DataLock(std::filesystem::path data, int file) : data_(std::move(data)), file_(file) {}

  std::filesystem::path data_;
  int file_ = -1;
};

}  // namespace ropewalk::sql

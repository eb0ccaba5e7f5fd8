#pragma once
// Port: the folder that a workflow's file stands in, as its tasks may use it.
//
// Paths are relative to the folder, and nothing outside of it is reached: not by "..", not by an
// absolute path, not by a link. One object a shard; files are touched off the shard.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace ropewalk {

/// A file that is being written. It appears under its name, whole, when finish() has returned;
/// otherwise nothing of it is left.
class FileWriter {
 public:
  virtual ~FileWriter() = default;
  // Errors: write_failed, disk_full (resource). One call at a time.
  virtual Async<Result<>> write(std::string bytes) = 0;
  virtual Async<Result<>> finish() = 0;
};

class WorkflowFolder {
 public:
  virtual ~WorkflowFolder() = default;
  /// A file below `directory` (absolute). Errors: file_not_found, file_too_large, file_refused (all
  /// permanent).
  virtual Async<Result<std::string>> read(
      std::string directory, std::string path, std::size_t bytes_max
  ) = 0;
  /// Begins a file below `directory`, with the folders on its way. Errors: file_refused
  /// (permanent), those of FileWriter.
  virtual Async<Result<std::unique_ptr<FileWriter>>> write(
      std::string directory, std::string path
  ) = 0;
};

}  // namespace ropewalk

#pragma once
// The folders of workflows, read and written on the blocking threads.
//
// Owner: a shard's work. Shard: all calls on that one.

#include "engine/ports/workflow_folder.hpp"
#include "server/blocking.hpp"

#include <memory>
#include <string>

namespace ropewalk::server {

class WorkflowFiles final : public WorkflowFolder {
 public:
  explicit WorkflowFiles(BlockingPool& blocking) : blocking_(blocking) {}
  Async<Result<std::string>> read(std::string directory, std::string path, std::size_t bytes_max)
      override;
  Async<Result<std::unique_ptr<FileWriter>>> write(std::string directory, std::string path)
      override;

 private:
  BlockingPool& blocking_;
};

}  // namespace ropewalk::server

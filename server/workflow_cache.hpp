#pragma once
// Loaded workflows by the hash of their definition, shared by all shards: loading is what costs,
// executions only read.
//
// Any thread (one mutex, held for a lookup). Limits: tasks of the definitions kept, least recently
// used out first; workflows that executions still use live on outside.

#include "engine/model/workflow.hpp"

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace ropewalk::server {

class WorkflowCache {
 public:
  explicit WorkflowCache(std::size_t tasks_max) : tasks_max_(tasks_max) {}

  /// nullptr when it is not here.
  std::shared_ptr<Workflow const> find(std::string const& hash);
  void put(std::string const& hash, std::shared_ptr<Workflow const> workflow);
  std::size_t size() const;

 private:
  struct Entry {
    std::string hash{};
    std::shared_ptr<Workflow const> workflow{};
  };

  mutable std::mutex mutex_;
  std::size_t tasks_max_;
  std::size_t tasks_count_ = 0;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_hash_;
};

}  // namespace ropewalk::server

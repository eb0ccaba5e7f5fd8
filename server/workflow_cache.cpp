#include "server/workflow_cache.hpp"

namespace ropewalk::server {

std::shared_ptr<Workflow const> WorkflowCache::find(std::string const& hash) {
  std::lock_guard const lock(mutex_);
  auto const found = by_hash_.find(hash);
  if (found == by_hash_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->workflow;
}

void WorkflowCache::put(std::string const& hash, std::shared_ptr<Workflow const> workflow) {
  std::lock_guard const lock(mutex_);
  if (by_hash_.contains(hash)) return;
  tasks_count_ += workflow->tasks.size();
  entries_.push_front(Entry{hash, std::move(workflow)});
  by_hash_[hash] = entries_.begin();
  while (tasks_count_ > tasks_max_ && entries_.size() > 1) {
    tasks_count_ -= entries_.back().workflow->tasks.size();
    by_hash_.erase(entries_.back().hash);
    entries_.pop_back();
  }
}

std::size_t WorkflowCache::size() const {
  std::lock_guard const lock(mutex_);
  return entries_.size();
}

}  // namespace ropewalk::server

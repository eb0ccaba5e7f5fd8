#pragma once
// Port: where committed events go to be watched live.

#include "engine/base/ids.hpp"
#include "engine/ports/journal.hpp"

#include <vector>

namespace ropewalk {

class EventSink {
 public:
  virtual ~EventSink() = default;
  /// Called on the execution's home shard, in order, only after the events are durable. Never
  /// blocks, never throws.
  virtual void publish(ExecutionId execution, std::vector<EventChunk> const& events) = 0;
};

}  // namespace ropewalk

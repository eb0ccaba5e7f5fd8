#pragma once
// Port: where committed events go to be watched live.

#include "engine/base/ids.hpp"
#include "engine/model/text_end.hpp"
#include "engine/ports/journal.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace ropewalk {

/// Whose text it is. Views: valid for the call.
struct TextSource {
  ExecutionId execution{};
  std::string_view task{};
  std::uint32_t attempt = 0;
  std::uint64_t running_seq = 0;  // the event that the attempt runs is this one or an earlier one
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  /// Called on the execution's home shard, in order, only after the events are durable. Never
  /// blocks, never throws.
  virtual void publish(ExecutionId execution, std::vector<EventChunk> const& events) = 0;

  // Text of running attempts, not stored; as in AttemptSink. On the home shard, never blocks. An
  // attempt may be quicker than the commit of the event that it runs: whoever shows its text waits
  // for TextSource::running_seq. No call comes after the event that its task ended.
  virtual void token(
      TextSource const& /*source*/, std::string_view /*channel*/, std::string_view /*text*/
  ) {}
  virtual void restart_text(TextSource const& /*source*/, std::string_view /*reason*/) {}
  virtual void end_text(TextSource const& /*source*/, TextEnd const& /*end*/) {}
  /// Nothing more comes of the execution, and its end was not published.
  virtual void forget(ExecutionId /*execution*/) {}
};

}  // namespace ropewalk

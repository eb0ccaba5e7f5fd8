#pragma once
// A time limit on reads that follow each other closely: one timer for all of them.
//
// Why: with_deadline makes a coroutine and a timer for each piece of an answer that is streamed.
// Here a read only moves the time at which the timer looks again.
//
// Owner:  what reads; the stream outlives each begin() … end(). Shard: one.

#include "engine/async/async.hpp"
#include "providers/http/byte_stream.hpp"

#include <memory>

namespace ropewalk::http {

class IdleWatch {
 public:
  explicit IdleWatch(Executor executor);
  IdleWatch(IdleWatch const&) = delete;
  IdleWatch& operator=(IdleWatch const&) = delete;
  ~IdleWatch();

  /// From now on reads of `stream` are ended with operation_aborted once `give_up` has passed.
  void begin(ByteStream& stream, Steady::time_point give_up);
  void end();
  /// Whether the reads since begin() were ended so.
  bool is_late() const;

 private:
  struct State;
  static void arm(std::shared_ptr<State> const& state);

  std::shared_ptr<State> state_;
};

}  // namespace ropewalk::http

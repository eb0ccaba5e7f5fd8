#pragma once
// For attempts of the server's own, whose output nobody is shown.

#include "engine/ports/task_runner.hpp"

namespace ropewalk {

class SilentSink final : public AttemptSink {
 public:
  Async<> log(LogLine) override { co_return; }
};

}  // namespace ropewalk

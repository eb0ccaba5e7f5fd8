// EngineCore: what comes from outside to tasks that wait for it.
#include "engine/base/text.hpp"
#include "engine/schedule/core.hpp"

namespace ropewalk {

Result<SignalFate> EngineCore::signal(ExecutionId id, SignalCall call, Instant now) {
  TRY(Live * live, require_live(id));
  Effects fx;
  auto const fate = live->machine.signal(std::move(call), now, random(), fx);
  after(*live, std::move(fx), now);
  return fate;
}

Result<> EngineCore::decide(
    ExecutionId id, std::string const& task, Decision decision, Instant now
) {
  TRY(Live * live, require_live(id));
  auto const index = live->machine.find_task(task);
  if (!index)
    return Error{
        ErrorClass::permanent,
        "unknown_task",
        "execution " + id.to_string() + " has no task \"" + shorten(task, 140) + "\""};
  Effects fx;
  auto const decided = live->machine.decide(*index, std::move(decision), now, random(), fx);
  after(*live, std::move(fx), now);
  return decided;
}

}  // namespace ropewalk

// Execution: results that a replay takes over. They are written down with its acceptance, so that a
// crash before it begins forgets none of them.
#include "engine/base/json.hpp"
#include "engine/schedule/execution.hpp"

namespace ropewalk {
namespace {

/// Our own records, read back.
json::value read_back(std::string const& text) {
  JsonLimits const limits{text.size(), 256, text.size() + 1};
  auto value = parse_json(text, limits);
  return value ? std::move(*value) : json::value();
}

}  // namespace

void Execution::take_over(std::vector<ReusedTask> results, Instant now, Effects& out) {
  for (auto& result : results) {
    auto const task = workflow_->find(result.task);
    ROPEWALK_CHECK(task && tasks_[*task].status == Status::pending);
    Detail& detail = details_[*task];
    detail.reused_from = std::move(result.from);
    if (!result.error.empty()) detail.error = error_from_json(read_back(result.error));
    if (result.status == Status::completed)
      tasks_[*task].output = std::make_unique<json::value>(
          result.output.empty() ? json::value() : read_back(result.output)
      );
    settle(*task, result.status, now, out);
    if (result.output.empty()) continue;
    events_.task_output(now, task_id(*task), 0, result.output);
    record_task(*task).output = std::move(result.output);
  }
  settled_.clear();  // what follows is decided when it begins
}

}  // namespace ropewalk

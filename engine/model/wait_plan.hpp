#pragma once
// What a `wait` task waits for: a time, a signal, or the answer of a person.
//
// Any thread: plain values and pure functions.

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"
#include "engine/model/json_schema.hpp"
#include "engine/model/task_type.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

enum class WaitFor : unsigned char { time, signal, approval };

struct WaitPlan {
  WaitFor what = WaitFor::time;
  std::optional<Duration> limit{};             // from its start: how long, or how long at most
  std::optional<Instant> until{};              // of a time
  std::string signal{};                        // its name
  std::shared_ptr<JsonSchema const> schema{};  // of the signal's payload; null: any
  std::string message{};                       // of an approval
  std::vector<std::string> answers{};          // that it takes
  std::string on_timeout = "fail";             // or "continue", or one of the answers

  /// When it is over by itself; nullopt: never.
  std::optional<Instant> end(Instant since) const;
};

/// The fields of a task as they were rendered. Errors: invalid_task.
Result<WaitPlan> read_wait(boost::json::object const& config);
/// The same of a workflow file: reports what is wrong (TaskType::check).
void check_wait(boost::json::object const& task, ReportProblem const& report);

/// What is shown of it: {"for": "approval", "message", "answers", "since", "until", "onTimeout"}.
boost::json::object wait_view(WaitPlan const& plan, Instant since);

/// Errors: invalid_signal, with every violation in detail.
Result<> check_payload(
    JsonSchema const& schema, std::string_view signal, boost::json::value const& payload
);

/// The task type `wait`.
TaskType wait_type();
/// Completes its part of the schema for editors: exactly one thing is waited for, and how.
void add_wait_schema(boost::json::object& task_schema);

}  // namespace ropewalk

#pragma once
// Making a start that a schedule has decided on.
//
// It has a key in the database, so that it is one execution, however often and by however many
// servers it is made.

#include "server/api/backend.hpp"
#include "server/observe/metrics.hpp"
#include "server/triggers/schedule_spec.hpp"
#include "sql/schedules.hpp"

namespace ropewalk::server {

/// What outlives every start.
struct ScheduleParts {
  Backend& backend;
  sql::ScheduleStore& store;
  Metrics& metrics;
};

/// What is asked of the engine. Errors: invalid_definition, invalid_argument, expression_failed, …
Result<StartRequest> request_of(sql::DueStart const& start);

/// Starts it and writes down what came of it: started, failed for good, or (the error is one that
/// passes) to be tried again in a moment. Errors: those of Backend::start and of the store.
Async<Result<Started>> make_start(ScheduleParts parts, sql::DueStart start);

}  // namespace ropewalk::server

#pragma once
// Rows of the database as the JSON that clients see. Pure functions.

#include "engine/model/workflow.hpp"
#include "sql/node_lease.hpp"
#include "sql/store_types.hpp"

#include <boost/json/object.hpp>

namespace ropewalk::server {

/// {"name","version","hash","createdAt"}
boost::json::object workflow_view(sql::WorkflowVersion const& version);

/// {"id","workflow","version","status","paused","priority","labels","createdAt","startedAt",
/// "finishedAt","error","lastSeq"}
boost::json::object summary_view(sql::ExecutionSummary const& summary);

/// The same with inputs, directory, what it cost, why it is held, the signals that it keeps, what
/// it is a replay of and what are replays of it ("replayOf", "replays"), and every task in the
/// order of the workflow, PENDING ones included, each with its attempts; behind a task its calls as
/// a tool (`lookup[1]`), each with its "parent". `workflow` may be null (its definition cannot be
/// read any more): then only recorded tasks are there.
boost::json::object execution_view(sql::ExecutionRow const& row, Workflow const* workflow);

/// One task with its attempts: as in execution_view, and detail, input, parent.
boost::json::object task_view(sql::TaskRow const& row);

/// {"group","calls","tokens":{…},"costUsd","unpricedCalls"}
boost::json::object cost_view(sql::SpendTotal const& total);

boost::json::object node_view(sql::NodeRow const& row, std::int64_t own_epoch);

}  // namespace ropewalk::server

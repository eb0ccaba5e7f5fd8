#include "sql/store.hpp"

#include <utility>

namespace ropewalk::sql {
namespace {

constexpr Statement upsert_definition{
    "upsert_definition",
    "INSERT INTO definitions AS d (hash, body, source) VALUES ($1, $2, $3)"
    " ON CONFLICT (hash) DO UPDATE SET used_at = now()"
    " WHERE d.used_at < now() - interval '1 hour'"};

// Serialised by a lock on the name: two puts at once get two versions, or one when they are equal.
constexpr Statement lock_workflow{
    "lock_workflow", "SELECT pg_advisory_xact_lock(21080, hashtext($1))"};
constexpr Statement insert_workflow{
    "insert_workflow",
    "WITH latest AS (SELECT version, hash FROM workflows WHERE name = $1"
    " ORDER BY version DESC LIMIT 1), added AS ("
    "INSERT INTO workflows (name, version, hash, source)"
    " SELECT $1, coalesce((SELECT version FROM latest), 0) + 1, $2, $3"
    " WHERE NOT EXISTS (SELECT FROM latest WHERE hash = $2) RETURNING version)"
    " SELECT version, true FROM added UNION ALL"
    " SELECT version, false FROM latest WHERE hash = $2"};

constexpr Statement select_workflow{
    "select_workflow",
    "SELECT w.name, w.version, w.hash, w.created_at, d.body, w.source"
    " FROM workflows w JOIN definitions d ON d.hash = w.hash"
    " WHERE w.name = $1 AND ($2::integer = 0 OR w.version = $2::integer)"
    " ORDER BY w.version DESC LIMIT 1"};
constexpr Statement select_workflows{
    "select_workflows",
    "SELECT DISTINCT ON (name) name, version, hash, created_at FROM workflows"
    " WHERE name > $1 ORDER BY name, version DESC LIMIT $2::integer"};
constexpr Statement select_versions{
    "select_versions",
    "SELECT name, version, hash, created_at FROM workflows"
    " WHERE name = $1 AND ($2::integer = 0 OR version < $2::integer)"
    " ORDER BY version DESC LIMIT $3::integer"};
constexpr Statement select_definition{
    "select_definition", "SELECT body FROM definitions WHERE hash = $1"};

WorkflowVersion read_version(Rows const& rows, std::size_t row) {
  WorkflowVersion version;
  version.name = rows.text(row, 0);
  version.version = rows.int4(row, 1);
  version.hash = rows.text(row, 2);
  version.created_at = rows.at(row, 3).value_or(Instant());
  return version;
}

std::vector<WorkflowVersion> read_versions(Rows const& rows) {
  std::vector<WorkflowVersion> out;
  out.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_version(rows, i));
  return out;
}

Error not_found(std::string const& what) {
  Error error;
  error.code = "not_found";
  error.message = what + " does not exist";
  return error;
}

}  // namespace

Async<Result<PutWorkflowResult>> Store::put_workflow(NewWorkflow workflow) {
  std::vector<Step> steps(3);
  steps[0].statement = &upsert_definition;
  steps[0].params.text(workflow.hash).text(workflow.body).null();
  steps[1].statement = &lock_workflow;
  steps[1].params.text(workflow.name);
  steps[2].statement = &insert_workflow;
  steps[2].params.text(workflow.name).text(workflow.hash).text(workflow.source);
  CO_TRY(auto results, co_await pool_.run(steps));
  PutWorkflowResult out;
  out.version = results[2].int4(0, 0);
  out.is_new = results[2].boolean(0, 1);
  co_return out;
}

Async<Result<WorkflowRow>> Store::get_workflow(std::string name, std::int32_t version) {
  Params params;
  params.text(name).int4(version);
  CO_TRY(auto rows, co_await pool_.run(select_workflow, std::move(params)));
  if (rows.empty()) {
    std::string what = "workflow " + name;
    if (version != 0) what.append("@").append(std::to_string(version));
    co_return not_found(what);
  }
  WorkflowRow out;
  out.version = read_version(rows, 0);
  out.body = rows.text(0, 4);
  out.source = rows.text(0, 5);
  co_return out;
}

Async<Result<std::vector<WorkflowVersion>>> Store::list_workflows(
    std::string after, std::int32_t limit
) {
  Params params;
  params.text(after).int4(limit);
  CO_TRY(auto rows, co_await pool_.run(select_workflows, std::move(params)));
  co_return read_versions(rows);
}

Async<Result<std::vector<WorkflowVersion>>> Store::list_versions(
    std::string name, std::int32_t before, std::int32_t limit
) {
  Params params;
  params.text(name).int4(before).int4(limit);
  CO_TRY(auto rows, co_await pool_.run(select_versions, std::move(params)));
  co_return read_versions(rows);
}

Async<Result<std::string>> Store::get_definition(std::string hash) {
  Params params;
  params.text(hash);
  CO_TRY(auto rows, co_await pool_.run(select_definition, std::move(params)));
  if (rows.empty()) co_return not_found("definition " + hash);
  co_return rows.string(0, 0);
}

Async<Result<void>> Store::ensure_definition(
    std::string hash, std::string body, std::string source
) {
  Params params;
  params.text(hash).text(body).text_if_any(source);
  auto done = co_await pool_.run(upsert_definition, std::move(params));
  if (!done) co_return done.error();
  co_return boost::system::in_place_value;
}

}  // namespace ropewalk::sql

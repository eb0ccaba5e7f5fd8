#pragma once
// Reading what asks for an execution: the same fields over HTTP and over the WebSocket. Pure
// functions.

#include "server/api/backend.hpp"
#include "server/http/message.hpp"

namespace ropewalk::server {

/// {workflow, inputs?, priority?, labels?, directory?}. Errors: invalid_argument, all problems in
/// detail.
Result<StartRequest> read_start_request(boost::json::object fields);
/// The same from the body of a request, which is spent. With a key, the body's hash is there, too.
/// Errors: those of read_json_body as well.
Result<StartRequest> read_start_request(Request& request, std::string idempotency_key);

/// {from?, inputs?, variables?, workflow?}: all of them may be missing. Errors: invalid_argument,
/// those of read_json_body.
Result<ReplayRequest> read_replay_request(Request const& request, std::string idempotency_key);

/// The body as JSON. Errors: unsupported_media_type, invalid_json, duplicate_key, too_large.
Result<boost::json::value> read_json_body(Request const& request);
/// The same, and it must be an object with no other fields than `known`. Errors: invalid_argument
/// too.
Result<boost::json::object> read_json_object(
    Request const& request, std::vector<std::string_view> const& known
);

/// Empty when there is none. Errors: invalid_argument.
Result<std::string> read_idempotency_key(Request const& request);
/// `name`: of the part of the path. Errors: invalid_id.
Result<ExecutionId> read_execution_id(Request const& request, std::string_view name = "id");
/// A query parameter that is a whole number; `fallback` when it is not there. Errors:
/// invalid_argument.
Result<std::uint64_t> read_number(
    Request const& request, std::string_view name, std::uint64_t fallback, std::uint64_t most
);
/// Refuses query parameters that the route does not know. Errors: invalid_argument.
Result<> check_query(Request const& request, std::vector<std::string_view> known);

/// Seconds of `Prefer: wait=N`; nullopt when the client does not wait.
std::optional<Duration> read_prefer_wait(Request const& request);

Error invalid_argument(std::string message, std::string hint = {});

/// {"items":[…],"next":…}, with a Link header when there is a next page.
Response page_response(Request const& request, Page page);

}  // namespace ropewalk::server

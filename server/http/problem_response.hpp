#pragma once
// Errors on the wire: RFC 9457 application/problem+json, with the status that one table gives each
// code.

#include "engine/base/error.hpp"
#include "engine/model/problem.hpp"
#include "server/http/message.hpp"

#include <boost/json/array.hpp>

#include <string_view>
#include <vector>

namespace ropewalk::server {

/// The HTTP status of an error code; 500 for codes that no client can cause.
unsigned status_of(Error const& error);

/// {"type","title","status","detail","code","hint","errors"?}. Server faults (500) do not show
/// their message.
Response problem_response(Error const& error);
Response problem_response(Error const& error, unsigned status);
/// 422 with all the problems of a workflow definition.
Response problems_response(std::vector<Problem> const& problems);

/// 200 with JSON.
Response json_response(boost::json::value const& body, unsigned status = 200);

boost::json::array to_json(std::vector<Problem> const& problems);

}  // namespace ropewalk::server

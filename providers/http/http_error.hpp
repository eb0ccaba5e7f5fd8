#pragma once
// The errors of HTTP calls. Their messages name host and port and nothing else of the request.
//
// Any thread: pure functions.

#include "engine/base/error.hpp"

#include <boost/system/error_code.hpp>

#include <string>
#include <string_view>

namespace ropewalk::http {

Error http_error(
    ErrorClass error_class, std::string code, std::string message, std::string hint = {}
);

Error cancelled();

/// What ended a call to `peer` ("HOST:PORT") after it was connected: connection_lost, tls_failure,
/// or cancelled. `when` completes "… was lost": "while its answer was awaited".
Error lost_connection(boost::system::error_code ec, std::string const& peer, std::string_view when);

/// Why `peer` could not be connected to: connection_refused or cancelled.
Error failed_connect(boost::system::error_code ec, std::string const& peer);

}  // namespace ropewalk::http

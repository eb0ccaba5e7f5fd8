#pragma once
// What went wrong with TLS, in words for a person.
//
// Any thread: pure functions.

#include "engine/base/error.hpp"

#include <boost/system/error_code.hpp>

#include <string>

namespace ropewalk::http {

/// An error of TLS itself, not of the connection beneath.
bool is_tls_error(boost::system::error_code ec);

/// tls_failure (permanent) for an error of the protocol: not TLS, no common version, an alert.
Error tls_failure(boost::system::error_code ec, std::string const& peer);

/// tls_failure (permanent) for a certificate that did not pass: `verify_result` is an X509_V_ERR_….
Error refused_certificate(long verify_result, std::string const& peer);

/// tls_failure (permanent) for files that cannot be used: `what` names the option.
Error unusable_tls_file(std::string const& what, std::string const& path, std::string const& why);

}  // namespace ropewalk::http

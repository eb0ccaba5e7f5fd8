#include "providers/http/http_error.hpp"

#include "providers/http/tls_error.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace ropewalk::http {
namespace error = boost::asio::error;

Error http_error(ErrorClass error_class, std::string code, std::string message, std::string hint) {
  Error out;
  out.error_class = error_class;
  out.code = std::move(code);
  out.message = std::move(message);
  out.hint = std::move(hint);
  return out;
}

Error cancelled() {
  return http_error(ErrorClass::permanent, "cancelled", "the call was cancelled");
}

Error lost_connection(
    boost::system::error_code ec, std::string const& peer, std::string_view when
) {
  if (ec == error::operation_aborted) return cancelled();
  if (is_tls_error(ec)) return tls_failure(ec, peer);
  auto message = "the connection to " + peer + " was lost " + std::string(when) + ": ";
  message += !ec || ec == error::eof ? "the other side closed it" : ec.message();
  return http_error(
      ErrorClass::transient,
      "connection_lost",
      std::move(message),
      "see whether the server or a proxy before it ended; a load balancer may allow less time"
  );
}

Error failed_connect(boost::system::error_code ec, std::string const& peer) {
  if (ec == error::operation_aborted) return cancelled();
  auto message = "cannot connect to " + peer + ": " + ec.message();
  return http_error(
      ErrorClass::transient,
      "connection_refused",
      std::move(message),
      "see whether something listens there and whether a firewall is in between"
  );
}

}  // namespace ropewalk::http

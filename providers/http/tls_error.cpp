#include "providers/http/tls_error.hpp"

#include "providers/http/http_error.hpp"

#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

namespace ropewalk::http {
namespace {

struct Reason {
  std::string text{};
  std::string hint{};
};

Reason certificate_reason(long verify_result) {
  switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {"its certificate, or one above it, has expired", "have it renewed; check the clock"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {"its certificate is not valid yet", "check the clocks of both machines"};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {"its certificate is self-signed", "name that certificate as the CA file to trust it"};
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return {
          "its certificate was signed by an authority that is not trusted here (unknown CA)",
          "name the authority's certificate as the CA file"};
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return {"its certificate is for another host name", "call it by a name in the certificate"};
    default:
      return {X509_verify_cert_error_string(verify_result), {}};
  }
}

Reason protocol_reason(boost::system::error_code ec) {
  switch (ERR_GET_REASON(static_cast<unsigned long>(ec.value()))) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return {"what answers there does not speak TLS", "is it http instead of https?"};
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return {"it speaks no TLS version from 1.2 on", {}};
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return {"it did not accept our client certificate, or asks for one: " + ec.message(), {}};
    default:
      return {ec.message(), {}};
  }
}

Error failure(Reason reason, std::string const& peer) {
  return http_error(
      ErrorClass::permanent,
      "tls_failure",
      "no safe connection to " + peer + ": " + reason.text,
      std::move(reason.hint)
  );
}

}  // namespace

bool is_tls_error(boost::system::error_code ec) {
  return ec.category() == boost::asio::error::get_ssl_category();
}

Error tls_failure(boost::system::error_code ec, std::string const& peer) {
  return failure(protocol_reason(ec), peer);
}

Error refused_certificate(long verify_result, std::string const& peer) {
  return failure(certificate_reason(verify_result), peer);
}

Error unusable_tls_file(std::string const& what, std::string const& path, std::string const& why) {
  return http_error(
      ErrorClass::permanent, "tls_failure", "the " + what + " " + path + " cannot be used: " + why
  );
}

}  // namespace ropewalk::http

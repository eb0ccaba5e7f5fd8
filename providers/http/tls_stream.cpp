#include "providers/http/tls_stream.hpp"

#include "providers/http/http_error.hpp"
#include "providers/http/tls_error.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <openssl/x509v3.h>

#include <array>

namespace ropewalk::http {
namespace {

namespace ssl = asio::ssl;

/// SNI. OpenSSL's macro for it casts in the old style.
bool set_server_name(SSL* tls, std::string name) {
  return SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

class TlsStream : public ByteStream {
 public:
  TlsStream(Socket socket, std::shared_ptr<ssl::context> context)
      : context_(std::move(context)), stream_(std::move(socket), *context_) {}

  bool expect(std::string const& host, bool verify) {
    auto* const tls = stream_.native_handle();
    boost::system::error_code not_literal;
    asio::ip::make_address(host, not_literal);
    bool const is_name = static_cast<bool>(not_literal);
    constexpr std::array<unsigned char, 9> protocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    if (SSL_set_alpn_protos(tls, protocols.data(), protocols.size()) != 0) return false;
    if (is_name && !set_server_name(tls, host)) return false;
    if (!verify) return true;
    auto* const rules = SSL_get0_param(tls);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return is_name ? X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size()) == 1
                   : X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1;
  }

  Async<boost::system::error_code> handshake() {
    auto [ec] = co_await stream_.async_handshake(ssl::stream_base::client, use_tuple);
    co_return ec;
  }

  long verify_result() { return SSL_get_verify_result(stream_.native_handle()); }

  Async<Transfer> read_some(asio::mutable_buffer into) override {
    auto [ec, count] = co_await stream_.async_read_some(into, use_tuple);
    co_return Transfer{ec, count};
  }

  Async<Transfer> write_all(std::string_view bytes) override {
    auto const source = asio::buffer(bytes.data(), bytes.size());
    auto [ec, count] = co_await asio::async_write(stream_, source, use_tuple);
    co_return Transfer{ec, count};
  }

  void cancel() override {
    boost::system::error_code ignored;
    stream_.next_layer().cancel(ignored);
  }

  bool is_quiet() override {
    return SSL_pending(stream_.native_handle()) == 0 && is_socket_quiet(stream_.next_layer());
  }

 private:
  std::shared_ptr<ssl::context> context_;
  ssl::stream<Socket> stream_;
};

}  // namespace

Async<Result<std::unique_ptr<ByteStream>>> start_tls(
    Socket socket,
    std::shared_ptr<asio::ssl::context> context,
    std::string host,
    std::string peer,
    bool verify
) {
  auto stream = std::make_unique<TlsStream>(std::move(socket), std::move(context));
  if (!stream->expect(host, verify))
    co_return http_error(
        ErrorClass::permanent, "tls_failure", "TLS cannot be set up for the host " + host
    );
  auto const ec = co_await stream->handshake();
  if (!ec) co_return std::unique_ptr<ByteStream>(std::move(stream));
  auto const verified = stream->verify_result();
  if (verify && verified != X509_V_OK && is_tls_error(ec))
    co_return refused_certificate(verified, peer);
  co_return lost_connection(ec, peer, "during the TLS handshake");
}

}  // namespace ropewalk::http

#include "providers/http/tls_context.hpp"

#include "providers/http/tls_error.hpp"

#include <openssl/ssl.h>

namespace ropewalk::http {
namespace {

namespace ssl = asio::ssl;
using boost::system::error_code;

constexpr std::size_t contexts_max = 64;

Result<> use_client_certificate(ssl::context& context, TlsOptions const& options) {
  error_code ec;
  if (context.use_certificate_chain_file(options.client_cert, ec); ec)
    return unusable_tls_file("client certificate", options.client_cert, ec.message());
  auto const& key = options.client_key.empty() ? options.client_cert : options.client_key;
  if (context.use_private_key_file(key, ssl::context::pem, ec); ec)
    return unusable_tls_file("client key", key, ec.message());
  return {};
}

Result<std::shared_ptr<ssl::context>> make_context(TlsOptions const& options) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  error_code ec;
  context->set_verify_mode(options.verify ? ssl::verify_peer : ssl::verify_none, ec);
  if (options.ca_file.empty()) {
    context->set_default_verify_paths(ec);
    if (ec) return unusable_tls_file("store of authorities", "of the system", ec.message());
  } else if (context->load_verify_file(options.ca_file, ec); ec) {
    return unusable_tls_file("CA file", options.ca_file, ec.message());
  }
  if (!options.client_cert.empty())
    if (auto const used = use_client_certificate(*context, options); !used) return used.error();
  return context;
}

}  // namespace

Result<std::shared_ptr<ssl::context>> TlsContexts::get(TlsOptions const& options) {
  for (auto const& [known, context] : made_)
    if (known == options) return context;
  TRY(auto context, make_context(options));
  if (made_.size() >= contexts_max) made_.erase(made_.begin());
  made_.emplace_back(options, context);
  return context;
}

}  // namespace ropewalk::http

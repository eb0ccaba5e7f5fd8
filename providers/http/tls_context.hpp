#pragma once
// What a TLS connection starts from: trusted authorities, our certificate, the versions spoken.
// Made once for each set of options; a changed file counts from the next start on.
//
// Owner: one HttpClient. Shard: all calls on one shard.

#include "providers/http/http_client.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace ropewalk::http {

class TlsContexts {
 public:
  /// Errors: tls_failure (permanent) when a file cannot be used.
  Result<std::shared_ptr<asio::ssl::context>> get(TlsOptions const& options);

 private:
  std::vector<std::pair<TlsOptions, std::shared_ptr<asio::ssl::context>>> made_;
};

}  // namespace ropewalk::http

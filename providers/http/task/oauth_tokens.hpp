#pragma once
// Access tokens by client credentials (RFC 6749, 4.4), kept until they expire.
//
// A token is kept for what it was asked for with: URL, client, its secret, scope and audience.
// Whoever comes while one is fetched waits for that one.
//
// Owner: one for each shard. Shard: all calls on that one. Limits: 1,000 tokens.

#include "engine/async/turns.hpp"
#include "providers/http/http_client.hpp"

#include <map>
#include <string>

namespace ropewalk::http {

struct TokenRequest {
  std::string url{};
  std::string client_id{};
  std::string client_secret{};
  std::string scope{};
  std::string audience{};
  bool is_in_body = false;
  HttpTimeouts timeouts{};
  TlsOptions tls{};
  decltype(HttpRequest::allow) allow{};
};

class OAuthTokens {
 public:
  explicit OAuthTokens(Executor executor) : turns_(executor) {}

  /// The value for "Authorization: Bearer …". `refused`: this token was answered with 401; another
  /// one is wanted. Errors: auth (permanent) when the client is refused, malformed_response, those
  /// of an answer and of HttpClient::send.
  Async<Result<std::string>> token(HttpClient& client, TokenRequest request, std::string refused);

  std::size_t size() const { return tokens_.size(); }

 private:
  struct Kept {
    std::string token{};
    Steady::time_point until{};
  };

  Async<Result<Kept>> fetch(HttpClient& client, TokenRequest const& request);
  void keep(std::string const& key, Kept kept);

  Turns<std::string> turns_;
  std::map<std::string, Kept> tokens_;
};

}  // namespace ropewalk::http

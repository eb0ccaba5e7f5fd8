#pragma once
// What tasks of the types `http` and `webhook` need from the server around them.

#include "engine/ports/clock.hpp"
#include "engine/ports/secret_source.hpp"
#include "engine/ports/workflow_folder.hpp"
#include "providers/http/address_guard.hpp"
#include "providers/http/http_client.hpp"
#include "providers/http/task/oauth_tokens.hpp"

#include <cstddef>

namespace ropewalk::http {

/// All of them outlive the runner, and belong to its shard or to any thread.
struct HttpParts {
  Clock const& clock;
  HttpClient& client;
  AddressGuard const& guard;
  WorkflowFolder& files;
  SecretSource& secrets;
  OAuthTokens& tokens;
  std::size_t output_bytes_max = 1024 * 1024;
};

}  // namespace ropewalk::http

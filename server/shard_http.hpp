#pragma once
// What API calls need on one shard: connections, tokens, secrets, the folders of workflows.
//
// Owner: ShardWork. Shard: everything on that one.

#include "engine/ports/clock.hpp"
#include "engine/ports/secret_source.hpp"
#include "providers/http/task/http_runner.hpp"
#include "server/ai/node_ai.hpp"
#include "server/workflow_files.hpp"

namespace ropewalk::server {

class ShardHttp {
 public:
  struct Parts {
    Executor executor;
    Config const& config;
    NodeAi const& node;  // has the settings of proxies
    Clock const& clock;
    BlockingPool& blocking;
    SecretSource& secrets;
  };
  explicit ShardHttp(Parts const& parts);

  http::HttpRunner& runner() { return runner_; }

 private:
  http::HttpParts http_parts(Parts const& parts);

  HttpClient client_;
  http::AddressGuard guard_;
  WorkflowFiles files_;
  http::OAuthTokens tokens_;
  http::HttpRunner runner_;
};

}  // namespace ropewalk::server

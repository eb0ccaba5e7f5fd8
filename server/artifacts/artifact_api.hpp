#pragma once
// What tasks kept, listed and given out.
//
// Owner: the node, one a shard. Files are read aside, never on the shard.

#include "server/api/backend.hpp"
#include "server/blocking.hpp"
#include "server/http/router.hpp"

#include <string>

namespace ropewalk::server {

class ArtifactApi {
 public:
  /// `root`: where the node keeps artifacts.
  ArtifactApi(Backend& backend, BlockingPool& blocking, std::string root)
      : backend_(backend), blocking_(blocking), root_(std::move(root)) {}
  void add_to(Router& router);

 private:
  Async<Response> list(Request request);
  Async<Response> get(Request request);
  /// Its manifest. Errors: not_found (the execution, or the task in it).
  Async<Result<boost::json::array>> manifest(ExecutionId id, std::string task);

  Backend& backend_;
  BlockingPool& blocking_;
  std::string root_;
};

}  // namespace ropewalk::server

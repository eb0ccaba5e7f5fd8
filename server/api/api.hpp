#pragma once
// The REST interface of DESIGN §7: its routes, each in the class of its subject.
//
// Owner:  the node, one a shard; it outlives the router that its routes were added to.
// Shard:  every call on its own shard.

#include "server/api/backend.hpp"
#include "server/config.hpp"
#include "server/http/router.hpp"
#include "server/hub.hpp"

#include <span>
#include <string_view>

namespace ropewalk::server {

class WorkflowApi {
 public:
  explicit WorkflowApi(Backend& backend) : backend_(backend) {}
  void add_to(Router& router);

 private:
  Async<Response> create(Request request);
  Async<Response> put(Request request);
  Async<Response> validate(Request request);
  Async<Response> list(Request request);
  Async<Response> get(Request request);
  Async<Response> list_versions(Request request);
  Async<Response> get_version(Request request);
  /// Loads the body; a response when it is refused.
  Async<Result<LoadedWorkflow>> load_body(Request& request);

  Backend& backend_;
};

class ExecutionApi {
 public:
  ExecutionApi(Backend& backend, Limits const& limits) : backend_(backend), limits_(limits) {}
  void add_to(Router& router);

 private:
  Async<Response> create(Request request);
  Async<Response> list(Request request);
  Async<Response> get(Request request);
  Async<Response> command(Request request, Command command);
  Async<Response> resolve(Request request);
  Async<Response> retry(Request request);
  Async<Response> started(Request request, Started started);
  // signal_api.cpp
  Async<Response> signal(Request request);
  Async<Response> approve(Request request);
  Async<Response> approvals(Request request);
  // replay_api.cpp
  Async<Response> replay(Request request);
  Async<Response> diff(Request request);

  Backend& backend_;
  Limits const& limits_;
};

/// What happened in an execution, what it looks like, and why it waits.
class HistoryApi {
 public:
  explicit HistoryApi(Backend& backend) : backend_(backend) {}
  void add_to(Router& router);

 private:
  Async<Response> events(Request request);
  Async<Response> logs(Request request);
  Async<Response> graph(Request request);
  Async<Response> why(Request request);
  Async<Response> task(Request request);

  Backend& backend_;
};

/// What a task streams, as Server-Sent Events.
class StreamApi {
 public:
  StreamApi(Executor executor, Backend& backend, Hub& hub, Limits const& limits)
      : executor_(executor), backend_(backend), hub_(hub), limits_(limits) {}
  void add_to(Router& router);

 private:
  Async<Response> task_stream(Request request);
  Async<Result<Status>> end_of(
      ExecutionId id, Backend::GraphSource const& source, std::string const& task
  );

  Executor executor_;
  Backend& backend_;
  Hub& hub_;
  Limits const& limits_;
};

/// The node itself, and what it serves as files.
class NodeApi {
 public:
  explicit NodeApi(Backend& backend) : backend_(backend) {}
  void add_to(Router& router);

 private:
  Async<Response> pools(Request request);
  Async<Response> set_pool(Request request);
  Async<Response> nodes(Request request);
  Async<Response> providers(Request request);
  Async<Response> prune(Request request);
  Async<Response> costs(Request request);
  Async<Response> health(Request request);
  Async<Response> ready(Request request);
  Async<Response> metrics(Request request);
  Async<Response> openapi(Request request);
  Async<Response> stream(Request request);

  Backend& backend_;
};

/// A file that was built into the binary.
struct Asset {
  std::string_view path{};  // "/assets/app.js"; "/index.html" also answers "/"
  std::string_view content_type{};
  std::string_view bytes{};
};
std::span<Asset const> embedded_assets();
std::string_view openapi_text();

/// Routes for every embedded asset.
void add_static_files(Router& router);

}  // namespace ropewalk::server

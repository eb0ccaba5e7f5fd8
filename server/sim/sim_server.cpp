#include "server/sim/sim_server.hpp"

#include "server/http/problem_response.hpp"
#include "server/sim/openai_answer.hpp"

#include <unistd.h>

#include <algorithm>

namespace ropewalk::server {
namespace {

std::string address_to_listen_at(std::string const& wanted) {
  bool const is_port =
      !wanted.empty() && wanted.find_first_not_of("0123456789") == std::string::npos;
  return is_port ? "127.0.0.1:" + wanted : wanted;
}

std::string host_of(std::string const& address) {
  return address.starts_with("unix:") ? "localhost" : std::string(host_without_port(address));
}

}  // namespace

Limits sim_limits() {
  Limits out;
  out.request_bytes = 4 * 1024 * 1024;
  out.bodies_bytes = 64 * 1024 * 1024;
  out.connections = 4096;
  return out;
}

Response SimServer::NoUpgrade::handshake(Request const& /*request*/) {
  Error error;
  error.code = "bad_request";
  error.message = "there is no WebSocket here";
  return problem_response(error);
}

Async<> SimServer::NoUpgrade::serve(Socket& /*socket*/, std::string /*first_bytes*/) {
  co_return;
}

Result<std::unique_ptr<SimServer>> SimServer::listen(
    Executor executor, SimServerOptions const& options
) {
  ai::ChatRequest probe;
  probe.model = "prose";
  auto const checked = ai::sim_options(options.sim, probe);
  if (!checked) return checked.error();
  auto const address = address_to_listen_at(options.listen);
  TRY(auto acceptor, listen_at(executor, address, /*reuse_port=*/false));
  return std::unique_ptr<SimServer>(new SimServer(executor, options, std::move(acceptor)));
}

SimServer::SimServer(Executor executor, SimServerOptions const& options, Acceptor acceptor)
    : address_(address_of(acceptor)),
      limits_(sim_limits()),
      origin_(host_of(address_), options.allowed_hosts, {}),
      calls_(executor),
      api_(executor, calls_, options.sim, options.seed),
      front_(
          executor,
          FrontParts{router_, origin_, limits_, connections_, upgrade_, &make_openai_error}
      ) {
  api_.add_to(router_);
  front_.add(std::move(acceptor));
}

SimServer::~SimServer() {
  if (address_.starts_with("unix:")) ::unlink(address_.c_str() + 5);
}

std::string SimServer::url() const {
  return address_.starts_with("unix:") ? address_ : "http://" + address_ + "/v1";
}

Async<> SimServer::run() {
  co_await front_.run();
  calls_.cancel();
  co_await calls_.join();
}

}  // namespace ropewalk::server

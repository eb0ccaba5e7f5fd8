// sim: the built-in simulation of a model, for other programs to talk to.
#include "engine/base/json.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/observe/log.hpp"
#include "server/sim/sim_server.hpp"

#include <boost/asio/basic_signal_set.hpp>
#include <boost/asio/co_spawn.hpp>

#include <csignal>

namespace ropewalk::cli {
namespace {

using Signals = asio::basic_signal_set<Executor>;

constexpr Steady::duration grace = std::chrono::seconds(5);

server::SimServerOptions options_of(Arguments const& arguments) {
  server::SimServerOptions out;
  out.listen = arguments.listen;
  out.seed = arguments.seed;
  out.allowed_hosts = arguments.allowed_hosts;
  if (arguments.tokens_per_second) out.sim["tokensPerSecond"] = *arguments.tokens_per_second;
  if (!arguments.first_token_delay.empty())
    out.sim["firstTokenDelay"] = arguments.first_token_delay;
  if (!arguments.fault.empty()) out.sim["fault"] = arguments.fault;
  return out;
}

void say_where(server::SimServer const& server, bool as_json) {
  Console out(stdout);
  if (as_json) {
    json::object const told{{"url", server.url()}, {"simulated", true}};
    out.line(to_text(told));
  } else {
    out.line("ropewalk sim (a simulation: no model is called) listens on " + server.url());
  }
}

/// The first signal asks the server to end, the second and the time limit cut what is left.
Async<> stop_on_signals(Signals& signals, server::SimServer& server) {
  co_await signals.async_wait(use_tuple);
  server.stop();
  Timer limit(signals.get_executor(), grace);
  limit.async_wait([&signals](boost::system::error_code) {
    boost::system::error_code ignored;
    signals.cancel(ignored);
  });
  co_await signals.async_wait(use_tuple);
  server.cancel();
}

Async<> serve(Signals& signals, server::SimServer& server) {
  AsyncScope watching(signals.get_executor());
  watching.spawn(stop_on_signals(signals, server));
  co_await server.run();
  watching.cancel();
  co_await watching.join();
}

}  // namespace

int sim_command(Arguments const& arguments) {
  asio::io_context io(1);
  auto const started = server::SimServer::listen(io.get_executor(), options_of(arguments));
  if (!started) {
    Console(stderr).line(error_line(started.error()));
    return exit_status_of(started.error());
  }
  auto& sim = **started;
  server::log::start("warn", "auto");
  Signals signals(io.get_executor(), SIGINT, SIGTERM);
  std::exception_ptr fault;
  auto serving = serve(signals, sim);
  asio::co_spawn(io, std::move(serving), [&](std::exception_ptr error) { fault = error; });
  say_where(sim, arguments.json);
  io.run();
  server::log::stop();
  if (fault) std::rethrow_exception(fault);
  return 0;
}

}  // namespace ropewalk::cli

#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"
#include "server/cli/interrupts.hpp"
#include "server/cli/settings.hpp"
#include "server/node.hpp"

#include <atomic>
#include <thread>

namespace ropewalk::cli {
namespace {

constexpr Milliseconds look_every = std::chrono::milliseconds(200);

/// Passes each SIGINT or SIGTERM on to the node until it has ended: the first asks, the second
/// ends.
int wait_with_signals(server::Node& node, Interrupts const& interrupts) {
  std::atomic<bool> has_ended = false;
  std::thread watcher([&] {
    int passed_on = 0;
    while (!has_ended) {
      for (; passed_on < interrupts.count(); ++passed_on) node.request_stop();
      wait_for(look_every);
    }
  });
  int const status = node.wait();
  has_ended = true;
  watcher.join();
  return status;
}

}  // namespace

int serve_command(Arguments const& arguments) {
  Console console(stderr);
  auto const settings = load_settings(arguments);
  if (!settings) {
    console.line(error_line(settings.error()));
    return exit_status_of(settings.error());
  }
  Interrupts const interrupts;
  auto const node = server::Node::start(settings->config);
  if (!node) {
    console.line(error_line(node.error()));
    return 4;
  }
  Console(stdout).line("ropewalk listens on " + (*node)->url());
  return wait_with_signals(**node, interrupts) == 0 ? 0 : 4;
}

}  // namespace ropewalk::cli

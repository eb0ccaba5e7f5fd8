#include "server/cli/commands.hpp"
#include "server/cli/console.hpp"

#include <exception>

namespace ropewalk::cli {
namespace {

int dispatch(Arguments const& arguments) {
  switch (arguments.verb) {
    case Verb::serve:
      return serve_command(arguments);
    case Verb::run:
      return run_command(arguments);
    case Verb::validate:
      return validate_command(arguments);
    case Verb::graph:
      return graph_command(arguments);
    case Verb::eval:
      return eval_command(arguments);
    case Verb::ps:
      return ps_command(arguments);
    case Verb::show:
      return show_command(arguments);
    case Verb::logs:
      return logs_command(arguments);
    case Verb::why:
      return why_command(arguments);
    case Verb::cancel:
    case Verb::pause:
    case Verb::resume:
    case Verb::retry:
      return control_command(arguments);
    case Verb::resolve:
      return resolve_command(arguments);
    case Verb::approve:
      return approve_command(arguments);
    case Verb::signal:
      return signal_command(arguments);
    case Verb::approvals:
      return approvals_command(arguments);
    case Verb::replay:
      return replay_command(arguments);
    case Verb::diff:
      return diff_command(arguments);
    case Verb::prune:
      return prune_command(arguments);
    case Verb::providers:
      return providers_command(arguments);
    case Verb::secret_list:
    case Verb::secret_remove:
    case Verb::secret_rotate:
    case Verb::secret_set:
      return secret_command(arguments);
    case Verb::sim:
      return sim_command(arguments);
    case Verb::hook:
      return hook_command(arguments);
    case Verb::schedule:
      return schedule_command(arguments);
    case Verb::config:
      return config_command(arguments);
    case Verb::version:
      return version_command(arguments);
  }
  return 2;
}

}  // namespace

int run_cli(int argc, char const* const* argv) {
  auto const parsed = parse_arguments(argc, argv);
  if (!parsed.arguments) {
    Console(parsed.exit_status == 0 ? stdout : stderr).write(parsed.text);
    return parsed.exit_status;
  }
  try {
    return dispatch(*parsed.arguments);
  } catch (std::exception const& fault) {
    Console(stderr).line(std::string("ropewalk: ") + fault.what());
    return 4;
  }
}

}  // namespace ropewalk::cli

#pragma once
// The commands: each takes the arguments and gives the exit status of the process.

#include "server/cli/arguments.hpp"

namespace ropewalk::cli {

int serve_command(Arguments const& arguments);
int run_command(Arguments const& arguments);

// Without a server (local_commands.cpp, config_command.cpp)
int validate_command(Arguments const& arguments);
int graph_command(Arguments const& arguments);
int eval_command(Arguments const& arguments);
int config_command(Arguments const& arguments);
int version_command(Arguments const& arguments);
/// providers, providers check (providers_command.cpp)
int providers_command(Arguments const& arguments);
int sim_command(Arguments const& arguments);

// Questions to a server (query_commands.cpp)
int ps_command(Arguments const& arguments);
int show_command(Arguments const& arguments);
int logs_command(Arguments const& arguments);
int why_command(Arguments const& arguments);

/// resolve TASK ACTION (control_commands.cpp)
int resolve_command(Arguments const& arguments);
// What is told to an execution (signal_commands.cpp)
int approve_command(Arguments const& arguments);
int signal_command(Arguments const& arguments);
int approvals_command(Arguments const& arguments);
// replay_command.cpp
int replay_command(Arguments const& arguments);
/// 0: equal, 1: they differ.
int diff_command(Arguments const& arguments);

/// cancel, pause, resume, retry (control_commands.cpp)
int control_command(Arguments const& arguments);
int prune_command(Arguments const& arguments);
/// secret set, list, rm, rotate (secret_command.cpp)
int secret_command(Arguments const& arguments);

/// schedule set, list, show, pause, resume, trigger, rm (schedule_command.cpp)
int schedule_command(Arguments const& arguments);
/// hook set, list, show, deliveries, rm (hook_command.cpp)
int hook_command(Arguments const& arguments);

/// Reads the command line and runs the command that it names.
int run_cli(int argc, char const* const* argv);

}  // namespace ropewalk::cli

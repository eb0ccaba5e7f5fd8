#pragma once
// The command line, read: one plain struct. CLI11 stays in arguments.cpp.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ropewalk::cli {

enum class Verb : unsigned char {
  serve,
  run,
  validate,
  graph,
  eval,
  ps,
  show,
  logs,
  why,
  cancel,
  pause,
  resume,
  resolve,
  retry,
  approve,
  signal,
  approvals,
  replay,
  diff,
  prune,
  providers,
  secret_list,
  secret_remove,
  secret_rotate,
  secret_set,
  sim,
  schedule,
  hook,
  config,
  version,
};

struct Arguments {
  Verb verb = Verb::version;

  // everywhere
  std::string server{};       // ROPEWALK_SERVER
  std::string data{};         // empty: not given
  std::string config_file{};  // empty: ./ropewalk.yaml if it is there
  bool json = false;
  std::map<std::string, std::string> config_flags{};  // by field name, as given

  std::vector<std::string> files{};      // run, graph, hook set (one), validate
  std::vector<std::string> inputs{};     // run, replay, schedule set: "name=value"
  std::string inputs_file{};             // run, schedule set
  std::string output{};                  // run: "task" or "task.path", printed at the end
  std::vector<std::string> labels{};     // run, ps, schedule set: "name=value"
  std::optional<int> priority{};         // run, schedule set
  bool watch = false;                    // run: live progress even where output is no terminal
  bool tokens = false;                   // run: the texts of tasks as they come
  std::string format = "mermaid";        // graph
  std::string expression{};              // eval
  std::string with_file{};               // eval
  bool all = false;                      // ps
  std::string status{};                  // ps
  std::string workflow{};                // ps, schedule set; replay: a file or a name
  std::uint32_t limit = 50;              // ps, approvals
  std::string execution{};               // of those that are about one
  std::string action{};                  // resolve
  std::string task{};                    // show, logs, why, approve, resolve
  std::string answer = "approve";        // approve
  std::string comment{};                 // approve
  std::string by{};                      // approve
  std::string signal{};                  // signal: its name
  std::string payload{};                 // signal: JSON
  std::string key{};                     // signal
  std::vector<std::string> from{};       // replay
  std::vector<std::string> variables{};  // replay: "name=value"
  std::string other{};                   // diff
  bool follow = false;                   // logs
  std::string older_than{};              // prune
  std::string costs_older_than{};        // prune; empty: costs are kept
  bool is_live = false;                  // providers --live
  std::string provider{};                // providers check
  std::string model{};                   // providers check

  std::string secret{};  // secret set, rm
  std::string subcommand{};                     // schedule, hook: "set", "list", …
  std::string trigger{};                        // schedule, hook: its name
  std::map<std::string, std::string> fields{};  // schedule set: of the definition, as given
  bool is_paused = false;                       // schedule set

  std::string listen = "127.0.0.1:0";         // sim
  std::optional<double> tokens_per_second{};  // sim
  std::string first_token_delay{};            // sim
  std::string fault{};                        // sim
  std::optional<std::int64_t> seed{};         // sim
  std::vector<std::string> allowed_hosts{};   // sim
};

/// Either arguments, or what to print and the exit status to end with (help, a mistake).
struct ParsedArguments {
  std::optional<Arguments> arguments{};
  int exit_status = 0;
  std::string text{};
};

ParsedArguments parse_arguments(int argc, char const* const* argv);

}  // namespace ropewalk::cli

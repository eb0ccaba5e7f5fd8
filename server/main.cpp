#include "providers/process/launcher_main.hpp"
#include "server/cli/commands.hpp"

int main(int argc, char** argv) {
  if (auto const status = ropewalk::run_launcher_if_asked(argc, argv)) return *status;
  return ropewalk::cli::run_cli(argc, argv);
}

#include "server/cli/remote.hpp"

#include "engine/base/ids.hpp"
#include "server/cli/console.hpp"
#include "server/cli/execution_text.hpp"

namespace ropewalk::cli {

int report(Error const& error) {
  Console(stderr).line(error_line(error));
  return exit_status_of(error);
}

Result<std::string> find_id(HttpClient const& client, std::string const& text) {
  if (auto const id = ExecutionId::parse(text)) return id->to_string();
  TRY(auto const recent, client.get("/v1/executions?limit=200"));
  return complete_id(text, items_of(recent));
}

}  // namespace ropewalk::cli

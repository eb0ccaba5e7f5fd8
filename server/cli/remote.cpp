#include "server/cli/remote.hpp"

#include "engine/base/ids.hpp"
#include "engine/base/json.hpp"
#include "server/cli/console.hpp"
#include "server/cli/execution_text.hpp"
#include "server/cli/run_view.hpp"

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

Result<json::array> list_all(HttpClient const& client, std::string const& target) {
  json::array out;
  std::string next;
  do {
    auto const page_target =
        target + "?limit=500" + (next.empty() ? "" : "&after=" + encode_component(next));
    TRY(auto const page, client.get(page_target));
    for (auto const& item : items_of(page)) out.push_back(item);
    auto const* object = page.if_object();
    next = object == nullptr ? std::string_view() : text_at(*object, "next");
  } while (!next.empty());
  return out;
}

}  // namespace ropewalk::cli

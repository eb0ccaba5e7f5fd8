#include "server/cli/definition.hpp"

#include "providers/ai/ai_types.hpp"
#include "providers/http/task/http_types.hpp"
#include "providers/process/process_types.hpp"
#include "server/child_runner.hpp"
#include "server/cli/settings.hpp"

#include <filesystem>
#include <system_error>

namespace ropewalk::cli {

TaskTypes const& all_task_types() {
  static TaskTypes const types = [] {
    TaskTypes out;
    register_process_types(out);
    register_ai_types(out);
    register_http_types(out);
    server::register_child_type(out);
    return out;
  }();
  return types;
}

Result<LoadedWorkflow> load_definition(std::string const& path) {
  TRY(auto const text, read_file(path));
  return load_workflow(text, all_task_types());
}

std::string folder_of(std::string const& path) {
  std::error_code ec;
  auto const absolute = std::filesystem::absolute(path, ec);
  return ec ? std::string() : absolute.lexically_normal().parent_path().string();
}

}  // namespace ropewalk::cli

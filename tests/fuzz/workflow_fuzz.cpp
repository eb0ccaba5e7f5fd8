// Workflow definitions in YAML and JSON. What loads must load again from its own document, to the
// same canonical text; what does not must say why.
#include "engine/model/warnings.hpp"
#include "engine/model/workflow.hpp"
#include "providers/ai/ai_types.hpp"
#include "providers/http/task/http_types.hpp"
#include "providers/process/process_types.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace {

using namespace ropewalk;

TaskTypes const& types() {
  static TaskTypes const all = [] {
    TaskTypes out;
    register_process_types(out);
    register_ai_types(out);
    register_http_types(out);
    return out;
  }();
  return all;
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  WorkflowLimits limits;
  limits.bytes_max = 64 * 1024;
  limits.tasks_max = 1000;
  limits.edges_max = 10'000;
  auto const loaded = load_workflow(fuzz::as_text(data, size), types(), limits);
  bool const is_refused =
      std::any_of(loaded.problems.begin(), loaded.problems.end(), [](Problem const& p) {
        return !is_warning(p);
      });
  fuzz::require((loaded.workflow == nullptr) == is_refused, "a workflow or its problems");
  for (auto const& problem : loaded.problems) {
    fuzz::require(!problem.code.empty() && !problem.message.empty(), "a problem says what it is");
    (void)to_line(problem, "input");
  }
  if (!loaded.workflow) return 0;
  limits.bytes_max = 1024 * 1024;
  auto const again = load_workflow(boost::json::value(loaded.workflow->document), types(), limits);
  for (auto const& problem : again.problems)
    std::fprintf(stderr, "%s\n", to_line(problem, "document").c_str());
  fuzz::require(again.workflow != nullptr, "a workflow's document loads again");
  fuzz::require(
      canonical_text(*again.workflow) == canonical_text(*loaded.workflow), "to the same text"
  );
  return 0;
}

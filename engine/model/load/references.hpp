#pragma once
// Compiles expressions and checks what they refer to: known names, tasks that exist, and that come
// before.
//
// Owner: the loader; one thread.

#include "engine/model/cel/template.hpp"
#include "engine/model/load/problems.hpp"
#include "engine/model/workflow.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ropewalk::load {

/// Where an expression stands, which decides what it may refer to.
struct Scope {
  static constexpr TaskIndex no_task = 0xffffffff;
  TaskIndex task = no_task;     // the task that it belongs to; none: an execution's beginning
  bool may_use_itself = false;  // failWhen looks at the task's own result
  bool is_of_list = false;      // for the whole list of a forEach: there is no item
  bool takes_secrets = false;   // ${{ secrets.NAME }} may stand here
};

class References {
 public:
  References(Workflow const& workflow, Problems& problems)
      : workflow_(workflow), problems_(problems) {}

  /// nullopt when it does not compile: then a problem was added. What it refers to is checked as
  /// well.
  std::optional<cel::Expression> compile(
      std::string_view source, Path const& path, Scope const& scope
  );
  /// Checks the names in an expression that stands in the string `content` at `path`.
  void check(
      cel::Expression const& expression,
      Path const& path,
      std::string_view content,
      Scope const& scope
  );
  /// The same of a template, and of the secrets that it names.
  void check(
      cel::Template const& text, Path const& path, std::string_view content, Scope const& scope
  );
  /// Every `${{ }}` in the strings of `value`, compiled and checked.
  void check_templates(json::value const& value, Path const& path, Scope const& scope);
  /// The problem of an expression or template that does not compile.
  void add_bad_expression(Error const& error, Path const& path, std::string_view content);

  std::string suggest_task(std::string_view id, std::string otherwise);
  /// To be called once the graph is there (and has no cycle): adds what is used by tasks that do
  /// not come after it.
  void check_order(Graph const& graph);

 private:
  /// `args` are there in called tasks only, `item` and `index` in those with forEach.
  void check_locals();
  struct Use {
    TaskIndex user = 0;
    TaskIndex used = 0;
    Steps steps{};
    TextPlace inside{};
    std::string content{};
  };
  struct Search;

  void add_secret_problem(
      Finding finding, Path const& path, std::string_view content, cel::Position position
  );
  void check_task(
      cel::Reference const& reference,
      Path const& path,
      std::string_view content,
      Scope const& scope
  );

  Workflow const& workflow_;
  Problems& problems_;
  std::vector<Use> uses_{};
  struct LocalUse {
    std::string name{};
    Scope scope{};
    Use use{};
  };
  std::vector<LocalUse> local_uses_{};        // which tasks are called is known last
  std::vector<std::string_view> task_ids_{};  // filled when the first suggestion is asked for
};

}  // namespace ropewalk::load

#include "engine/model/load/references.hpp"

#include "engine/base/text.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::load {
namespace {

constexpr std::array<std::string_view, 8> roots{
    "inputs", "variables", "tasks", "execution", "args", "item", "index", "secrets"};
constexpr std::string_view template_sign = "${{";

std::string quoted(std::string_view text) {
  return '"' + shorten(text, 60) + '"';
}

/// The place in a text that an error of an expression states.
std::optional<TextPlace> place_in(Error const& error) {
  auto const* detail = error.detail.if_object();
  if (!detail) return std::nullopt;
  auto const* line = detail->if_contains("line");
  auto const* column = detail->if_contains("column");
  if (!line || !column || !line->is_number() || !column->is_number()) return std::nullopt;
  return TextPlace{line->to_number<std::uint32_t>(), column->to_number<std::uint32_t>()};
}

}  // namespace

void References::add_bad_expression(
    Error const& error, Path const& path, std::string_view content
) {
  Finding finding{"bad_expression", error.message, error.hint};
  if (finding.hint.empty()) finding.hint = "expressions are CEL, like tasks.a.output.count > 7";
  finding.inside = place_in(error);
  finding.content = content;
  problems_.add(path, std::move(finding));
}

std::optional<cel::Expression> References::compile(
    std::string_view source, Path const& path, Scope const& scope
) {
  if (source.find(template_sign) != std::string_view::npos) {
    problems_.add(
        path,
        {"bad_expression",
         "`" + std::string(path.name) + "` is an expression by itself",
         "remove the ${{ and }} around it"}
    );
    return std::nullopt;
  }
  auto compiled = cel::Expression::compile(source);
  if (!compiled) {
    add_bad_expression(compiled.error(), path, source);
    return std::nullopt;
  }
  check(*compiled, path, source, scope);
  return std::move(*compiled);
}

void References::check(
    cel::Expression const& expression,
    Path const& path,
    std::string_view content,
    Scope const& scope
) {
  for (cel::Reference const& call : expression.unknown_functions()) {
    Finding finding{"unknown_function", "there is no function " + quoted(call.path.front())};
    if (call.path.size() > 1) finding.hint = "did you mean `" + call.path[1] + "`?";
    finding.inside = TextPlace{call.position.line, call.position.column};
    finding.content = content;
    problems_.add(path, std::move(finding));
  }
  for (cel::Reference const& reference : expression.variables()) {
    std::string const& root = reference.path.front();
    if (root == "tasks") {
      check_task(reference, path, content, scope);
      continue;
    }
    if (root == "secrets") {
      add_secret_problem(
          {"secret_in_expression", "a secret is no value that an expression can work with"},
          path,
          content,
          reference.position
      );
      continue;
    }
    if (root == "args" || root == "item" || root == "index")
      local_uses_.push_back(
          {root,
           scope,
           {scope.task,
            scope.task,
            steps_of(path),
            TextPlace{reference.position.line, reference.position.column},
            std::string(content)}}
      );
    if (std::ranges::find(roots, root) != roots.end()) continue;
    Finding finding{"unknown_name", "there is no name " + quoted(root)};
    finding.hint = problems_.suggest(
        root, roots, "known are inputs, variables, tasks, execution, args, item, index and secrets"
    );
    finding.inside = TextPlace{reference.position.line, reference.position.column};
    finding.content = content;
    problems_.add(path, std::move(finding));
  }
}

void References::check(
    cel::Template const& text, Path const& path, std::string_view content, Scope const& scope
) {
  for (cel::Expression const& expression : text.expressions())
    check(expression, path, content, scope);
  if (scope.takes_secrets) return;
  TaskType const* type = scope.task == Scope::no_task ? nullptr : workflow_.tasks[scope.task].type;
  std::string const why = type && !type->why_no_secrets.empty()
                              ? type->why_no_secrets
                              : "what stands here is stored and shown";
  for (auto const& use : text.secrets())
    add_secret_problem(
        {"secret_not_allowed", "the secret " + quoted(use.name) + " cannot stand here: " + why},
        path,
        content,
        use.position
    );
}

void References::add_secret_problem(
    Finding finding, Path const& path, std::string_view content, cel::Position position
) {
  finding.hint =
      "write ${{ secrets.NAME }} by itself, in env, stdin or the arguments of a command or script, "
      "or in "
      "the url, query, headers, body or auth of a request";
  finding.inside = TextPlace{position.line, position.column};
  finding.content = content;
  problems_.add(path, std::move(finding));
}

void References::check_task(
    cel::Reference const& reference, Path const& path, std::string_view content, Scope const& scope
) {
  TextPlace const inside{reference.position.line, reference.position.column};
  if (scope.task == Scope::no_task) {
    Finding finding{"not_upstream", "no task has run yet when this is evaluated"};
    finding.hint = "use inputs or variables here";
    finding.inside = inside;
    finding.content = content;
    return problems_.add(path, std::move(finding));
  }
  if (reference.path.size() < 2) return;  // tasks[name]: which one is only known when it runs
  std::string const& id = reference.path[1];
  auto const used = workflow_.find(id);
  if (!used) {
    Finding finding{"unknown_task", "there is no task " + quoted(id)};
    finding.hint = suggest_task(id, "add the task, or remove what refers to it");
    finding.inside = inside;
    finding.content = content;
    return problems_.add(path, std::move(finding));
  }
  if (scope.may_use_itself && *used == scope.task) return;
  uses_.push_back({scope.task, *used, steps_of(path), inside, std::string(content)});
}

void References::check_templates(json::value const& value, Path const& path, Scope const& scope) {
  if (auto const* list = value.if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i)
      check_templates((*list)[i], path.element(i), scope);
  } else if (auto const* object = value.if_object()) {
    for (auto const& member : *object)
      check_templates(member.value(), path.field(member.key()), scope);
  } else if (auto const* text = value.if_string()) {
    std::string_view const content = *text;
    if (content.find(template_sign) == std::string_view::npos) return;
    auto const compiled = cel::Template::compile(content);
    if (!compiled) return add_bad_expression(compiled.error(), path, content);
    check(*compiled, path, content, scope);
  }
}

std::string References::suggest_task(std::string_view id, std::string otherwise) {
  if (task_ids_.empty())
    for (TaskDef const& task : workflow_.tasks) task_ids_.push_back(task.id);
  return problems_.suggest(id, task_ids_, std::move(otherwise));
}

/// Walks from a task back through its dependencies, no further than the level of what is looked
/// for.
struct References::Search {
  explicit Search(Graph const& searched) : graph(searched), seen(searched.tasks_count(), 0) {}

  /// Marks all that come before `task` with a level of at least `level_min`. False when it would
  /// take too long.
  bool mark(TaskIndex task, std::uint32_t level_min) {
    ++round;
    waiting.assign(1, task);
    while (!waiting.empty()) {
      TaskIndex const at = waiting.back();
      waiting.pop_back();
      for (Edge const& edge : graph.dependencies(at)) {
        if (steps_left == 0) return false;
        --steps_left;
        if (seen[edge.from] == round) continue;
        seen[edge.from] = round;
        if (graph.levels()[edge.from] > level_min) waiting.push_back(edge.from);
      }
    }
    return true;
  }

  Graph const& graph;
  std::vector<std::uint32_t> seen;
  std::vector<TaskIndex> waiting{};
  std::uint32_t round = 0;
  std::size_t steps_left = 100'000'000;  // about a second; what is beyond shows when it runs
};

void References::check_locals() {
  for (auto& [name, scope, use] : local_uses_) {
    TaskDef const* task = scope.task == Scope::no_task ? nullptr : &workflow_.tasks[scope.task];
    bool const is_called = name == "args";
    if (task && (is_called ? task->is_template : task->for_each && !scope.is_of_list)) continue;
    Finding finding{"unknown_name"};
    if (is_called) {
      finding.message = "there are no args here: nothing calls this task";
      finding.hint = "only tasks that are named as tools have args; use inputs or tasks here";
    } else if (scope.is_of_list) {
      finding.message = "there is no " + name + " here: this is evaluated once, for the whole list";
      finding.hint = "leave items out by filter(): forEach: ${{ inputs.list.filter(x, x > 1) }}";
    } else {
      finding.message = "there is no " + name + " here: this task has no forEach";
      finding.hint = "add forEach, or use inputs or tasks";
    }
    finding.inside = use.inside;
    finding.content = std::move(use.content);
    problems_.add(std::move(use.steps), std::move(finding));
  }
  local_uses_.clear();
}

void References::check_order(Graph const& graph) {
  check_locals();
  if (graph.topological_order().empty()) return;
  std::ranges::stable_sort(uses_, {}, &Use::user);
  std::optional<Search> search;
  auto const& levels = graph.levels();
  for (std::size_t begin = 0, end = 0; begin < uses_.size(); begin = end) {
    TaskIndex const user = uses_[begin].user;
    std::uint32_t level_min = levels[user];
    for (end = begin; end < uses_.size() && uses_[end].user == user; ++end)
      level_min = std::min(level_min, levels[uses_[end].used]);
    if (!search) search.emplace(graph);
    if (!search->mark(user, level_min)) return;
    for (std::size_t i = begin; i < end; ++i) {
      Use& use = uses_[i];
      if (search->seen[use.used] == search->round) continue;
      TaskDef const& of_user = workflow_.tasks[user];
      bool const is_before = of_user.is_final && !workflow_.tasks[use.used].is_final;
      if (is_before) continue;
      std::string const& used = workflow_.tasks[use.used].id;
      Finding finding{
          "not_upstream",
          "task " + quoted(workflow_.tasks[user].id) + " uses the result of " + quoted(used) +
              ", but does not wait for it"};
      finding.hint = "add " + used + " to its `needs`";
      if (workflow_.tasks[use.used].is_final && !of_user.is_final)
        finding.hint = "tasks of `finally` run when all others have ended";
      if (use.used == user) finding.hint = "a task has no result before it has run";
      finding.inside = use.inside;
      finding.content = std::move(use.content);
      problems_.add(std::move(use.steps), std::move(finding));
    }
  }
}

}  // namespace ropewalk::load

// Macros: calls that the parser turns into loops, tests and bindings.

#include "engine/model/cel/parser.hpp"

#include <array>
#include <utility>

namespace ropewalk::cel {
namespace {

struct Macro {
  std::string_view name{};
  std::size_t arguments_count{};  // counting the receiver and the variables
  std::size_t variables_count{};
  NodeKind kind{};
};

constexpr std::array<Macro, 16> macros{{
    {"all", 3, 1, NodeKind::all},
    {"all", 4, 2, NodeKind::all},
    {"exists", 3, 1, NodeKind::exists},
    {"exists", 4, 2, NodeKind::exists},
    {"exists_one", 3, 1, NodeKind::exists_one},
    {"exists_one", 4, 2, NodeKind::exists_one},
    {"existsOne", 3, 1, NodeKind::exists_one},
    {"existsOne", 4, 2, NodeKind::exists_one},
    {"filter", 3, 1, NodeKind::filter},
    {"map", 3, 1, NodeKind::transform_list},
    {"map", 4, 1, NodeKind::transform_list},
    {"transformList", 4, 2, NodeKind::transform_list},
    {"transformList", 5, 2, NodeKind::transform_list},
    {"transformMap", 4, 2, NodeKind::transform_map},
    {"transformMap", 5, 2, NodeKind::transform_map},
    {"cel.bind", 3, 1, NodeKind::bind},
}};

Macro const* find_macro(Node const& call, bool& is_name_known) {
  for (Macro const& macro : macros) {
    if (macro.name != call.name) continue;
    is_name_known = true;
    if (macro.arguments_count == call.children.size()) return &macro;
  }
  return nullptr;
}

}  // namespace

Result<std::string> Parser::variable_name(Node const& node) {
  if (node.kind == NodeKind::identifier && !node.is_root_scope) return node.name;
  return fail_at(node.offset, bad_expression("expected the name of a variable here"));
}

Result<NodePtr> Parser::make_macro(Node& call) {
  if (call.name == "has") return make_has(call);
  if (call.name == "cel.bind" && call.children.size() == 3) return make_bind(call);
  bool is_name_known = false;
  Macro const* const macro = find_macro(call, is_name_known);
  if (macro == nullptr) {
    if (!is_name_known) return NodePtr();
    return fail_at(
        call.offset,
        bad_expression(
            call.name + " takes other arguments",
            "For example: list." + call.name + "(item, item > 0)."
        )
    );
  }
  TRY(auto name, variable_name(*call.children[1]));
  std::string second_name;
  if (macro->variables_count == 2) {
    TRY(second_name, variable_name(*call.children[2]));
    if (name == second_name) {
      return fail_at(
          call.children[2]->offset, bad_expression("expected two variables of different names")
      );
    }
  }
  auto const first_body = 1 + macro->variables_count;
  std::vector<NodePtr> children;
  children.push_back(std::move(call.children[0]));
  for (std::size_t index = first_body; index < call.children.size(); ++index) {
    children.push_back(std::move(call.children[index]));
  }
  TRY(auto node, make(macro->kind, call.offset, std::move(children)));
  node->name = std::move(name);
  node->second_name = std::move(second_name);
  return node;
}

Result<NodePtr> Parser::make_has(Node& call) {
  if (call.children.size() != 1 || call.children[0]->kind != NodeKind::select) {
    return fail_at(
        call.offset, bad_expression("expected a field in has()", "For example: has(inputs.name).")
    );
  }
  NodePtr selection = std::move(call.children[0]);
  selection->kind = NodeKind::has;
  return selection;
}

Result<NodePtr> Parser::make_bind(Node& call) {
  TRY(auto name, variable_name(*call.children[0]));
  TRY(auto node,
      make(
          NodeKind::bind,
          call.offset,
          children_of(std::move(call.children[1]), std::move(call.children[2]))
      ));
  node->name = std::move(name);
  return node;
}

}  // namespace ropewalk::cel

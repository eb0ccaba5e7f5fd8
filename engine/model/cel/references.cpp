#include "engine/model/cel/references.hpp"

#include "engine/model/cel/evaluator.hpp"

#include <algorithm>
#include <optional>

namespace ropewalk::cel {
namespace {

class VariableFinder {
 public:
  void visit(Node const& node) {
    if (auto path = static_path(node)) {
      found_.push_back(std::move(*path));
      return;
    }
    if (node.kind == NodeKind::identifier) return;
    bool const is_macro = node.kind >= NodeKind::all;
    for (std::size_t index = 0; index < node.children.size(); ++index) {
      bool const is_body = is_macro && index > 0;
      if (is_body) push_scope(node);
      visit(*node.children[index]);
      if (is_body) pop_scope(node);
    }
  }
  std::vector<NodeReference> take() { return std::move(found_); }

 private:
  // nullopt when `node` is no chain of fields that begins with a variable.
  std::optional<NodeReference> static_path(Node const& node) const {
    if (node.kind == NodeKind::identifier) {
      if (is_local(node) || type_named(node.name)) return std::nullopt;
      return NodeReference{{node.name}, node.offset};
    }
    bool const is_field = node.kind == NodeKind::select || node.kind == NodeKind::has;
    bool const is_literal_index = node.kind == NodeKind::index &&
                                  node.children[1]->kind == NodeKind::literal &&
                                  node.children[1]->value.is(Kind::string);
    if (!is_field && !is_literal_index) return std::nullopt;
    auto path = static_path(*node.children[0]);
    if (path) {
      path->path.emplace_back(
          is_field ? std::string_view(node.name) : node.children[1]->value.text()
      );
    }
    return path;
  }

  bool is_local(Node const& node) const {
    return !node.is_root_scope &&
           std::find(scope_.begin(), scope_.end(), node.name) != scope_.end();
  }
  void push_scope(Node const& macro) {
    scope_.push_back(macro.name);
    if (!macro.second_name.empty()) scope_.push_back(macro.second_name);
  }
  void pop_scope(Node const& macro) {
    scope_.resize(scope_.size() - (macro.second_name.empty() ? 1 : 2));
  }

  std::vector<std::string> scope_{};
  std::vector<NodeReference> found_{};
};

void collect_unknown_functions(Node const& node, std::vector<NodeReference>& found) {
  if (node.kind == NodeKind::call && node.function == nullptr) {
    NodeReference reference{{node.name}, node.offset};
    if (auto const similar = similar_function(node.name); !similar.empty()) {
      reference.path.emplace_back(similar);
    }
    found.push_back(std::move(reference));
  }
  for (NodePtr const& child : node.children) collect_unknown_functions(*child, found);
}

}  // namespace

std::vector<NodeReference> find_variables(Node const& root) {
  VariableFinder finder;
  finder.visit(root);
  return finder.take();
}

std::vector<NodeReference> find_unknown_functions(Node const& root) {
  std::vector<NodeReference> found;
  collect_unknown_functions(root, found);
  return found;
}

}  // namespace ropewalk::cel

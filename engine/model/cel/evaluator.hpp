#pragma once
// Walks the syntax tree with the variables of an activation, and pays for each step from the
// budget.
//
// Owner: one call of Expression::evaluate. Recursion is as deep as the tree, which the parser
// bounds.

#include "engine/model/cel/ast.hpp"
#include "engine/model/cel/expression.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace ropewalk::cel {

class Evaluator {
 public:
  Evaluator(Activation const& activation, Budget& budget)
      : activation_(activation), budget_(budget) {}

  /// Errors hold the offset of the node that failed: see take_offset().
  Result<Value> evaluate(Node const& node);

 private:
  struct Local {
    std::string_view name{};
    Value value{};
  };

  Result<Value> identifier(Node const& node);
  Result<Value> select(Node const& node);
  Result<Value> has(Node const& node);
  Result<Value> index(Node const& node);
  Result<Value> call(Node const& node);
  Result<Value> list(Node const& node);
  Result<Value> map(Node const& node);
  Result<Value> logical(Node const& node, bool absorbing);
  Result<Value> conditional(Node const& node);
  Result<Value> unary(Node const& node);
  Result<Value> binary(Node const& node);

  Result<Value> quantifier(Node const& node, bool absorbing);
  Result<Value> exists_one(Node const& node);
  Result<Value> filter(Node const& node);
  Result<Value> transform_list(Node const& node);
  Result<Value> transform_map(Node const& node);
  Result<Value> bind(Node const& node);

  /// Error expression_failed when the node's value is neither true nor false.
  Result<bool> truth(Node const& node);
  /// Calls visit(key, item) with the macro's variables in scope; it returns Result<bool>, false to
  /// stop.
  template <class Visit>
  Result<> for_each(Node const& macro, Visit visit);
  Result<> push_item(Node const& macro, Value const& range, Value const& key);

  Activation const& activation_;
  Budget& budget_;
  std::vector<Local> locals_{};
};

/// The type that an identifier names ("int", "list", …), if it does.
std::optional<Kind> type_named(std::string_view name);

/// Notes where an error came from, unless something further in did.
Error with_offset(Error error, std::size_t offset);
/// The offset that with_offset noted, removed from the error.
std::size_t take_offset(Error& error);

}  // namespace ropewalk::cel

#include "engine/model/cel/evaluator.hpp"

#include "engine/model/cel/operators.hpp"

#include <array>
#include <utility>

namespace ropewalk::cel {

std::optional<Kind> type_named(std::string_view name) {
  if (name.find('.') != std::string_view::npos) return std::nullopt;
  for (int index = 0; index <= static_cast<int>(Kind::type); ++index) {
    auto const kind = static_cast<Kind>(index);
    if (to_string(kind) == name) return kind;
  }
  return std::nullopt;
}

// The place of an error is looked up only when it leaves the expression: `||` may still absorb it.
Error with_offset(Error error, std::size_t offset) {
  if (error.detail.is_null()) error.detail = offset;
  return error;
}

std::size_t take_offset(Error& error) {
  auto const offset = error.detail.is_null() ? 0 : error.detail.to_number<std::size_t>();
  error.detail = nullptr;
  return offset;
}

Result<Value> Evaluator::evaluate(Node const& node) {
  if (!budget_.charge(1)) return with_offset(expression_too_costly(), node.offset);
  switch (node.kind) {
    case NodeKind::literal:
      return node.value;
    case NodeKind::identifier:
      return identifier(node);
    case NodeKind::select:
      return select(node);
    case NodeKind::has:
      return has(node);
    case NodeKind::index:
      return index(node);
    case NodeKind::call:
      return call(node);
    case NodeKind::list:
      return list(node);
    case NodeKind::map:
      return map(node);
    case NodeKind::logical_and:
      return logical(node, false);
    case NodeKind::logical_or:
      return logical(node, true);
    case NodeKind::conditional:
      return conditional(node);
    case NodeKind::unary:
      return unary(node);
    case NodeKind::binary:
      return binary(node);
    case NodeKind::all:
      return quantifier(node, false);
    case NodeKind::exists:
      return quantifier(node, true);
    case NodeKind::exists_one:
      return exists_one(node);
    case NodeKind::filter:
      return filter(node);
    case NodeKind::transform_list:
      return transform_list(node);
    case NodeKind::transform_map:
      return transform_map(node);
    case NodeKind::bind:
      return bind(node);
  }
  return expression_failed("unknown part of an expression");
}

Result<Value> Evaluator::identifier(Node const& node) {
  if (!node.is_root_scope) {
    for (auto local = locals_.rbegin(); local != locals_.rend(); ++local) {
      if (local->name == node.name) return local->value;
    }
  }
  if (auto value = activation_.lookup(node.name)) return std::move(*value);
  if (auto const type = type_named(node.name)) return Value(Type{*type});
  return with_offset(expression_failed("unknown variable: " + node.name), node.offset);
}

Result<Value> Evaluator::select(Node const& node) {
  TRY(auto const operand, evaluate(*node.children[0]));
  auto const* map = operand.get<Map>();
  if (map == nullptr) {
    return with_offset(
        expression_failed(
            "no field '" + node.name + "' in a value of type " +
            std::string(to_string(operand.kind()))
        ),
        node.offset
    );
  }
  if (auto found = map->find(std::string_view(node.name))) return std::move(*found);
  return with_offset(expression_failed("no such key: " + node.name), node.offset);
}

Result<Value> Evaluator::has(Node const& node) {
  TRY(auto const operand, evaluate(*node.children[0]));
  if (auto const* map = operand.get<Map>()) {
    return Value(map->find(std::string_view(node.name)).has_value());
  }
  return with_offset(
      expression_failed(
          "has() needs a map, not a value of type " + std::string(to_string(operand.kind()))
      ),
      node.offset
  );
}

Result<Value> Evaluator::index(Node const& node) {
  TRY(auto const operand, evaluate(*node.children[0]));
  TRY(auto const key, evaluate(*node.children[1]));
  auto result = element(operand, key);
  if (!result) return with_offset(result.error(), node.offset);
  return result;
}

Result<Value> Evaluator::call(Node const& node) {
  if (node.function == nullptr) {
    Error error = expression_failed("unknown function: " + node.name);
    if (auto const similar = similar_function(node.name); !similar.empty()) {
      error.hint = "Did you mean " + std::string(similar) + "?";
    }
    return with_offset(std::move(error), node.offset);
  }
  std::vector<Value> arguments;
  arguments.reserve(node.children.size());
  for (NodePtr const& child : node.children) {
    TRY(auto argument, evaluate(*child));
    arguments.push_back(std::move(argument));
  }
  auto result = node.function->function({node.name, arguments, budget_, node.regex.get()});
  if (!result) return with_offset(result.error(), node.offset);
  return result;
}

Result<Value> Evaluator::list(Node const& node) {
  std::vector<Value> items;
  items.reserve(node.children.size());
  for (NodePtr const& child : node.children) {
    TRY(auto item, evaluate(*child));
    items.push_back(std::move(item));
  }
  return checked_depth(Value(List(std::move(items))), budget_);
}

Result<Value> Evaluator::map(Node const& node) {
  std::vector<Map::Entry> entries;
  entries.reserve(node.children.size() / 2);
  for (std::size_t at = 0; at < node.children.size(); at += 2) {
    TRY(auto key, evaluate(*node.children[at]));
    TRY(auto value, evaluate(*node.children[at + 1]));
    entries.emplace_back(std::move(key), std::move(value));
  }
  auto result = make_map(std::move(entries), budget_);
  if (!result) return with_offset(result.error(), node.offset);
  return result;
}

// Errors on one side do not matter when the other side decides, whichever comes first.
Result<Value> Evaluator::logical(Node const& node, bool absorbing) {
  std::optional<Error> first_error;
  for (NodePtr const& child : node.children) {
    auto const operand = truth(*child);
    if (operand && *operand == absorbing) return Value(absorbing);
    if (operand) continue;
    if (is_too_costly(operand.error())) return operand.error();
    if (!first_error) first_error = operand.error();
  }
  if (first_error) return std::move(*first_error);
  return Value(!absorbing);
}

Result<Value> Evaluator::conditional(Node const& node) {
  TRY(bool const condition, truth(*node.children[0]));
  return evaluate(*node.children[condition ? 1 : 2]);
}

Result<bool> Evaluator::truth(Node const& node) {
  TRY(auto const value, evaluate(node));
  if (auto const* truth = value.get<bool>()) return *truth;
  return with_offset(
      expression_failed(
          "expected true or false, found a value of type " + std::string(to_string(value.kind()))
      ),
      node.offset
  );
}

Result<Value> Evaluator::unary(Node const& node) {
  TRY(auto const operand, evaluate(*node.children[0]));
  auto result = apply(node.operation, operand);
  if (!result) return with_offset(result.error(), node.offset);
  return result;
}

Result<Value> Evaluator::binary(Node const& node) {
  TRY(auto const left, evaluate(*node.children[0]));
  TRY(auto const right, evaluate(*node.children[1]));
  auto result = apply(node.operation, left, right, budget_);
  if (!result) return with_offset(result.error(), node.offset);
  return result;
}

}  // namespace ropewalk::cel

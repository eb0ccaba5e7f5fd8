// The evaluator's macros: loops over lists and maps, and cel.bind.

#include "engine/model/cel/evaluator.hpp"
#include "engine/model/cel/operators.hpp"

#include <utility>

namespace ropewalk::cel {

// Puts the macro's variables into scope: one variable is the item of a list or the key of a map;
// two are index and item, or key and value.
Result<> Evaluator::push_item(Node const& macro, Value const& range, Value const& key) {
  auto const* list = range.get<List>();
  auto const item = [&]() -> std::optional<Value> {
    if (list == nullptr) return range.as<Map>().find(key);
    return list->at(static_cast<std::size_t>(key.as<std::int64_t>()));
  };
  if (macro.second_name.empty()) {
    locals_.push_back({macro.name, list == nullptr ? key : *item()});
    return {};
  }
  auto second = item();
  if (!second) return expression_failed("a key went missing while the map was gone through");
  locals_.push_back({macro.name, key});
  locals_.push_back({macro.second_name, std::move(*second)});
  return {};
}

template <class Visit>
Result<> Evaluator::for_each(Node const& macro, Visit visit) {
  TRY(auto const range, evaluate(*macro.children[0]));
  auto const* list = range.get<List>();
  auto const* map = range.get<Map>();
  if (list == nullptr && map == nullptr) {
    return with_offset(
        expression_failed(
            "expected a list or map to go through, found a value of type " +
            std::string(to_string(range.kind()))
        ),
        macro.offset
    );
  }
  std::size_t const size = list != nullptr ? list->size() : map->size();
  if (map != nullptr && !budget_.charge(size)) {
    return with_offset(expression_too_costly(), macro.offset);
  }
  std::vector<Value> const keys = map != nullptr ? map->keys() : std::vector<Value>();
  std::size_t const scope = locals_.size();
  for (std::size_t at = 0; at < (map != nullptr ? keys.size() : size); ++at) {
    Value const key = map != nullptr ? keys[at] : Value(static_cast<std::int64_t>(at));
    if (!budget_.charge(1)) return with_offset(expression_too_costly(), macro.offset);
    if (auto pushed = push_item(macro, range, key); !pushed) return pushed.error();
    Result<bool> const goes_on = visit(key);
    locals_.resize(scope);
    if (!goes_on) return goes_on.error();
    if (!*goes_on) break;
  }
  return {};
}

Result<Value> Evaluator::quantifier(Node const& node, bool absorbing) {
  std::optional<Error> first_error;
  bool is_decided = false;
  auto gone = for_each(node, [&](Value const&) -> Result<bool> {
    auto const holds = truth(*node.children[1]);
    if (!holds && is_too_costly(holds.error())) return holds.error();
    if (!holds && !first_error) first_error = holds.error();
    is_decided = holds && *holds == absorbing;
    return !is_decided;
  });
  if (!gone) return gone.error();
  if (is_decided) return Value(absorbing);
  if (first_error) return std::move(*first_error);
  return Value(!absorbing);
}

Result<Value> Evaluator::exists_one(Node const& node) {
  std::size_t count = 0;
  auto gone = for_each(node, [&](Value const&) -> Result<bool> {
    TRY(bool const holds, truth(*node.children[1]));
    count += holds ? 1 : 0;
    return true;
  });
  if (!gone) return gone.error();
  return Value(count == 1);
}

Result<Value> Evaluator::filter(Node const& node) {
  std::vector<Value> kept;
  auto gone = for_each(node, [&](Value const&) -> Result<bool> {
    TRY(bool const holds, truth(*node.children[1]));
    if (holds) kept.push_back(locals_.back().value);
    return true;
  });
  if (!gone) return gone.error();
  return checked_depth(Value(List(std::move(kept))), budget_);
}

Result<Value> Evaluator::transform_list(Node const& node) {
  std::vector<Value> items;
  auto gone = for_each(node, [&](Value const&) -> Result<bool> {
    if (node.children.size() == 3) {
      TRY(bool const holds, truth(*node.children[1]));
      if (!holds) return true;
    }
    TRY(auto item, evaluate(*node.children.back()));
    items.push_back(std::move(item));
    return true;
  });
  if (!gone) return gone.error();
  return checked_depth(Value(List(std::move(items))), budget_);
}

Result<Value> Evaluator::transform_map(Node const& node) {
  std::vector<Map::Entry> entries;
  auto gone = for_each(node, [&](Value const& key) -> Result<bool> {
    if (node.children.size() == 3) {
      TRY(bool const holds, truth(*node.children[1]));
      if (!holds) return true;
    }
    TRY(auto value, evaluate(*node.children.back()));
    entries.emplace_back(key, std::move(value));
    return true;
  });
  if (!gone) return gone.error();
  return make_map(std::move(entries), budget_);
}

Result<Value> Evaluator::bind(Node const& node) {
  TRY(auto value, evaluate(*node.children[0]));
  locals_.push_back({node.name, std::move(value)});
  auto result = evaluate(*node.children[1]);
  locals_.pop_back();
  return result;
}

}  // namespace ropewalk::cel

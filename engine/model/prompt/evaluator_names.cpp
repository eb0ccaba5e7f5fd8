// Paths: what a name stands for.

#include "engine/base/text.hpp"
#include "engine/model/prompt/evaluator.hpp"
#include "engine/model/prompt/schema_shape.hpp"

namespace ropewalk::prompt {
namespace {

json::value const is_true = true;
json::value const is_false = false;

}  // namespace

/// What the caller's own data of that name would hide.
ScopedValue Evaluator::metadata() {
  if (metadata_ == nullptr && environment_.metadata) metadata_ = keep(environment_.metadata()).data;
  return {metadata_, nullptr, metadata_ == nullptr};
}

ScopedValue Evaluator::keep(json::value value) {
  kept_.push_front(std::move(value));
  return {&kept_.front()};
}

Result<Evaluator::Value> Evaluator::evaluate(Expression const& expression, Scope const& scope) {
  switch (expression.kind) {
    case ExpressionKind::undefined:
      return Value();
    case ExpressionKind::literal:
      return Value{&expression.literal};
    case ExpressionKind::path:
      return find(expression.path, expression.offset, scope);
    case ExpressionKind::call:
      return call(*expression.call, expression.offset, scope);
  }
  return Value();
}

Result<Evaluator::Value> Evaluator::find(
    Path const& path, std::uint32_t offset, Scope const& scope
) {
  if (path.is_plain && scope.context.data != nullptr && scope.context.data->is_object())
    return member(scope.context, path.parts.front(), offset, scope);
  std::size_t first = 0;
  Value value = scope.context;
  if (path.names_up >= 0) {
    Parameters const* parameters = scope.parameters;
    for (std::int32_t up = 0; up < path.names_up; ++up) parameters = parameters->outer;
    first = 1;
    value = path.name_index < 2 ? parameters->values[path.name_index] : Value();
  } else if (path.parts.empty() || path.parts.front().empty()) {
    first = path.parts.size();
  } else if (path.is_data) {
    return find_data(path, offset, scope);
  }
  if (path.names_up < 0 && path.depth > 0) {
    Depth const* depth = scope.depth;
    for (std::uint32_t i = 0; i < path.depth && depth != nullptr; ++i) depth = depth->outer;
    value = depth != nullptr ? depth->context : Value();
  }
  for (std::size_t i = first; i < path.parts.size(); ++i) {
    if (value.data != nullptr && value.data->is_null()) return value;
    if (value.data == nullptr && !is_strict_) return value;
    TRY(value, member(value, path.parts[i], offset, scope));
  }
  return value;
}

Result<Evaluator::Value> Evaluator::member(
    Value const& of, std::string_view name, std::uint32_t offset, Scope const& scope
) {
  if (of.data != nullptr) {
    if (Pointer const found = find_member(*of.data, name)) {
      if (!is_strict_) return Value{found};
      return Value{
          found, of.data->is_array() ? item_schema(of.schema) : member_schema(of.schema, name)};
    }
    if (name == "length")
      if (auto const length = find_length(*of.data)) return keep(*length);
    if (auto const* text = of.data->if_string())
      if (auto found = find_character({text->data(), text->size()}, name))
        return keep(json::string(*found));
  }
  return is_strict_ ? absent(of, name, offset, scope) : Value();
}

/// What the schema declares may be left out, unless it is required; what a closed one does not
/// declare is a slip of the hand.
Result<Evaluator::Value> Evaluator::absent(
    Value const& of, std::string_view name, std::uint32_t offset, Scope const& scope
) {
  std::string const shown = "\"" + shorten(name, 60) + "\"";
  if (is_declared(of.schema, name)) {
    if (of.data != nullptr && is_required(of.schema, name))
      return error_at(
          *scope.source,
          offset,
          "undefined_name",
          shown + " is required by the input schema, and not given"
      );
    return Value{nullptr, member_schema(of.schema, name)};
  }
  if (!is_closed(of.schema)) return Value{nullptr, member_schema(of.schema, name), true};
  std::vector<std::string_view> const names = declared_names(of.schema);
  std::string hint = did_you_mean(name, names);
  if (hint.empty()) hint = "declare it in input.schema";
  return error_at(
      *scope.source,
      offset,
      "undefined_name",
      shown + " is not declared by the input schema",
      std::move(hint)
  );
}

Result<Evaluator::Value> Evaluator::given(
    Value const& value, Expression const& from, Scope const& scope
) {
  if (!value.is_missing || !is_strict_) return value;
  return error_at(
      *scope.source,
      from.offset,
      "undefined_name",
      "\"" + shorten(from.path.original, 60) + "\" is not there",
      "give it, declare it in input.schema, or ask for it first with {{#if}}"
  );
}

std::optional<Evaluator::Value> Evaluator::find_in_frame(
    Frame const* frame, std::string_view name
) {
  for (; frame != nullptr; frame = frame->outer) {
    if (!frame->is_loop) continue;
    if (name == "index" || (name == "key" && !frame->key)) return Value{&frame->index};
    if (name == "key") return keep(json::string(*frame->key));
    if (name == "first") return Value{frame->is_first ? &is_true : &is_false};
    if (name == "last") return Value{frame->is_last ? &is_true : &is_false};
  }
  return std::nullopt;
}

Result<Evaluator::Value> Evaluator::find_data(
    Path const& path, std::uint32_t offset, Scope const& scope
) {
  Frame const* frame = scope.frame;
  std::uint32_t up = path.depth;
  for (; up > 0 && frame != nullptr; --up) frame = frame->outer;
  // Beyond the outermost there is what the caller gave, and beyond that nothing.
  if (up > 0) return Value{nullptr, nullptr, true};
  std::string_view const name = path.parts.front();
  Value value;
  if (auto const found = find_in_frame(frame, name)) {
    value = *found;
  } else if (name == "root" && frame != nullptr) {
    value = {&environment_.input, environment_.schema};
  } else {
    value.data = environment_.data.if_contains(name);
    value.is_missing = value.data == nullptr;
    if (value.is_missing && name == "metadata") value = metadata();
  }
  for (std::size_t i = 1; i < path.parts.size(); ++i) {
    if (!is_truthy(value.data)) return value;
    TRY(value, member(value, path.parts[i], offset, scope));
  }
  return value;
}

}  // namespace ropewalk::prompt

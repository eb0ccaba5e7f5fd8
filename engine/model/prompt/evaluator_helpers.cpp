// The helpers of Handlebars and of dotprompt.

#include "engine/base/text.hpp"
#include "engine/model/prompt/evaluator.hpp"
#include "engine/model/prompt/schema_shape.hpp"

namespace ropewalk::prompt {
namespace {

Expression const* named(Call const& call, std::string_view name) {
  for (NamedArgument const& argument : call.named)
    if (argument.name == name) return &argument.value;
  return nullptr;
}

}  // namespace

/// What a block that changes no context is rendered with.
Evaluator::Value Evaluator::as_this(Scope const& scope) const {
  return is_nothing(scope.context.data) ? Value{&nothing_, scope.context.schema} : scope.context;
}

Result<void> Evaluator::render_condition(Node const& node, Scope const& scope, bool is_true) {
  Program const* program = (is_true ? node.program : node.inverse).get();
  return enter(program, scope, as_this(scope), scope.frame);
}

Result<bool> Evaluator::is_condition_true(Call const& call, Scope const& scope) {
  Expression const& asked = call.arguments[0];
  Value condition;
  if (asked.kind == ExpressionKind::path) condition.data = find_quickly(asked.path, scope);
  if (condition.data == nullptr) {
    TRY(condition, evaluate(asked, scope));
  }
  bool includes_zero = false;
  if (Expression const* argument = named(call, "includeZero")) {
    TRY(Value const flag, evaluate(*argument, scope));
    includes_zero = is_truthy(flag.data);
  }
  return includes_zero ? !is_empty(condition.data)
                       : is_truthy(condition.data) && !is_empty(condition.data);
}

Result<bool> Evaluator::are_equal(Call const& call, Scope const& scope) {
  TRY(Value const left, evaluate(call.arguments[0], scope));
  TRY(Value const right, evaluate(call.arguments[1], scope));
  return is_same(left.data, right.data);
}

Result<void> Evaluator::render_block(Node const& node, Scope const& scope) {
  Call const& call = node.call;
  switch (call.helper) {
    case Helper::if_:
    case Helper::unless: {
      TRY(bool const is_true, is_condition_true(call, scope));
      return render_condition(node, scope, is_true == (call.helper == Helper::if_));
    }
    case Helper::if_equals:
    case Helper::unless_equals: {
      TRY(bool const is_equal, are_equal(call, scope));
      return render_condition(node, scope, is_equal == (call.helper == Helper::if_equals));
    }
    case Helper::each: {
      TRY(Value const items, evaluate(call.arguments[0], scope));
      return render_each(node, scope, items);
    }
    case Helper::with: {
      TRY(Value const context, evaluate(call.arguments[0], scope));
      if (is_empty(context.data)) return render_condition(node, scope, false);
      std::array<Value, 2> const values{context};
      return enter(node.program.get(), scope, context, scope.frame, &values);
    }
    case Helper::raw:
      return render_condition(node, scope, true);
    default:
      return render_section(node, scope);
  }
}

/// {{#name}}: as a condition, a loop or a context, whichever the value asks for.
Result<void> Evaluator::render_section(Node const& node, Scope const& scope) {
  Expression const& callee = node.call.callee;
  TRY(Value const value, find(callee.path, callee.offset, scope));
  auto const* truth = value.data != nullptr ? value.data->if_bool() : nullptr;
  if (truth != nullptr || is_nothing(value.data)) {
    bool const is_true = truth != nullptr && *truth;
    Program const* program = (is_true ? node.program : node.inverse).get();
    return enter(program, scope, scope.context, scope.frame);
  }
  auto const* list = value.data->if_array();
  if (list != nullptr && list->empty())
    return enter(node.inverse.get(), scope, scope.context, scope.frame);
  if (list != nullptr) return render_each(node, scope, value);
  return enter(node.program.get(), scope, value, scope.frame);
}

Result<void> Evaluator::render_each(Node const& node, Scope const& scope, Value const& items) {
  auto const* list = items.data != nullptr ? items.data->if_array() : nullptr;
  auto const* object = items.data != nullptr ? items.data->if_object() : nullptr;
  std::size_t const count = list != nullptr ? list->size() : object != nullptr ? object->size() : 0;
  if (count == 0) return render_condition(node, scope, false);
  Frame frame;
  frame.outer = scope.frame;
  frame.is_loop = true;
  Pointer const of_items = is_strict_ ? item_schema(items.schema) : nullptr;
  bool const has_names = node.program && !node.program->names.empty();
  for (std::size_t i = 0; i < count; ++i) {
    if (auto paid = charge(1, scope, node.offset); !paid) return paid;
    frame.index = static_cast<std::int64_t>(i);
    frame.is_first = i == 0;
    frame.is_last = i + 1 == count;
    Value item{nullptr, of_items};
    if (list != nullptr) {
      item.data = &(*list)[i];
    } else {
      auto const& member = object->begin()[static_cast<std::ptrdiff_t>(i)];
      frame.key = member.key();
      item.data = &member.value();
      item.schema = is_strict_ ? member_schema(items.schema, member.key()) : nullptr;
    }
    std::array<Value, 2> values{};
    if (has_names)
      values = {item, frame.key ? keep(json::string(*frame.key)) : Value{&frame.index}};
    if (auto done = enter(node.program.get(), scope, item, &frame, has_names ? &values : nullptr);
        !done)
      return done;
  }
  return {};
}

Result<Evaluator::Value> Evaluator::call(
    Call const& call, std::uint32_t offset, Scope const& scope
) {
  return call.helper == Helper::json ? print_json(call, offset, scope)
                                     : lookup(call, offset, scope);
}

Result<Evaluator::Value> Evaluator::lookup(
    Call const& call, std::uint32_t offset, Scope const& scope
) {
  TRY(Value const of, evaluate(call.arguments[0], scope));
  TRY(Value const key, evaluate(call.arguments[1], scope));
  if (!is_truthy(of.data)) return of;
  std::string name;
  if (is_nothing(key.data))
    name = key.data == nullptr ? "undefined" : "null";
  else
    append_text(key.data, name);
  if (auto paid = charge(name.size() / 64, scope, offset); !paid) return paid.error();
  return member(of, name, offset, scope);
}

/// An indent of up to ten blanks, or a text of up to ten characters, as JSON.stringify takes it.
Result<Evaluator::Value> Evaluator::print_json(
    Call const& call, std::uint32_t offset, Scope const& scope
) {
  TRY(Value found, evaluate(call.arguments[0], scope));
  TRY(Value const value, given(found, call.arguments[0], scope));
  std::string indent;
  if (Expression const* argument = named(call, "indent")) {
    TRY(Value const wanted, evaluate(*argument, scope));
    if (wanted.data != nullptr && wanted.data->is_number())
      indent.assign(
          static_cast<std::size_t>(std::clamp(wanted.data->to_number<double>(), 0.0, 10.0)), ' '
      );
    else if (auto const* text = wanted.data != nullptr ? wanted.data->if_string() : nullptr)
      indent = std::string_view(*text).substr(0, 10);
  }
  std::string out;
  std::size_t const room = limits_.output_bytes_max;
  if (value.data == nullptr)
    out = "null";
  else if (!append_json(*value.data, indent, room, out))
    return error_at(
        *scope.source,
        offset,
        "bad_value",
        "the value is too deep or too long to be written as JSON"
    );
  if (auto paid = charge(1 + out.size() / 64, scope, offset); !paid) return paid.error();
  return keep(json::string(out));
}

Result<void> Evaluator::write_mark(Call const& call, Scope const& scope) {
  if (call.helper == Helper::history) {
    out_.mark({MarkKind::history});
    return {};
  }
  // The resolver has made sure that it is a text of the template.
  auto const& name = call.arguments.at(0).literal.get_string();
  MarkKind const kind = call.helper == Helper::role ? MarkKind::role : MarkKind::section;
  out_.mark({kind, std::string(name)});
  return charge(1, scope, call.callee.offset);
}

Result<void> Evaluator::write_media(Call const& call, Scope const& scope) {
  Mark mark{MarkKind::media};
  for (NamedArgument const& argument : call.named) {
    TRY(Value const found, evaluate(argument.value, scope));
    bool const is_url = argument.name == "url";
    auto const* text = found.data != nullptr ? found.data->if_string() : nullptr;
    if (text == nullptr && !is_url && is_nothing(found.data)) continue;
    if (text == nullptr || text->empty())
      return error_at(
          *scope.source,
          argument.offset,
          "bad_value",
          "\"" + argument.name + "\" of a media part is no text",
          "show it only if it is given: {{#if link}}{{media url=link}}{{/if}}"
      );
    (is_url ? mark.name : mark.content_type) = *text;
  }
  if (auto paid = charge(1 + mark.name.size() / 64, scope, call.callee.offset); !paid) return paid;
  media_bytes_ += mark.name.size();
  if (media_bytes_ > limits_.output_bytes_max)
    return error_at(
        *scope.source, call.callee.offset, "prompt_too_costly", "the media parts are too long"
    );
  out_.mark(std::move(mark));
  return {};
}

}  // namespace ropewalk::prompt

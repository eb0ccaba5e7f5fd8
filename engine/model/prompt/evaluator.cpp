#include "engine/model/prompt/evaluator.hpp"

#include "engine/base/text.hpp"

namespace ropewalk::prompt {

Result<Output> Evaluator::run(Template const& root) {
  Depth const depth{{&environment_.input, environment_.schema}};
  Frame const frame;
  Scope scope;
  scope.context = depth.context;
  scope.depth = &depth;
  scope.frame = &frame;
  scope.source = &root.source();
  out_.expect(root.size());
  if (auto done = render(root.program(), scope, nullptr); !done) return done.error();
  return std::move(out_);
}

Error Evaluator::too_costly(Scope const& scope, std::uint32_t offset) {
  steps_left_ = 0;
  std::string const what =
      out_.text().size() > limits_.output_bytes_max
          ? "the prompt becomes longer than " + std::to_string(limits_.output_bytes_max) + " bytes"
          : "the prompt takes more than " + std::to_string(limits_.steps_max) + " steps";
  return error_at(*scope.source, offset, "prompt_too_costly", what, "give less, or loop over less");
}

/// One program in its scope. Its inline partials hold everywhere in it.
Result<void> Evaluator::render(Program const& program, Scope const& scope, Depth const* written) {
  if (!program.has_inline_partials) return render_body(program, scope);
  InlinePartials partials{&program, scope, scope.partials};
  partials.scope.partials = &partials;
  partials.scope.depth = written;
  Scope inner = scope;
  inner.partials = &partials;
  return render_body(program, inner);
}

Result<void> Evaluator::render_body(Program const& program, Scope const& scope) {
  if (program.body.empty()) return {};
  auto paid = charge(program.body.size(), scope, program.body.front().offset);
  if (!paid) return paid;
  for (Node const& node : program.body) {
    if (node.kind == NodeKind::content) {
      out_.write(node.text);
      continue;
    }
    if (auto done = render_node(node, scope); !done) return done;
  }
  return {};
}

Result<void> Evaluator::enter(
    Program const* program,
    Scope const& closure,
    Value const& context,
    Frame const* frame,
    std::array<Value, 2> const* values
) {
  if (program == nullptr) return {};
  if (depth_ == limits_.depth_max)
    return too_deep(closure, program->body.empty() ? 0 : program->body.front().offset);
  ++depth_;
  Scope scope = closure;
  scope.context = context;
  scope.frame = frame;
  Depth const depth{context, closure.depth};
  Pointer const here = closure.depth != nullptr ? closure.depth->context.data : nullptr;
  bool const is_placeholder = context.data == &nothing_ && here != nullptr && here->is_null();
  if (!is_similar(context.data, here) && !is_placeholder) scope.depth = &depth;
  Parameters parameters;
  if (!program->names.empty()) {
    parameters.names = &program->names;
    parameters.outer = closure.parameters;
    if (values != nullptr) parameters.values = *values;
    scope.parameters = &parameters;
  }
  auto done = render(*program, scope, closure.depth);
  --depth_;
  return done;
}

Result<void> Evaluator::render_node(Node const& node, Scope const& scope) {
  switch (node.kind) {
    case NodeKind::content:
    case NodeKind::comment:
    case NodeKind::inline_partial:
      return {};
    case NodeKind::mustache:
      return render_mustache(node, scope);
    case NodeKind::block:
      return render_block(node, scope);
    case NodeKind::partial:
    case NodeKind::partial_block:
      return render_partial(node, scope);
  }
  return {};
}

Result<void> Evaluator::render_mustache(Node const& node, Scope const& scope) {
  Expression const& callee = node.call.callee;
  switch (node.call.helper) {
    case Helper::none: {
      Pointer const found = find_quickly(callee.path, scope);
      if (found != nullptr && found->is_string()) return insert_text(*found, callee, scope);
      if (found != nullptr) return insert({found}, callee, scope);
      TRY(Value const value, find(callee.path, callee.offset, scope));
      return insert(value, callee, scope);
    }
    case Helper::role:
    case Helper::history:
    case Helper::section:
      return write_mark(node.call, scope);
    case Helper::media:
      return write_media(node.call, scope);
    default: {
      TRY(Value const value, call(node.call, callee.offset, scope));
      return insert(value, callee, scope);
    }
  }
}

/// By far the most names: a field of the context, and @index. nullptr when it is anything else.
Pointer Evaluator::find_quickly(Path const& path, Scope const& scope) {
  if (path.is_index) return scope.frame->is_loop ? &scope.frame->index : nullptr;
  if (!path.is_plain || scope.context.data == nullptr) return nullptr;
  auto const* object = scope.context.data->if_object();
  return object != nullptr ? find_field(*object, path.parts.front()) : nullptr;
}

Result<void> Evaluator::insert_text(
    json::value const& value, Expression const& from, Scope const& scope
) {
  auto const& text = value.get_string();
  std::size_t const begin = out_.text().size();
  out_.text().append(text.data(), text.size());
  out_.wrote_value(begin, *scope.source, from.offset);
  return text.size() < 64 ? Result<void>() : charge(text.size() / 64, scope, from.offset);
}

/// Once, as it is; nothing looks at it again.
Result<void> Evaluator::insert(Value const& value, Expression const& from, Scope const& scope) {
  if (is_strict_) {
    if (auto checked = given(value, from, scope); !checked) return checked.error();
    if (value.data != nullptr && value.data->is_object())
      return error_at(
          *scope.source,
          from.offset,
          "bad_value",
          "\"" + shorten(from.path.original, 60) + "\" is an object, which has no text",
          "write {{json " + shorten(from.path.original, 60) + "}}, or name a field of it"
      );
  }
  std::size_t const begin = out_.text().size();
  if (!append_text(value.data, out_.text()))
    return error_at(*scope.source, from.offset, "bad_value", "the value nests too deep");
  std::size_t const size = out_.text().size() - begin;
  out_.wrote_value(begin, *scope.source, from.offset);
  return size < 64 ? Result<void>() : charge(size / 64, scope, from.offset);
}

}  // namespace ropewalk::prompt

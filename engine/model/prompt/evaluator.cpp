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
  if (auto done = render(root.program(), scope, nullptr); !done) return done.error();
  return std::move(out_);
}

Result<void> Evaluator::charge(std::uint64_t steps, Scope const& scope, std::uint32_t offset) {
  bool const is_long = out_.text().size() > limits_.output_bytes_max;
  if (steps <= steps_left_ && !is_long) {
    steps_left_ -= steps;
    return {};
  }
  steps_left_ = 0;
  std::string const what =
      is_long
          ? "the prompt becomes longer than " + std::to_string(limits_.output_bytes_max) + " bytes"
          : "the prompt takes more than " + std::to_string(limits_.steps_max) + " steps";
  return error_at(*scope.source, offset, "prompt_too_costly", what, "give less, or loop over less");
}

/// One program in its scope. Its inline partials hold everywhere in it.
Result<void> Evaluator::render(Program const& program, Scope const& scope, Depth const* written) {
  if (!program.has_inline_partials) {
    for (Node const& node : program.body)
      if (auto done = render_node(node, scope); !done) return done;
    return {};
  }
  InlinePartials partials{&program, scope, scope.partials};
  partials.scope.partials = &partials;
  partials.scope.depth = written;
  Scope inner = scope;
  inner.partials = &partials;
  for (Node const& node : program.body)
    if (auto done = render_node(node, inner); !done) return done;
  return {};
}

Result<void> Evaluator::enter(
    Program const* program,
    Scope const& closure,
    Value const& context,
    Frame const* frame,
    std::array<Value, 2> const& values
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
  Parameters const parameters{&program->names, values, closure.parameters};
  if (!program->names.empty()) scope.parameters = &parameters;
  auto done = render(*program, scope, closure.depth);
  --depth_;
  return done;
}

Result<void> Evaluator::render_node(Node const& node, Scope const& scope) {
  if (auto paid = charge(1, scope, node.offset); !paid) return paid;
  switch (node.kind) {
    case NodeKind::content:
      out_.write(node.text);
      return {};
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
  out_.wrote_since(begin, {scope.source, from.offset, from.path.original});
  return size < 64 ? Result<void>() : charge(size / 64, scope, from.offset);
}

}  // namespace ropewalk::prompt

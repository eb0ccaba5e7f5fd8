// Partials: files, inline ones, and the blocks that are given to them.

#include "engine/base/text.hpp"
#include "engine/model/prompt/evaluator.hpp"

#include <algorithm>

namespace ropewalk::prompt {

namespace {

/// What JavaScript copies out of a value: the members, elements or characters.
json::object fields_of(Pointer value) {
  json::object out;
  if (value == nullptr) return out;
  if (auto const* object = value->if_object()) return *object;
  if (auto const* list = value->if_array())
    for (std::size_t i = 0; i < list->size(); ++i) out[std::to_string(i)] = (*list)[i];
  if (auto const* text = value->if_string()) {
    std::string_view const characters(text->data(), text->size());
    std::size_t unit = 0;
    for (std::size_t at = 0; at < characters.size();) {
      std::size_t const bytes = std::max<std::size_t>(1, utf8_sequence_size(characters, at));
      bool const is_pair = bytes == 4;
      for (int i = 0; i < (is_pair ? 2 : 1); ++i)
        out[std::to_string(unit++)] = is_pair ? "\xEF\xBF\xBD" : characters.substr(at, bytes);
      at += bytes;
    }
  }
  return out;
}

}  // namespace

/// The given context or the one here, with the named arguments over it.
Result<Evaluator::Value> Evaluator::partial_context(Node const& node, Scope const& scope) {
  Value context = scope.context;
  if (!node.call.arguments.empty()) {
    TRY(Value const found, evaluate(node.call.arguments[0], scope));
    TRY(context, given(found, node.call.arguments[0], scope));
  }
  if (node.call.named.empty()) return context;
  std::size_t size =
      context.data != nullptr ? text_size(*context.data, limits_.output_bytes_max) : 0;
  json::object merged = fields_of(context.data);
  // From the last to the first, as Handlebars does: of two with one name the first holds.
  for (auto at = node.call.named.rbegin(); at != node.call.named.rend(); ++at) {
    NamedArgument const& argument = *at;
    TRY(Value const found, evaluate(argument.value, scope));
    TRY(Value const value, given(found, argument.value, scope));
    if (value.data != nullptr) size += text_size(*value.data, limits_.output_bytes_max);
    if (value.data != nullptr)
      merged[argument.name] = *value.data;
    else if (is_strict_)
      merged[argument.name] = nullptr;  // given, and so declared
    else
      merged.stable_erase(argument.name);  // as if not given
  }
  if (auto paid = charge(1 + size / 64, scope, node.offset); !paid) return paid.error();
  Value out = keep(std::move(merged));
  out.schema = context.schema;
  return out;
}

Error Evaluator::unknown_partial(Node const& node, Scope const& scope) const {
  std::vector<std::string_view> names;
  for (auto const& [name, partial] : environment_.partials) names.push_back(name);
  std::string hint = did_you_mean(node.name, names);
  if (hint.empty()) hint = "partials are files named _" + shorten(node.name, 60) + ".prompt";
  return error_at(
      *scope.source,
      node.offset,
      "unknown_partial",
      "there is no partial \"" + shorten(node.name, 60) + "\"",
      std::move(hint)
  );
}

/// Names the cycle, when partials have led here.
Error Evaluator::too_deep(Scope const& scope, std::uint32_t offset) const {
  std::string message = "blocks and partials nest deeper than " + std::to_string(limits_.depth_max);
  if (!open_partials_.empty()) {
    std::string_view const last = open_partials_.back();
    auto const before = std::find(open_partials_.rbegin() + 1, open_partials_.rend(), last);
    if (before != open_partials_.rend()) {
      message = "partials include each other without an end: ";
      for (auto at = before.base() - 1; at != open_partials_.end(); ++at)
        message += (at == before.base() - 1 ? "" : " → ") + std::string(*at);
      return error_at(*scope.source, offset, "partial_cycle", message, "end it with an {{#if}}");
    }
  }
  return error_at(*scope.source, offset, "prompt_too_costly", message);
}

Result<void> Evaluator::render_partial(Node const& node, Scope const& scope) {
  TRY(Value const context, partial_context(node, scope));
  if (depth_ == limits_.depth_max) return too_deep(scope, node.offset);
  ++depth_;
  Output::Place const before = out_.place();
  PartialCall call{node, scope, context, scope.frame, scope.partials};
  Frame frame;
  Block block;
  InlinePartials partials;
  if (node.program) {
    block = {node.program.get(), scope, nullptr, true};
    for (Frame const* outer = scope.frame; outer != nullptr; outer = outer->outer) {
      if (!outer->has_block) continue;
      block.outer = outer->block;
      break;
    }
    frame.outer = scope.frame;
    frame.has_block = true;
    frame.block = &block;
    call.frame = &frame;
    if (node.program->has_inline_partials) {
      partials = {node.program.get(), scope, scope.partials};
      partials.scope.partials = &partials;
      call.partials = &partials;
    }
  }
  auto done = render_partial_in(call);
  --depth_;
  if (!done || node.indent.empty()) return done;
  out_.indent_since(before, node.indent);
  return charge(1, scope, node.offset);
}

Result<void> Evaluator::render_partial_in(PartialCall const& call) {
  if (call.node.name == "@partial-block") {
    for (Frame const* frame = call.scope.frame; frame != nullptr; frame = frame->outer) {
      if (!frame->has_block) continue;
      if (frame->block != nullptr) return render_block_of(call, *frame->block);
      break;
    }
  } else {
    TRY(bool const is_inline, render_inline(call));
    if (is_inline) return {};
    auto const found = environment_.partials.find(call.node.name);
    if (found != environment_.partials.end()) return render_file(call, found->second);
  }
  // What is given to a partial that is not there is shown in its place.
  if (call.node.program) return render_block_of(call, *call.frame->block);
  return unknown_partial(call.node, call.scope);
}

/// The block sees the outer @partial-block, not itself.
Result<void> Evaluator::render_block_of(PartialCall const& call, Block const& block) {
  Frame frame;
  frame.outer = call.frame;
  frame.has_block = true;
  frame.block = block.outer;
  return enter(block.program, block.scope, call.context, &frame);
}

Result<bool> Evaluator::render_inline(PartialCall const& call) {
  for (auto const* partials = call.scope.partials; partials != nullptr;
       partials = partials->outer) {
    Node const* found = nullptr;  // the last one of a name holds
    for (Node const& node : partials->program->body)
      if (node.kind == NodeKind::inline_partial && node.name == call.node.name) found = &node;
    if (found == nullptr) continue;
    open_partials_.push_back(found->name);
    auto const done = enter(found->program.get(), partials->scope, call.context, call.frame);
    open_partials_.pop_back();
    if (!done) return done.error();
    return true;
  }
  return false;
}

/// A file begins anew: no ../ and no block parameters lead out of it.
Result<void> Evaluator::render_file(PartialCall const& call, Template const& partial) {
  Depth const depth{call.context};
  Scope scope;
  scope.context = call.context;
  scope.depth = &depth;
  scope.frame = call.frame;
  scope.partials = call.partials;
  scope.source = &partial.source();
  open_partials_.push_back(call.node.name);
  auto done = render(partial.program(), scope, nullptr);
  open_partials_.pop_back();
  return done;
}

}  // namespace ropewalk::prompt

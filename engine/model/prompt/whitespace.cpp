#include "engine/model/prompt/whitespace.hpp"

#include "engine/model/prompt/characters.hpp"

#include <optional>

namespace ropewalk::prompt {
namespace {

using Body = std::vector<Node>;

/// What a tag asks of the text around it.
struct Wish {
  Strip strip{};
  bool opens_alone = false;   // its opening tag stands alone, as far as its inside tells
  bool closes_alone = false;  // its closing tag does
  bool is_alone = false;      // a tag without inside
};

bool has_line_end(std::string_view blanks) {
  return blanks.find('\n') != std::string_view::npos;
}

/// Whether the line before the node at `at` holds nothing but blanks. Only the root's first text
/// may do without a line end.
bool is_blank_before(Body const& body, std::size_t at, bool is_root) {
  if (at == 0) return is_root;
  Node const& before = body[at - 1];
  if (before.kind != NodeKind::content) return false;
  std::size_t const blanks = blanks_after(before.original);
  if (has_line_end(before.original.substr(before.original.size() - blanks))) return true;
  return at == 1 && is_root && blanks == before.original.size();
}

bool is_blank_after(Body const& body, std::size_t after, bool is_root) {
  if (after >= body.size()) return is_root;
  Node const& next = body[after];
  if (next.kind != NodeKind::content) return false;
  std::size_t const blanks = blanks_before(next.original);
  if (has_line_end(next.original.substr(0, blanks))) return true;
  return after + 1 == body.size() && is_root && blanks == next.original.size();
}

/// Takes the blanks at the beginning of the text at `at`: to the line's end, or all of them.
void omit_right(Body& body, std::size_t at, bool all = false) {
  if (at >= body.size()) return;
  Node& node = body[at];
  if (node.kind != NodeKind::content || (!all && node.is_right_stripped)) return;
  std::size_t size = 0;
  if (all) {
    size = blanks_before(node.text);
  } else {
    while (size < node.text.size() && (node.text[size] == ' ' || node.text[size] == '\t')) ++size;
    if (node.text.substr(size).starts_with("\r\n"))
      size += 2;
    else if (node.text.substr(size).starts_with('\n'))
      size += 1;
  }
  node.text.remove_prefix(size);
  node.is_right_stripped = size > 0;
}

std::size_t indent_size(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size()) {
    char const last = text[text.size() - 1 - size];
    if (last != ' ' && last != '\t') break;
    ++size;
  }
  return size;
}

/// Takes the blanks at the end of the text before `end`: to the line's beginning, or all of them.
bool omit_left(Body& body, std::size_t end, bool all = false) {
  if (end == 0 || end > body.size()) return false;
  Node& node = body[end - 1];
  if (node.kind != NodeKind::content || (!all && node.is_left_stripped)) return false;
  std::size_t const size = all ? blanks_after(node.text) : indent_size(node.text);
  node.text.remove_suffix(size);
  node.is_left_stripped = size > 0;
  return node.is_left_stripped;
}

Wish look_at_block(Node& block);
void look_at_program(Program& program, bool is_root);

Wish look_at(Node& node) {
  switch (node.kind) {
    case NodeKind::content:
      return {};
    case NodeKind::mustache:
      return {.strip = node.open};
    case NodeKind::comment:
    case NodeKind::partial:
      return {.strip = node.open, .is_alone = true};
    case NodeKind::block:
    case NodeKind::partial_block:
    case NodeKind::inline_partial:
      return look_at_block(node);
  }
  return {};
}

/// The first and the last {{else}} program of a block.
struct Inverses {
  Program* first = nullptr;
  Program* last = nullptr;
};
Inverses inverses_of(Program* inverse) {
  Inverses out{inverse, inverse};
  if (inverse == nullptr || !inverse->is_chained) return out;
  out.first = inverse->body.front().program.get();
  while (out.last->is_chained) out.last = out.last->body.back().program.get();
  return out;
}

Wish look_at_block(Node& block) {
  if (block.program) look_at_program(*block.program, false);
  if (block.inverse) look_at_program(*block.inverse, false);
  Program& program = block.program ? *block.program : *block.inverse;
  Program* const inverse = block.program ? block.inverse.get() : nullptr;
  auto const [first, last] = inverses_of(inverse);
  Program const& closing = first != nullptr ? *first : program;
  Wish wish;
  wish.strip = {block.open.before, block.close.after};
  wish.opens_alone = is_blank_after(program.body, 0, false);
  wish.closes_alone = is_blank_before(closing.body, closing.body.size(), false);
  if (block.open.after) omit_right(program.body, 0, true);
  if (inverse == nullptr) {
    if (block.close.before) omit_left(program.body, program.body.size(), true);
    return wish;
  }
  if (block.middle.before) omit_left(program.body, program.body.size(), true);
  if (block.middle.after) omit_right(first->body, 0, true);
  if (block.close.before) omit_left(last->body, last->body.size(), true);
  if (is_blank_before(program.body, program.body.size(), false) &&
      is_blank_after(first->body, 0, false)) {
    omit_left(program.body, program.body.size());
    omit_right(first->body, 0);
  }
  return wish;
}

void strip_alone(Body& body, std::size_t at) {
  Node& node = body[at];
  omit_right(body, at + 1);
  if (!omit_left(body, at) || node.kind != NodeKind::partial) return;
  std::string_view const before = body[at - 1].original;
  node.indent = before.substr(before.size() - indent_size(before));
}

void look_at_program(Program& program, bool is_root) {
  Body& body = program.body;
  for (std::size_t i = 0; i < body.size(); ++i) {
    Node& node = body[i];
    if (node.kind == NodeKind::content) continue;
    Wish const wish = look_at(node);
    bool const before = is_blank_before(body, i, is_root);
    bool const after = is_blank_after(body, i + 1, is_root);
    if (wish.strip.after) omit_right(body, i + 1, true);
    if (wish.strip.before) omit_left(body, i, true);
    if (wish.is_alone && before && after) strip_alone(body, i);
    if (wish.opens_alone && before) {
      omit_right((node.program ? node.program : node.inverse)->body, 0);
      omit_left(body, i);
    }
    if (wish.closes_alone && after) {
      omit_right(body, i + 1);
      Body& inside = (node.inverse ? node.inverse : node.program)->body;
      omit_left(inside, inside.size());
    }
  }
}

}  // namespace

void strip_whitespace(Program& root) {
  look_at_program(root, true);
}

}  // namespace ropewalk::prompt

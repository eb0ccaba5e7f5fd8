#pragma once
// What the names in a template may stand for while it is rendered.
//
// Owner: one rendering. Scopes live on the stack and point outwards: blocks that are handed on
// ({{> @partial-block}}, inline partials) never outlive where they were written.

#include "engine/model/prompt/template.hpp"
#include "engine/model/prompt/values.hpp"

#include <array>
#include <functional>
#include <optional>

namespace ropewalk::prompt {

/// What a template is rendered with; everything outlives the rendering.
struct Environment {
  json::value const& input;
  json::object const& data;  // what @name finds
  Partials const& partials;
  Pointer schema = nullptr;                 // of the input: with it, undefined names are errors
  std::function<json::value()> metadata{};  // {{@metadata}}, made when it is asked for
};

struct ScopedValue {
  Pointer data = nullptr;    // null: undefined
  Pointer schema = nullptr;  // null: nothing is known of it
  bool is_missing = false;   // looked for and not there, where the schema allows anything
};
/// The contexts that ../ leads to.
struct Depth {
  ScopedValue context{};
  Depth const* outer = nullptr;
};
struct Parameters {
  std::vector<std::string> const* names = nullptr;
  std::array<ScopedValue, 2> values{};
  Parameters const* outer = nullptr;
};
struct Block;
struct InlinePartials;
/// @index and the like; what it has not, the outer one has.
struct Frame {
  Frame const* outer = nullptr;
  bool is_loop = false;
  bool has_block = false;
  bool is_first = false;
  bool is_last = false;
  json::value index{};                    // of this turn
  std::optional<std::string_view> key{};  // none in lists
  Block const* block = nullptr;           // @partial-block
};
struct Scope {
  ScopedValue context{};
  Depth const* depth = nullptr;
  Parameters const* parameters = nullptr;
  Frame const* frame = nullptr;
  InlinePartials const* partials = nullptr;
  Source const* source = nullptr;
};
/// A program, and where it was written.
struct Block {
  Program const* program = nullptr;
  Scope scope{};
  Block const* outer = nullptr;  // its own @partial-block
  bool is_partial_block = false;
};
struct InlinePartials {
  Program const* program = nullptr;  // whose inline partials these are
  Scope scope{};
  InlinePartials const* outer = nullptr;
};

}  // namespace ropewalk::prompt

#pragma once
// Renders a syntax tree. What it writes is bounded, as are its steps and its depth.
//
// Owner: one rendering, on one thread.

#include "engine/model/prompt/output.hpp"
#include "engine/model/prompt/scope.hpp"
#include "engine/model/prompt/template.hpp"

#include <array>
#include <forward_list>
#include <optional>

namespace ropewalk::prompt {

class Evaluator {
 public:
  Evaluator(Environment const& environment, Limits const& limits)
      : environment_(environment),
        limits_(limits),
        is_strict_(environment.schema != nullptr),
        steps_left_(limits.steps_max) {}

  /// Errors: undefined_name, unknown_partial, partial_cycle, bad_value, prompt_too_costly.
  Result<Output> run(Template const& root);

 private:
  using Value = ScopedValue;

  // evaluator.cpp
  /// `written`: the contexts around the program where it was written, its own not among them.
  Result<void> render(Program const& program, Scope const& scope, Depth const* written);
  Result<void> render_body(Program const& program, Scope const& scope);
  Result<void> render_node(Node const& node, Scope const& scope);
  Result<void> render_mustache(Node const& node, Scope const& scope);
  static Pointer find_quickly(Path const& path, Scope const& scope);
  Result<void> insert_text(json::value const& value, Expression const& from, Scope const& scope);
  Result<void> insert(Value const& value, Expression const& from, Scope const& scope);
  /// `closure` with a new context, which ../ leaves again.
  Result<void> enter(
      Program const* program,
      Scope const& closure,
      Value const& context,
      Frame const* frame,
      std::array<Value, 2> const* values = nullptr
  );
  Result<void> charge(std::uint64_t steps, Scope const& scope, std::uint32_t offset) {
    bool const is_enough = steps <= steps_left_ && out_.text().size() <= limits_.output_bytes_max;
    if (!is_enough) return too_costly(scope, offset);
    steps_left_ -= steps;
    return {};
  }
  Error too_costly(Scope const& scope, std::uint32_t offset);

  // evaluator_names.cpp
  Result<Value> evaluate(Expression const& expression, Scope const& scope);
  Result<Value> find(Path const& path, std::uint32_t offset, Scope const& scope);
  Result<Value> find_data(Path const& path, std::uint32_t offset, Scope const& scope);
  Value metadata();
  std::optional<Value> find_in_frame(Frame const* frame, std::string_view name);
  Result<Value> member(
      Value const& of, std::string_view name, std::uint32_t offset, Scope const& scope
  );
  Result<Value> absent(
      Value const& of, std::string_view name, std::uint32_t offset, Scope const& scope
  );
  /// The value, unless it is_missing: error undefined_name.
  Result<Value> given(Value const& value, Expression const& from, Scope const& scope);
  Value keep(json::value value);

  // evaluator_helpers.cpp
  Result<void> render_block(Node const& node, Scope const& scope);
  Result<void> render_condition(Node const& node, Scope const& scope, bool is_true);
  Result<void> render_each(Node const& node, Scope const& scope, Value const& items);
  Result<void> render_section(Node const& node, Scope const& scope);
  Result<bool> is_condition_true(Call const& call, Scope const& scope);
  Result<bool> are_equal(Call const& call, Scope const& scope);
  Result<Value> call(Call const& call, std::uint32_t offset, Scope const& scope);
  Result<Value> lookup(Call const& call, std::uint32_t offset, Scope const& scope);
  Result<Value> print_json(Call const& call, std::uint32_t offset, Scope const& scope);
  Result<void> write_mark(Call const& call, Scope const& scope);
  Result<void> write_media(Call const& call, Scope const& scope);
  Value as_this(Scope const& scope) const;

  // evaluator_partials.cpp
  struct PartialCall {
    Node const& node;
    Scope const& scope;
    Value context{};
    Frame const* frame = nullptr;
    InlinePartials const* partials = nullptr;
  };
  Result<void> render_partial(Node const& node, Scope const& scope);
  Result<void> render_partial_in(PartialCall const& call);
  Result<Value> partial_context(Node const& node, Scope const& scope);
  Result<bool> render_inline(PartialCall const& call);
  Result<void> render_block_of(PartialCall const& call, Block const& block);
  Result<void> render_file(PartialCall const& call, Template const& partial);
  Error unknown_partial(Node const& node, Scope const& scope) const;
  Error too_deep(Scope const& scope, std::uint32_t offset) const;

  Environment const& environment_;
  Limits const& limits_;
  bool is_strict_;
  std::uint64_t steps_left_;
  std::size_t depth_ = 0;
  std::size_t media_bytes_ = 0;
  Output out_{};
  std::forward_list<json::value> kept_{};
  Pointer metadata_ = nullptr;
  std::vector<std::string_view> open_partials_{};
  json::value nothing_ = json::object();  // the context of helpers where there is none
};

}  // namespace ropewalk::prompt

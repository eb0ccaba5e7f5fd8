#include "engine/model/cel/expression.hpp"

#include "engine/model/cel/evaluator.hpp"
#include "engine/model/cel/parser.hpp"
#include "engine/model/cel/references.hpp"
#include "engine/model/cel/utf8.hpp"

#include <utility>

namespace ropewalk::cel {

struct Program {
  std::string source{};
  Position origin{};
  NodePtr root{};

  Position position(std::size_t offset) const { return position_of(source, offset, origin); }
};

namespace {

std::vector<Reference> with_positions(
    Program const& program, std::vector<NodeReference> const& found
) {
  std::vector<Reference> references;
  references.reserve(found.size());
  for (NodeReference const& reference : found) {
    references.push_back({reference.path, program.position(reference.offset)});
  }
  return references;
}

}  // namespace

Result<Expression> Expression::compile(
    std::string_view source, Limits const& limits, Position origin
) {
  if (source.size() > limits.source_bytes_max) {
    return with_position(
        bad_expression(
            "the expression is longer than " + std::to_string(limits.source_bytes_max) + " bytes"
        ),
        origin
    );
  }
  if (!is_utf8(source)) {
    return with_position(bad_expression("the expression is not valid UTF-8"), origin);
  }
  auto program = std::make_shared<Program>(Program{std::string(source), origin, nullptr});
  Parser parser(program->source, limits);
  auto root = parser.parse();
  if (!root) {
    return with_position(std::move(root).error(), program->position(parser.error_offset()));
  }
  program->root = std::move(*root);
  return Expression(std::move(program));
}

Result<Value> Expression::evaluate(Activation const& activation, Limits const& limits) const {
  Budget budget(limits);
  return evaluate(activation, budget);
}

Result<Value> Expression::evaluate(Activation const& activation, Budget& budget) const {
  Evaluator evaluator(activation, budget);
  auto result = evaluator.evaluate(*program_->root);
  if (result) return result;
  Error error = result.error();
  std::size_t const offset = take_offset(error);
  return with_position(std::move(error), program_->position(offset));
}

Result<bool> Expression::evaluate_condition(Activation const& activation, Limits const& limits)
    const {
  TRY(auto const value, evaluate(activation, limits));
  if (auto const* truth = value.get<bool>()) return *truth;
  Error error = expression_failed(
      "the condition is neither true nor false, but of type " + std::string(to_string(value.kind()))
  );
  error.hint = "Compare the value with something: == != < >.";
  return with_position(std::move(error), program_->origin);
}

std::vector<Reference> Expression::variables() const {
  return with_positions(*program_, find_variables(*program_->root));
}

std::vector<Reference> Expression::unknown_functions() const {
  return with_positions(*program_, find_unknown_functions(*program_->root));
}

std::string_view Expression::source() const {
  return program_->source;
}

}  // namespace ropewalk::cel

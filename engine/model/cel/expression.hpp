#pragma once
// One compiled CEL expression: the language of conditions and of what stands in `${{ … }}`.
//
// The language is CEL's core with the extensions strings, math, two-variable macros, cel.bind and
// base64; without protobuf messages and without a type checker: types are checked as it runs.
// Numbers of JSON data are int, uint (above the largest int) or double, as Boost.JSON read them;
// comparisons work across the three, arithmetic does not. Any thread: immutable, cheap to copy.
// Limits: see Limits; neither the source nor the data can make it overflow the stack or run without
// end.

#include "engine/model/cel/limits.hpp"
#include "engine/model/cel/value.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::cel {

/// The variables that an expression sees.
class Activation {
 public:
  virtual ~Activation() = default;
  /// nullopt when there is no such variable.
  virtual std::optional<Value> lookup(std::string_view name) const = 0;
};

/// A use of a variable: `tasks.classify.output` is {"tasks", "classify", "output"}. Indices that
/// are text literals count as fields; the path ends where it depends on data.
struct Reference {
  std::vector<std::string> path{};
  Position position{};
};

struct Program;

class Expression {
 public:
  /// Error bad_expression, with the place counted from `origin` (that of the first byte) and in the
  /// detail
  /// {"line","column"}. Functions that do not exist are an error only when called: see
  /// unknown_functions().
  static Result<Expression> compile(
      std::string_view source, Limits const& limits = {}, Position origin = {}
  );

  /// Errors: expression_failed ("no such key: urgency (at 1:14)"), expression_too_costly.
  /// The result may look into the activation's data.
  Result<Value> evaluate(Activation const& activation, Limits const& limits = {}) const;
  /// The same on what is left of a budget that several expressions share.
  Result<Value> evaluate(Activation const& activation, Budget& budget) const;
  /// For conditions: expression_failed also when the result is neither true nor false.
  Result<bool> evaluate_condition(Activation const& activation, Limits const& limits = {}) const;

  /// Every use of a variable, in order; not those that macros introduce, nor the names of types.
  std::vector<Reference> variables() const;
  /// Calls of functions that do not exist: the path is the name, followed by a similar one if there
  /// is one.
  std::vector<Reference> unknown_functions() const;
  std::string_view source() const;

 private:
  explicit Expression(std::shared_ptr<Program const> program) : program_(std::move(program)) {}

  std::shared_ptr<Program const> program_;
};

}  // namespace ropewalk::cel

#pragma once
// Text with expressions in it: "Hello ${{ inputs.name }}".
//
// A text that is one `${{ … }}` and nothing else keeps the type of its result. Otherwise the parts
// are joined: texts as they are, null as nothing (as in GitHub Actions), everything else as compact
// JSON. `$${{` stands for a literal `${{`.
//
// Any thread: immutable, cheap to copy.

#include "engine/model/cel/expression.hpp"

#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::cel {

class Template {
 public:
  /// Error bad_expression with the place in `text`: an expression that does not end or does not
  /// parse.
  static Result<Template> compile(std::string_view text, Limits const& limits = {});

  /// No expression in it. evaluate() then returns the text, with escapes resolved.
  bool is_constant() const;
  /// The whole text is one expression.
  bool is_single_expression() const;
  /// In order.
  std::vector<Expression> expressions() const;

  /// Errors: those of Expression::evaluate and to_json.
  Result<boost::json::value> evaluate(Activation const& activation, Limits const& limits = {})
      const;
  /// The same on what is left of a budget that several templates share.
  Result<boost::json::value> evaluate(Activation const& activation, Budget& budget) const;

 private:
  struct Part {
    std::string text{};  // literal, when there is no expression
    std::optional<Expression> expression{};
  };

  explicit Template(std::vector<Part> parts)
      : parts_(std::make_shared<std::vector<Part> const>(std::move(parts))) {}

  std::shared_ptr<std::vector<Part> const> parts_;
};

/// True when Template::compile would find an expression or an escape in `text`.
bool has_template_syntax(std::string_view text);

}  // namespace ropewalk::cel

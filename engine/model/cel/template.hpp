#pragma once
// Text with expressions in it: "Hello ${{ inputs.name }}".
//
// A text that is one `${{ … }}` and nothing else keeps the type of its result. Otherwise the parts
// are joined: texts as they are, null as nothing (as in GitHub Actions), everything else as compact
// JSON. `$${{` stands for a literal `${{`.
//
// `${{ secrets.NAME }}`, and nothing else between the braces, stands for a secret: no expression
// ever sees its value.
//
// Any thread: immutable, cheap to copy.

#include "engine/model/cel/expression.hpp"
#include "engine/model/secret_text.hpp"

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
  struct SecretUse {
    std::string name{};
    Position position{};
  };
  /// In order.
  std::vector<SecretUse> secrets() const;
  bool has_secrets() const;

  /// Errors: those of Expression::evaluate and to_json; bad_expression when it has secrets.
  Result<boost::json::value> evaluate(Activation const& activation, Limits const& limits = {})
      const;
  /// The same on what is left of a budget that several templates share.
  Result<boost::json::value> evaluate(Activation const& activation, Budget& budget) const;
  /// Everything but the secrets evaluated, the secrets by name. Errors: as above.
  Result<std::vector<SecretPiece>> evaluate_pieces(Activation const& activation, Budget& budget)
      const;

 private:
  struct Part {
    std::string text{};  // literal, when there is neither an expression nor a secret
    std::optional<Expression> expression{};
    SecretUse secret{};
  };

  explicit Template(std::vector<Part> parts)
      : parts_(std::make_shared<std::vector<Part> const>(std::move(parts))) {}

  std::shared_ptr<std::vector<Part> const> parts_;
};

/// "${{ secrets.NAME }}": what stands for a secret where its value must not.
std::string secret_sign(std::string_view name);

/// True when Template::compile would find an expression or an escape in `text`.
bool has_template_syntax(std::string_view text);

}  // namespace ropewalk::cel

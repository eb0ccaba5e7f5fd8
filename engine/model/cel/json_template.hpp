#pragma once
// A JSON document whose strings are templates: the body of a request, the arguments of a command, a
// set of inputs.
//
// Keys are not templates. Any thread: immutable, cheap to copy.

#include "engine/model/cel/template.hpp"

#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <vector>

namespace ropewalk::cel {

class JsonTemplate {
 public:
  struct Entry {
    std::string pointer{};  // JSON pointer (RFC 6901), "" for the document itself
    Template text;
  };

  /// The empty object; all of these share one.
  JsonTemplate();
  /// Error bad_expression, its message beginning with the path of the string: "/env/NAME: expected
  /// …".
  static Result<JsonTemplate> compile(boost::json::value document, Limits const& limits = {});

  /// Nothing in it depends on variables: document() is the result.
  bool is_constant() const { return parts_->entries.empty(); }
  /// With the constant strings' escapes resolved and the templates as they were written.
  boost::json::value const& document() const { return parts_->document; }
  /// The strings that hold expressions, in order.
  std::vector<Entry> const& entries() const { return parts_->entries; }

  /// All templates share one budget. Errors: those of Template::evaluate, with the path as above.
  /// `secrets`: texts that hold some are added there, and stand in the result with signs in the
  /// place of values (secret_sign). Null: such texts are an error.
  Result<boost::json::value> evaluate(
      Activation const& activation,
      Limits const& limits = {},
      std::vector<SecretText>* secrets = nullptr
  ) const;

 private:
  struct Parts {
    boost::json::value document{};
    std::vector<Entry> entries{};
  };
  class Compiler;

  explicit JsonTemplate(std::shared_ptr<Parts const> parts) : parts_(std::move(parts)) {}

  std::shared_ptr<Parts const> parts_;
};

}  // namespace ropewalk::cel

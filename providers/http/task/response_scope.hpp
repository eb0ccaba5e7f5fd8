#pragma once
// What the expressions of `poll` and `paginate` see: response, inputs, variables, and the tasks
// that the task depends on.
//
// Owner: one attempt. Values that it gives look into it.

#include "engine/model/cel/expression.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace ropewalk::http {

class ResponseScope final : public cel::Activation {
 public:
  /// `context`: an ExecutionContext as JSON text. Errors: those of reading it.
  Result<> set_context(std::string const& context);
  void set_response(boost::json::value response) { response_ = std::move(response); }
  boost::json::value const& response() const { return response_; }

  std::optional<cel::Value> lookup(std::string_view name) const override;

  /// Errors: bad_expression, expression_failed, expression_too_costly; the message names `field`.
  Result<boost::json::value> evaluate(
      std::string const& field, std::string const& expression, std::size_t bytes_max
  ) const;
  /// The same where the result must be true or false.
  Result<bool> holds(std::string const& field, std::string const& expression) const;

 private:
  boost::json::value context_{};
  boost::json::value response_{};
};

}  // namespace ropewalk::http

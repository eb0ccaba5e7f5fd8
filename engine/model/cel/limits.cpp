#include "engine/model/cel/limits.hpp"

#include <boost/json/object.hpp>

#include <utility>

namespace ropewalk::cel {

Error expression_failed(std::string message) {
  return {.code = "expression_failed", .message = std::move(message)};
}

Error expression_too_costly(std::string message) {
  return {
      .code = "expression_too_costly",
      .message = std::move(message),
      .hint = "Work on less data, or move the work into a task."};
}

Error bad_expression(std::string message, std::string hint) {
  return {.code = "bad_expression", .message = std::move(message), .hint = std::move(hint)};
}

bool is_too_costly(Error const& error) {
  return error.code == "expression_too_costly";
}

Error with_position(Error error, Position position) {
  if (!error.detail.is_null()) return error;
  error.message +=
      " (at " + std::to_string(position.line) + ":" + std::to_string(position.column) + ")";
  error.detail = boost::json::object{{"line", position.line}, {"column", position.column}};
  return error;
}

}  // namespace ropewalk::cel

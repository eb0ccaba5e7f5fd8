#include "providers/http/task/response_scope.hpp"

#include "engine/base/json.hpp"
#include "engine/model/cel/value_json.hpp"

#include <limits>

namespace ropewalk::http {
namespace {

constexpr std::size_t context_bytes_max = 64 * 1024 * 1024;

Error in_field(Error error, std::string const& field) {
  error.message = "`" + field + "`: " + error.message;
  return error;
}

}  // namespace

Result<> ResponseScope::set_context(std::string const& context) {
  JsonLimits limits;
  limits.bytes_max = context_bytes_max;
  limits.depth_max = 128;
  limits.nodes_max = std::numeric_limits<std::size_t>::max();  // it is our own text
  TRY(context_, parse_json(context, limits));
  return {};
}

std::optional<cel::Value> ResponseScope::lookup(std::string_view name) const {
  if (name == "response") return cel::Value::view(response_);
  auto const* context = context_.if_object();
  if (context == nullptr) return std::nullopt;
  std::string_view const key = name == "tasks" ? "dependencies" : name;
  if (key != "dependencies" && key != "inputs" && key != "variables") return std::nullopt;
  auto const* value = context->if_contains(key);
  return value == nullptr ? std::nullopt : std::optional(cel::Value::view(*value));
}

Result<json::value> ResponseScope::evaluate(
    std::string const& field, std::string const& expression, std::size_t bytes_max
) const {
  cel::Limits limits;
  limits.result_bytes_max = bytes_max;
  auto const compiled = cel::Expression::compile(expression);
  if (!compiled) return in_field(compiled.error(), field);
  auto const value = compiled->evaluate(*this, limits);
  if (!value) return in_field(value.error(), field);
  auto out = cel::to_json(*value, limits);
  if (!out) return in_field(out.error(), field);
  return out;
}

Result<bool> ResponseScope::holds(std::string const& field, std::string const& expression) const {
  auto const compiled = cel::Expression::compile(expression);
  if (!compiled) return in_field(compiled.error(), field);
  auto const value = compiled->evaluate_condition(*this);
  if (!value) return in_field(value.error(), field);
  return *value;
}

}  // namespace ropewalk::http

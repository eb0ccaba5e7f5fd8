#pragma once
// A JSON object as the variables of an expression.

#include "engine/model/cel/expression.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace ropewalk::server {

/// Values that it gives look into it: it outlives them.
class JsonScope final : public cel::Activation {
 public:
  explicit JsonScope(boost::json::object variables) : variables_(std::move(variables)) {}

  std::optional<cel::Value> lookup(std::string_view name) const override {
    auto const* found = variables_.if_contains(name);
    if (found == nullptr) return std::nullopt;
    return cel::Value::view(*found);
  }

 private:
  boost::json::object variables_;
};

}  // namespace ropewalk::server

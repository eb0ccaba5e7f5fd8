#pragma once
// An activation over a JSON object, for tests.

#include "engine/model/cel/expression.hpp"
#include "engine/model/cel/value_json.hpp"

#include <boost/json/parse.hpp>

#include <map>
#include <string>

namespace ropewalk::cel {

class MapActivation final : public Activation {
 public:
  MapActivation() = default;
  explicit MapActivation(char const* json) {
    boost::json::value const document = boost::json::parse(json);
    for (auto const& entry : document.as_object()) {
      set(std::string(entry.key()), from_json(entry.value()));
    }
  }

  void set(std::string const& name, Value value) {
    values_.insert_or_assign(name, std::move(value));
  }

  std::optional<Value> lookup(std::string_view name) const override {
    auto const found = values_.find(std::string(name));
    return found == values_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::string, Value> values_{};
};

}  // namespace ropewalk::cel

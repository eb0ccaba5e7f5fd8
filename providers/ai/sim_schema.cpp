#include "providers/ai/sim_schema.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace ropewalk::ai {
namespace {

namespace json = boost::json;

constexpr int depth_full = 6;       // below that only what is required
constexpr int depth_max = 24;       // below that nothing
constexpr int values_max = 5000;    // values and schemas merged
constexpr int references_max = 16;  // in a row
constexpr std::size_t items_max = 1000;

class Maker {
 public:
  Maker(json::object const& root, SimRandom& random) : root_(root), random_(random) {}

  json::value make(json::value const& schema, int depth) {
    if (!schema.is_object() || depth > depth_max || ++values_ > values_max) return nullptr;
    json::object const plain = flattened(schema.get_object(), 0);
    if (auto const* const value = plain.if_contains("const")) return *value;
    if (auto const* const any = list(plain, "enum"); any && !any->empty())
      return (*any)[random_.below(any->size())];
    std::string const type = type_of(plain);
    if (type == "object") return make_object(plain, depth);
    if (type == "array") return make_array(plain, depth);
    if (type == "integer") return make_integer(plain);
    if (type == "number") return make_number(plain);
    if (type == "boolean") return random_.below(2) == 1;
    if (type == "null") return nullptr;
    return json::value(string_for_schema(plain, random_));
  }

 private:
  static json::array const* list(json::object const& schema, std::string_view name) {
    auto const* const value = schema.if_contains(name);
    return value ? value->if_array() : nullptr;
  }
  static json::object const* map(json::object const& schema, std::string_view name) {
    auto const* const value = schema.if_contains(name);
    return value ? value->if_object() : nullptr;
  }
  static std::optional<double> number(json::object const& schema, std::string_view name) {
    auto const* const value = schema.if_contains(name);
    if (!value || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
  }

  json::object const* referred(json::value const& reference) const {
    if (!reference.is_string()) return nullptr;
    std::string_view const text = reference.get_string();
    if (text == "#") return &root_;
    if (!text.starts_with("#/")) return nullptr;
    json::object const* at = &root_;
    json::value const* found = nullptr;
    std::string_view rest = text.substr(2);
    while (at) {
      auto const slash = rest.find('/');
      std::string name(rest.substr(0, slash));
      for (auto const& [escaped, plain] : {std::pair{"~1", "/"}, {"~0", "~"}})
        for (auto i = name.find(escaped); i != std::string::npos; i = name.find(escaped, i + 1))
          name.replace(i, 2, plain);
      found = at->if_contains(name);
      at = found ? found->if_object() : nullptr;
      if (slash == std::string_view::npos) break;
      rest.remove_prefix(slash + 1);
    }
    return at;
  }

  /// One schema without $ref, allOf, anyOf and oneOf.
  json::object flattened(json::object const& schema, int references) {
    json::object out = schema;
    if (references > references_max || ++values_ > values_max) return out;
    auto const merge = [&](json::object const& other) {
      for (auto const& [name, value] : flattened(other, references + 1)) add(out, name, value);
    };
    if (auto const* const reference = schema.if_contains("$ref")) {
      out.erase("$ref");
      if (auto const* const target = referred(*reference)) merge(*target);
    }
    if (auto const* const all = list(schema, "allOf")) {
      out.erase("allOf");
      for (auto const& one : *all)
        if (one.is_object()) merge(one.get_object());
    }
    for (std::string_view const choice : {"anyOf", "oneOf"}) {
      auto const* const options = list(schema, choice);
      if (!options || options->empty()) continue;
      out.erase(choice);
      if (options->front().is_object()) merge(options->front().get_object());
    }
    return out;
  }

  static void add(json::object& out, std::string_view name, json::value const& value) {
    auto* const known = out.if_contains(name);
    if (!known) {
      out[name] = value;
    } else if (name == "properties" && known->is_object() && value.is_object()) {
      for (auto const& [property, schema] : value.get_object())
        if (!known->get_object().contains(property)) known->get_object()[property] = schema;
    } else if (name == "required" && known->is_array() && value.is_array()) {
      for (auto const& required : value.get_array()) known->get_array().push_back(required);
    }
  }

  static std::string type_of(json::object const& schema) {
    if (auto const* const type = schema.if_contains("type")) {
      if (type->is_string()) return std::string(type->get_string());
      if (type->is_array()) {
        for (auto const& one : type->get_array())
          if (one.is_string() && one.get_string() != "null") return std::string(one.get_string());
        return "null";
      }
    }
    if (schema.contains("properties") || schema.contains("required")) return "object";
    if (schema.contains("items") || schema.contains("prefixItems")) return "array";
    if (schema.contains("minimum") || schema.contains("maximum")) return "number";
    return "string";
  }

  json::value make_object(json::object const& schema, int depth) {
    json::object out;
    auto const* const required = list(schema, "required");
    auto const is_required = [&](std::string_view name) {
      return required &&
             std::any_of(required->begin(), required->end(), [&](json::value const& one) {
               return one.is_string() && one.get_string() == name;
             });
    };
    auto const* const properties = map(schema, "properties");
    if (properties) {
      for (auto const& [name, property] : *properties)
        if (depth < depth_full || is_required(name)) out[name] = make(property, depth + 1);
    }
    if (!required) return out;
    for (auto const& one : *required)
      if (one.is_string() && !out.contains(one.get_string())) out[one.get_string()] = "(simulated)";
    return out;
  }

  json::value make_array(json::object const& schema, int depth) {
    auto const* const items = schema.if_contains("items");
    auto const* const tuple =
        items && items->is_array() ? items->if_array() : list(schema, "prefixItems");
    auto const least = static_cast<std::size_t>(
        std::clamp(number(schema, "minItems").value_or(0), 0.0, double{items_max})
    );
    auto const most = static_cast<std::size_t>(
        std::clamp(number(schema, "maxItems").value_or(items_max), 0.0, double{items_max})
    );
    std::size_t count = least;
    if (depth < depth_full)
      count = std::min(std::max<std::size_t>(least, 1) + random_.below(2), most);
    if (tuple) count = std::min(std::max(count, tuple->size()), most);
    auto const* const unique = schema.if_contains("uniqueItems");
    bool const is_set = unique && unique->is_bool() && unique->get_bool();
    json::array out;
    json::value const anything(json::object{});
    for (std::size_t tries = 0; out.size() < count && tries < count * 20; ++tries) {
      json::value const* item = items && !items->is_array() ? items : &anything;
      if (tuple && out.size() < tuple->size()) item = &(*tuple)[out.size()];
      json::value value = make(*item, depth + 1);
      if (is_set && std::find(out.begin(), out.end(), value) != out.end()) continue;
      out.push_back(std::move(value));
    }
    return out;
  }

  struct Range {
    double low;
    double high;
  };
  static Range range_of(json::object const& schema, double step) {
    constexpr double usual = 100;
    auto low = number(schema, "minimum");
    auto high = number(schema, "maximum");
    if (auto const above = number(schema, "exclusiveMinimum"))
      low = std::max(low.value_or(*above + step), *above + step);
    if (auto const below = number(schema, "exclusiveMaximum"))
      high = std::min(high.value_or(*below - step), *below - step);
    if (!low && !high) return {0, usual};
    if (!low) return {std::min(*high - usual, *high), *high};
    return {*low, high.value_or(*low + usual)};
  }

  json::value make_integer(json::object const& schema) {
    constexpr double largest = 9e15;  // whole numbers that a double holds
    Range const range = range_of(schema, 1);
    double const step =
        std::max(1.0, std::floor(std::abs(number(schema, "multipleOf").value_or(1))));
    double const low = std::ceil(std::clamp(range.low, -largest, largest) / step);
    double const high = std::floor(std::clamp(range.high, -largest, largest) / step);
    auto const first = static_cast<std::int64_t>(low);
    auto const count = high > low ? static_cast<std::uint64_t>(high - low) + 1 : 1;
    return (first + static_cast<std::int64_t>(random_.below(count))) *
           static_cast<std::int64_t>(step);
  }

  json::value make_number(json::object const& schema) {
    if (number(schema, "multipleOf")) {
      double const step = std::abs(*number(schema, "multipleOf"));
      Range const range = range_of(schema, step);
      if (step > 0) return std::ceil(range.low / step) * step;
    }
    Range const whole = range_of(schema, 0);
    double const gap = std::max((whole.high - whole.low) / 64, 0.0);
    Range const range = range_of(schema, gap);
    auto const quarter = static_cast<double>(random_.below(5)) / 4;
    return range.low + (range.high - range.low) * quarter;
  }

  json::object const& root_;
  SimRandom& random_;
  int values_ = 0;
};

}  // namespace

json::value value_for_schema(json::object const& root, SimRandom& random) {
  return Maker(root, random).make(json::value(root), 0);
}

}  // namespace ropewalk::ai

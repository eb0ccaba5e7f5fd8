#include "engine/model/cel/value_json.hpp"

#include "engine/model/cel/base64.hpp"
#include "engine/model/cel/format.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cmath>
#include <memory>

namespace ropewalk::cel {
namespace {

namespace json = boost::json;

constexpr std::size_t number_bytes = 8;

Error too_large() {
  return expression_too_costly("the result of the expression is too large");
}

Result<json::value> text_to_json(std::string_view text, Budget& budget) {
  if (!budget.charge_result(text.size() + 2)) return too_large();
  return json::value(json::string_view(text.data(), text.size()));
}

Result<json::value> list_to_json(List const& list, Budget& budget) {
  json::array array;
  for (std::size_t index = 0; index < list.size(); ++index) {
    TRY(auto item, to_json(list.at(index), budget));
    array.push_back(std::move(item));
  }
  return json::value(std::move(array));
}

Result<json::value> map_to_json(Map const& map, Budget& budget) {
  // Keys of a lazy map are made before their values are looked at.
  if (!budget.charge_result(map.size())) return too_large();
  json::object object;
  for (Value const& key : map.keys()) {
    auto const value = map.find(key);
    if (!value) continue;
    std::string const name = key.is(Kind::string) ? std::string(key.text()) : short_text(key);
    if (!budget.charge_result(name.size() + 3)) return too_large();
    TRY(auto item, to_json(*value, budget));
    if (!object.emplace(name, std::move(item)).second) {
      return expression_failed("two keys of a map become the same in JSON: " + short_text(key));
    }
  }
  return json::value(std::move(object));
}

}  // namespace

Result<json::value> to_json(Value const& value, Budget& budget) {
  if (!budget.charge_result(number_bytes / 2)) return too_large();
  switch (value.kind()) {
    case Kind::null_type:
      return json::value(nullptr);
    case Kind::boolean:
      return json::value(value.as<bool>());
    case Kind::integer:
      return json::value(value.as<std::int64_t>());
    case Kind::unsigned_integer:
      return json::value(value.as<std::uint64_t>());
    case Kind::real:
      if (!std::isfinite(value.as<double>())) {
        return expression_failed(format_real(value.as<double>()) + " has no form in JSON");
      }
      return json::value(value.as<double>());
    case Kind::string:
      return text_to_json(value.text(), budget);
    case Kind::bytes: {
      std::string_view const bytes = value.as<Bytes>().content.view();
      if (!budget.charge_result(bytes.size())) return too_large();
      return text_to_json(to_base64(bytes), budget);
    }
    case Kind::list:
      return list_to_json(value.as<List>(), budget);
    case Kind::map:
      return map_to_json(value.as<Map>(), budget);
    case Kind::timestamp:
    case Kind::duration:
    case Kind::type:
      return text_to_json(short_text(value), budget);
  }
  return json::value(nullptr);
}

Result<json::value> to_json(Value const& value, Limits const& limits) {
  Budget budget(limits);
  return to_json(value, budget);
}

Value from_json(json::value json) {
  auto owner = std::make_shared<json::value const>(std::move(json));
  return Value::view(*owner, owner);
}

}  // namespace ropewalk::cel

#include "engine/model/cel/compare.hpp"

#include <utility>

namespace ropewalk::cel {
namespace {

double to_real(Value const& number) {
  if (auto const* integer = number.get<std::int64_t>()) return static_cast<double>(*integer);
  if (auto const* natural = number.get<std::uint64_t>()) return static_cast<double>(*natural);
  return number.as<double>();
}

std::partial_ordering compare_numbers(Value const& left, Value const& right) {
  if (left.is(Kind::real) || right.is(Kind::real)) return to_real(left) <=> to_real(right);
  return compare_keys(left, right);
}

std::strong_ordering compare_integers(Value const& left, Value const& right) {
  auto const* left_natural = left.get<std::uint64_t>();
  auto const* right_natural = right.get<std::uint64_t>();
  if (left_natural != nullptr && right_natural != nullptr) return *left_natural <=> *right_natural;
  if (left_natural != nullptr) {
    auto const integer = right.as<std::int64_t>();
    return std::cmp_less(*left_natural, integer)    ? std::strong_ordering::less
           : std::cmp_equal(*left_natural, integer) ? std::strong_ordering::equal
                                                    : std::strong_ordering::greater;
  }
  if (right_natural != nullptr) return 0 <=> compare_integers(right, left);
  return left.as<std::int64_t>() <=> right.as<std::int64_t>();
}

Result<bool> lists_equal(List const& left, List const& right, Budget& budget) {
  if (left.size() != right.size()) return false;
  for (std::size_t index = 0; index < left.size(); ++index) {
    TRY(bool const same, equals(left.at(index), right.at(index), budget));
    if (!same) return false;
  }
  return true;
}

Result<bool> maps_equal(Map const& left, Map const& right, Budget& budget) {
  if (left.size() != right.size()) return false;
  if (!budget.charge(left.size())) return expression_too_costly();
  for (Value const& key : left.keys()) {
    auto const right_value = right.find(key);
    if (!right_value) return false;
    auto const left_value = left.find(key);
    if (!left_value) return false;
    TRY(bool const same, equals(*left_value, *right_value, budget));
    if (!same) return false;
  }
  return true;
}

}  // namespace

std::strong_ordering compare_keys(Value const& left, Value const& right) {
  auto const rank = [](Value const& key) {
    return key.is(Kind::boolean) ? 0 : key.is(Kind::string) ? 2 : 1;
  };
  if (rank(left) != rank(right)) return rank(left) <=> rank(right);
  if (left.is(Kind::boolean)) return left.as<bool>() <=> right.as<bool>();
  if (left.is(Kind::string)) return left.text() <=> right.text();
  return compare_integers(left, right);
}

std::optional<std::partial_ordering> compare(Value const& left, Value const& right) {
  if (left.is_number() && right.is_number()) return compare_numbers(left, right);
  if (left.kind() != right.kind()) return std::nullopt;
  switch (left.kind()) {
    case Kind::boolean:
      return left.as<bool>() <=> right.as<bool>();
    case Kind::string:
      return left.text() <=> right.text();
    case Kind::bytes:
      return left.as<Bytes>().content.view() <=> right.as<Bytes>().content.view();
    case Kind::timestamp:
      return left.as<Timestamp>() <=> right.as<Timestamp>();
    case Kind::duration:
      return left.as<Nanoseconds>() <=> right.as<Nanoseconds>();
    default:
      return std::nullopt;
  }
}

Result<bool> equals(Value const& left, Value const& right, Budget& budget) {
  if (!budget.charge(1)) return expression_too_costly();
  if (left.is(Kind::string) && right.is(Kind::string)) {
    if (left.text().size() != right.text().size()) return false;
    if (!budget.charge_bytes(left.text().size())) return expression_too_costly();
    return left.text() == right.text();
  }
  if (auto const order = compare(left, right)) return *order == 0;
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::null_type:
      return true;
    case Kind::list:
      return lists_equal(left.as<List>(), right.as<List>(), budget);
    case Kind::map:
      return maps_equal(left.as<Map>(), right.as<Map>(), budget);
    case Kind::type:
      return left.as<Type>() == right.as<Type>();
    default:
      return false;
  }
}

}  // namespace ropewalk::cel

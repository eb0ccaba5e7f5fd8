#include "engine/model/cel/operators.hpp"

#include "engine/model/cel/compare.hpp"
#include "engine/model/cel/format.hpp"
#include "engine/model/cel/time_text.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace ropewalk::cel {
namespace {

std::string_view symbol_of(Operation operation) {
  constexpr std::array<std::string_view, 14> symbols{
      "-", "!", "+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "in"};
  return symbols[static_cast<std::size_t>(operation)];
}

Error overflow(Operation operation) {
  return expression_failed(
      "the result of '" + std::string(symbol_of(operation)) + "' is out of range"
  );
}

template <class Number>
Result<Value> whole_arithmetic(Operation operation, Number left, Number right) {
  Number result{};
  bool overflows = false;
  switch (operation) {
    case Operation::add:
      overflows = __builtin_add_overflow(left, right, &result);
      break;
    case Operation::subtract:
      overflows = __builtin_sub_overflow(left, right, &result);
      break;
    case Operation::multiply:
      overflows = __builtin_mul_overflow(left, right, &result);
      break;
    default: {
      bool const is_division = operation == Operation::divide;
      if (right == 0)
        return expression_failed(is_division ? "division by zero" : "modulus by zero");
      // The smallest number by -1: negated with the overflow noticed; its modulus is 0.
      bool const by_minus_one = std::is_signed_v<Number> && right == static_cast<Number>(-1);
      if (by_minus_one) {
        overflows = __builtin_sub_overflow(Number{0}, left, &result);
        if (!is_division && !overflows) result = 0;
      } else {
        result = is_division ? left / right : left % right;
      }
    }
  }
  if (overflows) return overflow(operation);
  return Value(result);
}

Result<Value> real_arithmetic(Operation operation, double left, double right) {
  switch (operation) {
    case Operation::add:
      return Value(left + right);
    case Operation::subtract:
      return Value(left - right);
    case Operation::multiply:
      return Value(left * right);
    case Operation::divide:
      return Value(left / right);
    default:
      return expression_failed("no such overload: double % double");
  }
}

Result<Value> concatenate(Value const& left, Value const& right, Budget& budget) {
  if (auto const* first = left.get<List>()) {
    List const& second = right.as<List>();
    if (!budget.charge(first->size() + second.size())) return expression_too_costly();
    std::vector<Value> items;
    items.reserve(first->size() + second.size());
    for (std::size_t index = 0; index < first->size(); ++index) items.push_back(first->at(index));
    for (std::size_t index = 0; index < second.size(); ++index) items.push_back(second.at(index));
    return checked_depth(Value(List(std::move(items))), budget);
  }
  bool const is_text = left.is(Kind::string);
  auto const view = [is_text](Value const& value) {
    return is_text ? value.text() : value.as<Bytes>().content.view();
  };
  if (!budget.charge_bytes(view(left).size() + view(right).size())) return expression_too_costly();
  Text joined(std::string(view(left)).append(view(right)));
  return is_text ? Value(joined) : Value(Bytes{joined});
}

std::optional<Nanoseconds> checked_sum(Nanoseconds left, Nanoseconds right, bool subtract) {
  std::int64_t sum = 0;
  bool const overflows = subtract ? __builtin_sub_overflow(left.count(), right.count(), &sum)
                                  : __builtin_add_overflow(left.count(), right.count(), &sum);
  if (overflows) return std::nullopt;
  return Nanoseconds(sum);
}

template <class Time>
Result<Value> in_range(Operation operation, std::optional<Time> const& time) {
  if (!time) return overflow(operation);
  return Value(*time);
}

// nullopt when the operands are no times.
std::optional<Result<Value>> time_arithmetic(
    Operation operation, Value const& left, Value const& right
) {
  bool const subtract = operation == Operation::subtract;
  if (!subtract && operation != Operation::add) return std::nullopt;
  auto const* left_time = left.get<Timestamp>();
  auto const* right_time = right.get<Timestamp>();
  auto const* left_span = left.get<Nanoseconds>();
  auto const* right_span = right.get<Nanoseconds>();
  if (left_span != nullptr && right_span != nullptr) {
    return in_range(operation, checked_sum(*left_span, *right_span, subtract));
  }
  if (left_time != nullptr && right_span != nullptr) {
    return in_range(operation, shift(*left_time, *right_span, subtract));
  }
  if (left_span != nullptr && right_time != nullptr && !subtract) {
    return in_range(operation, shift(*right_time, *left_span, false));
  }
  if (left_time != nullptr && right_time != nullptr && subtract) {
    return in_range(operation, distance(*left_time, *right_time));
  }
  return std::nullopt;
}

Error no_operator(Operation operation, Value const& left, Value const& right) {
  Error error = expression_failed(
      "no such overload: " + std::string(to_string(left.kind())) + " " +
      std::string(symbol_of(operation)) + " " + std::string(to_string(right.kind()))
  );
  if (left.is_number() && right.is_number()) {
    error.hint = "Convert one of the two: int(…), uint(…) or double(…).";
  } else if (left.is(Kind::string) || right.is(Kind::string)) {
    error.hint = "Convert the other to text: string(…).";
  }
  return error;
}

Result<Value> arithmetic(
    Operation operation, Value const& left, Value const& right, Budget& budget
) {
  if (left.kind() == right.kind()) {
    bool const joins = left.is(Kind::string) || left.is(Kind::bytes) || left.is(Kind::list);
    if (joins && operation == Operation::add) return concatenate(left, right, budget);
    if (auto const* number = left.get<std::int64_t>()) {
      return whole_arithmetic(operation, *number, right.as<std::int64_t>());
    }
    if (auto const* number = left.get<std::uint64_t>()) {
      return whole_arithmetic(operation, *number, right.as<std::uint64_t>());
    }
    if (left.is(Kind::real) && operation != Operation::modulo) {
      return real_arithmetic(operation, left.as<double>(), right.as<double>());
    }
  }
  if (auto result = time_arithmetic(operation, left, right)) return std::move(*result);
  return no_operator(operation, left, right);
}

Result<Value> relation(Operation operation, Value const& left, Value const& right) {
  auto const order = compare(left, right);
  if (!order) return no_operator(operation, left, right);
  switch (operation) {
    case Operation::less:
      return Value(*order < 0);
    case Operation::less_equal:
      return Value(*order <= 0);
    case Operation::greater:
      return Value(*order > 0);
    default:
      return Value(*order >= 0);
  }
}

Result<Value> contains(Value const& item, Value const& range, Budget& budget) {
  if (auto const* map = range.get<Map>()) return Value(map->find(item).has_value());
  auto const* list = range.get<List>();
  if (list == nullptr) return no_operator(Operation::in, item, range);
  for (std::size_t index = 0; index < list->size(); ++index) {
    TRY(bool const same, equals(list->at(index), item, budget));
    if (same) return Value(true);
  }
  return Value(false);
}

}  // namespace

Result<Value> apply(Operation operation, Value const& operand) {
  if (operation == Operation::logical_not) {
    if (auto const* truth = operand.get<bool>()) return Value(!*truth);
  } else if (auto const* number = operand.get<std::int64_t>()) {
    return whole_arithmetic(Operation::subtract, std::int64_t{0}, *number);
  } else if (auto const* real = operand.get<double>()) {
    return Value(-*real);
  }
  return expression_failed(
      "no such overload: " + std::string(symbol_of(operation)) +
      std::string(to_string(operand.kind()))
  );
}

Result<Value> apply(Operation operation, Value const& left, Value const& right, Budget& budget) {
  switch (operation) {
    case Operation::equal:
    case Operation::not_equal: {
      TRY(bool const same, equals(left, right, budget));
      return Value(same == (operation == Operation::equal));
    }
    case Operation::in:
      return contains(left, right, budget);
    case Operation::less:
    case Operation::less_equal:
    case Operation::greater:
    case Operation::greater_equal:
      if (left.is(Kind::string) && !budget.charge_bytes(left.text().size())) {
        return expression_too_costly();
      }
      return relation(operation, left, right);
    default:
      return arithmetic(operation, left, right, budget);
  }
}

std::optional<std::size_t> to_index(Value const& number) {
  if (auto const* integer = number.get<std::int64_t>()) {
    return *integer < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(*integer));
  }
  if (auto const* natural = number.get<std::uint64_t>()) return static_cast<std::size_t>(*natural);
  auto const* real = number.get<double>();
  if (real == nullptr || !(*real >= 0 && *real < 0x1p63) || std::trunc(*real) != *real) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(*real);
}

Result<Value> element(Value const& operand, Value const& key) {
  if (auto const* map = operand.get<Map>()) {
    if (auto found = map->find(key)) return std::move(*found);
    return expression_failed("no such key: " + short_text(key));
  }
  auto const* list = operand.get<List>();
  if (list == nullptr || !key.is_number()) {
    return expression_failed(
        "no such overload: " + std::string(to_string(operand.kind())) + "[" +
        std::string(to_string(key.kind())) + "]"
    );
  }
  auto const index = to_index(key);
  if (!index || *index >= list->size()) {
    return expression_failed(
        "no index " + short_text(key) + " in a list of " + std::to_string(list->size())
    );
  }
  return list->at(*index);
}

Result<Value> checked_depth(Value value, Budget const& budget) {
  if (value.depth() <= budget.depth_max()) return value;
  return expression_too_costly("the expression builds a value that is nested too deeply");
}

Result<Value> make_map(std::vector<Map::Entry> entries, Budget const& budget) {
  for (Map::Entry const& entry : entries) {
    if (Map::is_key(entry.first)) continue;
    return expression_failed(
        "a value of type " + std::string(to_string(entry.first.kind())) +
        " cannot be a key of a map"
    );
  }
  auto map = Map::make(std::move(entries));
  if (!map) return expression_failed("the map has the same key twice");
  return checked_depth(Value(std::move(*map)), budget);
}

}  // namespace ropewalk::cel

// The extension math: greatest, least, rounding, sign, bits.

#include "engine/model/cel/compare.hpp"
#include "engine/model/cel/functions.hpp"

#include <array>
#include <cmath>

namespace ropewalk::cel {
namespace {

// The arguments, or the items of the one list among them.
Result<Value> extreme(Call const& call, bool is_greatest) {
  auto const* list = call.size() == 1 ? call[0].get<List>() : nullptr;
  std::size_t const size = list != nullptr ? list->size() : call.size();
  if (size == 0) return expression_failed(std::string(call.name) + " of nothing");
  if (!call.budget.charge(size)) return expression_too_costly();
  Value best;
  for (std::size_t index = 0; index < size; ++index) {
    Value item = list != nullptr ? list->at(index) : call[index];
    if (!item.is_number()) return no_such_overload(call);
    bool is_better = index == 0;
    if (!is_better) {
      auto const order = *compare(item, best);
      is_better = is_greatest ? order > 0 : order < 0;
    }
    if (is_better) best = std::move(item);
  }
  return best;
}

Result<Value> greatest(Call const& call) {
  return extreme(call, true);
}
Result<Value> least(Call const& call) {
  return extreme(call, false);
}

template <double (*Round)(double)>
Result<Value> rounded(Call const& call) {
  if (auto const* real = call[0].get<double>()) return Value(Round(*real));
  return no_such_overload(call);
}

Result<Value> absolute(Call const& call) {
  if (call.is(0, Kind::unsigned_integer)) return call[0];
  if (auto const* real = call[0].get<double>()) return Value(std::fabs(*real));
  auto const* integer = call[0].get<std::int64_t>();
  if (integer == nullptr) return no_such_overload(call);
  if (*integer == INT64_MIN) return expression_failed("the result of math.abs is out of range");
  return Value(*integer < 0 ? -*integer : *integer);
}

Result<Value> sign(Call const& call) {
  if (auto const* integer = call[0].get<std::int64_t>()) {
    return Value(std::int64_t{(*integer > 0) - (*integer < 0)});
  }
  if (auto const* natural = call[0].get<std::uint64_t>()) {
    return Value(std::uint64_t{*natural > 0 ? 1u : 0u});
  }
  auto const* real = call[0].get<double>();
  if (real == nullptr) return no_such_overload(call);
  return Value(*real > 0 ? 1.0 : *real < 0 ? -1.0 : *real);
}

template <bool (*Test)(double)>
Result<Value> tested(Call const& call) {
  if (auto const* real = call[0].get<double>()) return Value(Test(*real));
  return no_such_overload(call);
}

Result<Value> square_root(Call const& call) {
  if (auto const* real = call[0].get<double>()) return Value(std::sqrt(*real));
  if (auto const* integer = call[0].get<std::int64_t>()) {
    return Value(std::sqrt(static_cast<double>(*integer)));
  }
  if (auto const* natural = call[0].get<std::uint64_t>()) {
    return Value(std::sqrt(static_cast<double>(*natural)));
  }
  return no_such_overload(call);
}

template <class Combine>
Result<Value> combine_bits(Call const& call, Combine combine) {
  if (call.is(0, Kind::integer) && call.is(1, Kind::integer)) {
    return Value(std::int64_t{combine(call[0].as<std::int64_t>(), call[1].as<std::int64_t>())});
  }
  if (call.is(0, Kind::unsigned_integer) && call.is(1, Kind::unsigned_integer)) {
    return Value(std::uint64_t{combine(call[0].as<std::uint64_t>(), call[1].as<std::uint64_t>())});
  }
  return no_such_overload(call);
}

Result<Value> bit_and(Call const& call) {
  return combine_bits(call, [](auto left, auto right) { return left & right; });
}
Result<Value> bit_or(Call const& call) {
  return combine_bits(call, [](auto left, auto right) { return left | right; });
}
Result<Value> bit_xor(Call const& call) {
  return combine_bits(call, [](auto left, auto right) { return left ^ right; });
}

Result<Value> bit_not(Call const& call) {
  if (auto const* integer = call[0].get<std::int64_t>()) return Value(std::int64_t{~*integer});
  if (auto const* natural = call[0].get<std::uint64_t>()) return Value(std::uint64_t{~*natural});
  return no_such_overload(call);
}

// Ints are shifted as their bits: zeroes come in from both sides.
Result<Value> shift_bits(Call const& call, bool to_left) {
  auto const* count = call[1].get<std::int64_t>();
  bool const is_signed = call.is(0, Kind::integer);
  if (count == nullptr || (!is_signed && !call.is(0, Kind::unsigned_integer))) {
    return no_such_overload(call);
  }
  if (*count < 0) return expression_failed("bits cannot be shifted by a negative number");
  std::uint64_t bits = is_signed ? static_cast<std::uint64_t>(call[0].as<std::int64_t>())
                                 : call[0].as<std::uint64_t>();
  bits = *count >= 64 ? 0 : to_left ? bits << *count : bits >> *count;
  return is_signed ? Value(static_cast<std::int64_t>(bits)) : Value(bits);
}

Result<Value> bit_shift_left(Call const& call) {
  return shift_bits(call, true);
}
Result<Value> bit_shift_right(Call const& call) {
  return shift_bits(call, false);
}

constexpr std::array<FunctionEntry, 18> table{{
    {"math.greatest", CallStyle::global, 1, arguments_any, greatest},
    {"math.least", CallStyle::global, 1, arguments_any, least},
    {"math.ceil", CallStyle::global, 1, 1, rounded<std::ceil>},
    {"math.floor", CallStyle::global, 1, 1, rounded<std::floor>},
    {"math.round", CallStyle::global, 1, 1, rounded<std::round>},
    {"math.trunc", CallStyle::global, 1, 1, rounded<std::trunc>},
    {"math.abs", CallStyle::global, 1, 1, absolute},
    {"math.sign", CallStyle::global, 1, 1, sign},
    {"math.isNaN", CallStyle::global, 1, 1, tested<std::isnan>},
    {"math.isInf", CallStyle::global, 1, 1, tested<std::isinf>},
    {"math.isFinite", CallStyle::global, 1, 1, tested<std::isfinite>},
    {"math.sqrt", CallStyle::global, 1, 1, square_root},
    {"math.bitAnd", CallStyle::global, 2, 2, bit_and},
    {"math.bitOr", CallStyle::global, 2, 2, bit_or},
    {"math.bitXor", CallStyle::global, 2, 2, bit_xor},
    {"math.bitNot", CallStyle::global, 1, 1, bit_not},
    {"math.bitShiftLeft", CallStyle::global, 2, 2, bit_shift_left},
    {"math.bitShiftRight", CallStyle::global, 2, 2, bit_shift_right},
}};

}  // namespace

std::span<FunctionEntry const> math_functions() {
  return table;
}

}  // namespace ropewalk::cel

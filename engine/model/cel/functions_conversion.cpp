// Conversions between types: int(), uint(), double(), string(), bytes(), bool(), dyn(), type().

#include "engine/model/cel/format.hpp"
#include "engine/model/cel/functions.hpp"
#include "engine/model/cel/utf8.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace ropewalk::cel {
namespace {

Error out_of_range(Call const& call) {
  return expression_failed(short_text(call[0]) + " is out of range for " + std::string(call.name));
}

Error not_a(Call const& call) {
  return expression_failed(
      "not a text that " + std::string(call.name) + "() reads: " + short_text(call[0])
  );
}

template <class Number>
Result<Value> parse_number(Call const& call) {
  std::string_view text = call[0].text();
  if (text.starts_with('+')) text.remove_prefix(1);
  Number number{};
  auto const parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return not_a(call);
  return Value(number);
}

Result<Value> to_int(Call const& call) {
  Value const& value = call[0];
  switch (value.kind()) {
    case Kind::integer:
      return value;
    case Kind::unsigned_integer:
      if (!std::in_range<std::int64_t>(value.as<std::uint64_t>())) return out_of_range(call);
      return Value(static_cast<std::int64_t>(value.as<std::uint64_t>()));
    case Kind::real: {
      double const real = value.as<double>();
      if (!(real > -0x1p63 && real < 0x1p63)) return out_of_range(call);
      return Value(static_cast<std::int64_t>(real));
    }
    case Kind::string:
      return parse_number<std::int64_t>(call);
    case Kind::timestamp:
      return Value(value.as<Timestamp>().seconds);
    case Kind::duration:
      return Value(value.as<Nanoseconds>().count() / 1'000'000'000);
    default:
      return no_such_overload(call);
  }
}

Result<Value> to_uint(Call const& call) {
  Value const& value = call[0];
  switch (value.kind()) {
    case Kind::unsigned_integer:
      return value;
    case Kind::integer:
      if (value.as<std::int64_t>() < 0) return out_of_range(call);
      return Value(static_cast<std::uint64_t>(value.as<std::int64_t>()));
    case Kind::real: {
      double const real = value.as<double>();
      if (!(real >= 0 && real < 0x1p64)) return out_of_range(call);
      return Value(static_cast<std::uint64_t>(real));
    }
    case Kind::string:
      return parse_number<std::uint64_t>(call);
    default:
      return no_such_overload(call);
  }
}

Result<Value> to_double(Call const& call) {
  Value const& value = call[0];
  switch (value.kind()) {
    case Kind::real:
      return value;
    case Kind::integer:
      return Value(static_cast<double>(value.as<std::int64_t>()));
    case Kind::unsigned_integer:
      return Value(static_cast<double>(value.as<std::uint64_t>()));
    case Kind::string:
      return parse_number<double>(call);
    default:
      return no_such_overload(call);
  }
}

Result<Value> to_text(Call const& call) {
  Value const& value = call[0];
  switch (value.kind()) {
    case Kind::string:
      return value;
    case Kind::bytes: {
      Text const& content = value.as<Bytes>().content;
      if (!call.budget.charge_bytes(content.view().size())) return expression_too_costly();
      if (!is_utf8(content.view())) return expression_failed("the bytes are not valid UTF-8");
      return Value(content);
    }
    case Kind::null_type:
    case Kind::list:
    case Kind::map:
    case Kind::type:
      return no_such_overload(call);
    default:
      return Value(short_text(value));
  }
}

Result<Value> to_bytes(Call const& call) {
  if (call.is(0, Kind::bytes)) return call[0];
  if (!call.is(0, Kind::string)) return no_such_overload(call);
  return Value(Bytes{call[0].as<Text>()});
}

Result<Value> to_bool(Call const& call) {
  if (call.is(0, Kind::boolean)) return call[0];
  if (!call.is(0, Kind::string)) return no_such_overload(call);
  std::string_view const text = call[0].text();
  for (std::string_view const word : {"true", "True", "TRUE", "t", "T", "1"}) {
    if (text == word) return Value(true);
  }
  for (std::string_view const word : {"false", "False", "FALSE", "f", "F", "0"}) {
    if (text == word) return Value(false);
  }
  return not_a(call);
}

Result<Value> to_dyn(Call const& call) {
  return call[0];
}

Result<Value> type_of(Call const& call) {
  return Value(Type{call[0].kind()});
}

constexpr std::array<FunctionEntry, 8> table{{
    {"int", CallStyle::global, 1, 1, to_int},
    {"uint", CallStyle::global, 1, 1, to_uint},
    {"double", CallStyle::global, 1, 1, to_double},
    {"string", CallStyle::global, 1, 1, to_text},
    {"bytes", CallStyle::global, 1, 1, to_bytes},
    {"bool", CallStyle::global, 1, 1, to_bool},
    {"dyn", CallStyle::global, 1, 1, to_dyn},
    {"type", CallStyle::global, 1, 1, type_of},
}};

}  // namespace

std::span<FunctionEntry const> conversion_functions() {
  return table;
}

}  // namespace ropewalk::cel

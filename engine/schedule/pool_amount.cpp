#include "engine/schedule/pool_amount.hpp"

#include "engine/model/size_text.hpp"

#include <cmath>
#include <optional>

namespace ropewalk {
namespace {

namespace json = boost::json;

constexpr double cores_max = 1e6;

std::optional<double> number_in(json::value const& value) {
  if (auto const* whole = value.if_int64()) return static_cast<double>(*whole);
  if (auto const* number = value.if_double()) return *number;
  return std::nullopt;
}

Error invalid(std::string_view pool, std::string message) {
  return Error{
      ErrorClass::permanent,
      "invalid_argument",
      "of pool \"" + std::string(pool) + "\", " + std::move(message)};
}

}  // namespace

std::string amount_text(std::string_view pool, std::uint64_t amount) {
  if (pool == "memory") return std::to_string(amount / (1024 * 1024)) + " MiB";
  if (pool != "cpu") return std::to_string(amount) + (amount == 1 ? " slot" : " slots");
  auto out = std::to_string(amount / 1000);
  if (auto const rest = amount % 1000; rest != 0) {
    out += "." + std::to_string(1000 + rest).substr(1);
    while (out.back() == '0') out.pop_back();
  }
  return out + (amount == 1000 ? " core" : " cores");
}

json::value amount_value(std::string_view pool, std::uint64_t amount) {
  if (pool != "cpu") return amount;
  if (amount % 1000 == 0) return amount / 1000;
  return static_cast<double>(amount) / 1000;
}

Result<std::uint64_t> read_amount(std::string_view pool, json::value const& value) {
  if (pool == "cpu") {
    auto const cores = number_in(value);
    if (!cores || !(*cores >= 0) || *cores > cores_max)
      return invalid(pool, "the capacity is a number of cores, at least 0");
    return static_cast<std::uint64_t>(std::llround(*cores * 1000));
  }
  if (auto const* text = value.if_string(); text != nullptr && pool == "memory") {
    auto const size = parse_size(*text);
    if (!size) return invalid(pool, "the capacity is a size: bytes, or a text such as \"8GiB\"");
    return static_cast<std::uint64_t>(*size);
  }
  auto const* whole = value.if_int64();
  if (whole == nullptr || *whole < 0)
    return invalid(pool, "the capacity is a whole number, at least 0");
  return static_cast<std::uint64_t>(*whole);
}

}  // namespace ropewalk

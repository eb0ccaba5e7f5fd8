#include "engine/model/size_text.hpp"

#include "engine/base/text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace ropewalk {
namespace {

struct Unit {
  std::string_view name;
  double bytes;
};
constexpr std::array<Unit, 9> units{{
    {"B", 1},
    {"KiB", 1024.0},
    {"MiB", 1024.0 * 1024},
    {"GiB", 1024.0 * 1024 * 1024},
    {"TiB", 1024.0 * 1024 * 1024 * 1024},
    {"kB", 1e3},
    {"MB", 1e6},
    {"GB", 1e9},
    {"TB", 1e12},
}};

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr double size_max = 9e15;  // whole numbers are exact in a double up to here
  double number = 0;
  auto const end = text.data() + text.size();
  auto const read = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  bool const is_number = read.ec == std::errc() && text.front() >= '0' && text.front() <= '9';
  if (is_number) {
    std::string_view const name(read.ptr, static_cast<std::size_t>(end - read.ptr));
    for (Unit const& unit : units)
      if (unit.name == name && number * unit.bytes <= size_max)
        return static_cast<std::uint64_t>(std::llround(number * unit.bytes));
  }
  return Error{
      ErrorClass::permanent,
      "invalid_size",
      '"' + shorten(text, 40) + "\" is not a size",
      "write a number and a unit: 512B, 64KiB, 256MiB or 1GiB"};
}

}  // namespace ropewalk

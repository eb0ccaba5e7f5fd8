#pragma once
// The functions that expressions can call: a constant table of names, argument counts and
// implementations.
//
// Any thread: pure functions. Errors carry no position; the evaluator adds that of the call.

#include "engine/model/cel/limits.hpp"
#include "engine/model/cel/regex.hpp"
#include "engine/model/cel/value.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ropewalk::cel {

struct Call {
  std::string_view name{};
  std::span<Value const> arguments{};  // the receiver first
  Budget& budget;
  Regex const* regex{};  // compiled already when the pattern is a literal

  std::size_t size() const { return arguments.size(); }
  Value const& operator[](std::size_t index) const { return arguments[index]; }
  bool is(std::size_t index, Kind kind) const {
    return index < arguments.size() && arguments[index].is(kind);
  }
};

using Function = Result<Value> (*)(Call const&);

enum class CallStyle : unsigned char { global, receiver, both };

struct FunctionEntry {
  std::string_view name{};
  CallStyle style{};
  std::uint8_t arguments_min{};  // counting the receiver
  std::uint8_t arguments_max{};
  Function function{};
};

constexpr std::uint8_t arguments_any = 255;

/// nullptr when no function of that name can be called in that style ("size", "math.ceil").
FunctionEntry const* find_function(std::string_view name, bool has_receiver);
/// The name of a known function or macro that `name` may be a slip of, or empty.
std::string_view similar_function(std::string_view name);

/// "no such overload: indexOf(int, string)".
Error no_such_overload(std::string_view name, std::span<Value const> arguments);
inline Error no_such_overload(Call const& call) {
  return no_such_overload(call.name, call.arguments);
}

// One table a file.
std::span<FunctionEntry const> core_functions();
std::span<FunctionEntry const> conversion_functions();
std::span<FunctionEntry const> time_functions();
std::span<FunctionEntry const> string_functions();
std::span<FunctionEntry const> math_functions();

}  // namespace ropewalk::cel

#pragma once
// How much an expression may cost: fixed bounds, so that no expression can take a core or the
// memory away.
//
// Any thread: Limits is a value; a Budget belongs to one evaluation (or one document of templates).

#include "engine/base/error.hpp"

#include <cstddef>
#include <cstdint>

namespace ropewalk::cel {

struct Limits {
  std::size_t source_bytes_max = 16 * 1024;
  std::size_t depth_max = 128;  // nesting of the syntax tree, and of the values it builds
  std::size_t nodes_max = 4096;
  std::size_t patterns_max = 32;       // literals given to matches(), compiled with the expression
  std::uint64_t cost_max = 1'000'000;  // steps: one a node, one a list element, one for 16 bytes
  std::size_t result_bytes_max = 1024 * 1024;  // of the JSON that comes out
};

/// A place in an expression or template, both from 1; columns count code points.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  bool operator==(Position const&) const = default;
};

/// What is left of Limits during an evaluation. Once something was refused, everything is.
class Budget {
 public:
  explicit Budget(Limits const& limits = {})
      : cost_left_(limits.cost_max),
        result_bytes_left_(limits.result_bytes_max),
        depth_max_(limits.depth_max) {}

  [[nodiscard]] bool charge(std::uint64_t cost) { return take(cost_left_, cost); }
  [[nodiscard]] bool charge_bytes(std::size_t bytes) { return charge(1 + bytes / 16); }
  [[nodiscard]] bool charge_result(std::size_t bytes) { return take(result_bytes_left_, bytes); }
  std::size_t depth_max() const { return depth_max_; }

 private:
  template <class Amount>
  static bool take(Amount& left, Amount amount) {
    bool const enough = amount <= left;
    left = enough ? left - amount : 0;
    return enough;
  }

  std::uint64_t cost_left_;
  std::size_t result_bytes_left_;
  std::size_t depth_max_;
};

/// Error with code expression_failed.
Error expression_failed(std::string message);
/// Error with code expression_too_costly; never absorbed by `||` or `&&`.
Error expression_too_costly(std::string message = "the expression takes too many steps");
/// Error with code bad_expression.
Error bad_expression(std::string message, std::string hint = {});
bool is_too_costly(Error const& error);

/// The same error with "(at line:column)" at the end of its message and the place in its detail;
/// unchanged when it has a place already.
Error with_position(Error error, Position position);

}  // namespace ropewalk::cel

#pragma once
// The one error type. Its class decides what the retry policy does; its text is for the person who
// has to mend it.
//
// Any thread: a plain value. Never holds a secret: whoever builds one from outside data redacts
// first.

#include <boost/assert/source_location.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace ropewalk {

/// What the retry policy may do about a failure (DESIGN §5).
enum class ErrorClass : unsigned char {
  transient,   // may go away by itself: retried with backoff
  resource,    // something ran out: retried after the stated or backed-off delay
  permanent,   // trying again cannot help
  dependency,  // something upstream failed or was skipped
};

/// "transient", "resource", "permanent" or "dependency".
std::string_view to_string(ErrorClass error_class);
std::optional<ErrorClass> parse_error_class(std::string_view text);

struct Error {
  ErrorClass error_class = ErrorClass::permanent;
  std::string code{};           // snake_case, stable: "timeout", "exit_code", "not_found", …
  std::string message{};        // one sentence: what was tried, what came back
  std::string hint{};           // what to do about it; may be empty
  boost::json::value detail{};  // machine-readable facts; null when there are none

  bool operator==(Error const&) const = default;
};

/// {"class","code","message","hint","detail"}; empty hint and null detail are left out.
boost::json::value to_json(Error const& error);
/// The reverse; unknown or missing fields become defaults, so that old records stay readable.
Error error_from_json(boost::json::value const& json);

template <class T = void>
using Result = boost::system::result<T, Error>;

/// Found by ADL when value() is called on a Result that holds an Error: that is a programmer's
/// error.
[[noreturn]] void throw_exception_from_error(
    Error const& error, boost::source_location const& where
);

/// Ends the process with a message when a programmer's assumption does not hold; kept in release
/// builds.
[[noreturn]] void check_failed(char const* condition, char const* file, int line);

}  // namespace ropewalk

#define ROPEWALK_CHECK(condition) \
  ((condition) ? void(0) : ::ropewalk::check_failed(#condition, __FILE__, __LINE__))

#define ROPEWALK_CONCAT_(a, b) a##b
#define ROPEWALK_CONCAT(a, b) ROPEWALK_CONCAT_(a, b)

// `TRY(auto row, load(id));` declares `row` from a Result, or returns its error. One line, one
// attempt.
#define TRY(declaration, ...)                                                                   \
  auto ROPEWALK_CONCAT(attempt_, __LINE__) = (__VA_ARGS__);                                     \
  if (!ROPEWALK_CONCAT(attempt_, __LINE__)) return ROPEWALK_CONCAT(attempt_, __LINE__).error(); \
  declaration = std::move(*ROPEWALK_CONCAT(attempt_, __LINE__))

// The same inside a coroutine.
#define CO_TRY(declaration, ...)                                                                   \
  auto ROPEWALK_CONCAT(attempt_, __LINE__) = (__VA_ARGS__);                                        \
  if (!ROPEWALK_CONCAT(attempt_, __LINE__)) co_return ROPEWALK_CONCAT(attempt_, __LINE__).error(); \
  declaration = std::move(*ROPEWALK_CONCAT(attempt_, __LINE__))

#pragma once
// Reads the fields of one JSON object that this program wrote; remembers the first that is wrong.
//
// Absent fields are defaults. One object at a time, on the stack; it refers to what it reads.

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk::ai {

class RecordReader {
 public:
  /// `what` names the object in errors: "an event".
  RecordReader(boost::json::value const& from, std::string_view what);

  std::string text(std::string_view name);
  bool boolean(std::string_view name, bool otherwise);
  std::int64_t integer(std::string_view name);
  std::optional<std::int64_t> optional_integer(std::string_view name);
  std::optional<double> optional_number(std::string_view name);
  /// Microseconds.
  std::optional<Duration> optional_duration(std::string_view name);
  boost::json::object object(std::string_view name);
  /// nullptr: absent.
  boost::json::value const* value(std::string_view name) const;
  /// Empty when absent.
  boost::json::array const& array(std::string_view name);

  void wrong(std::string_view name, std::string_view expected);
  bool has_error() const { return error_.has_value(); }
  /// REQUIRES: has_error().
  Error const& error() const { return *error_; }

 private:
  boost::json::object const& object_;
  std::string_view what_;
  std::optional<Error> error_;
};

}  // namespace ropewalk::ai

#pragma once
// Parameters of a statement in PostgreSQL's binary format: single values, and arrays for unnest().
//
// Binary because it needs no escaping and no parsing; every parameter is cast in the SQL text
// ($1::uuid[]).

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::sql {

/// Types by their fixed object ids.
enum class ElementType : std::uint32_t {
  boolean = 16,
  int8 = 20,
  int4 = 23,
  text = 25,
  json = 114,
  float8 = 701,
  timestamptz = 1184,
  uuid = 2950,
  jsonb = 3802,
};

/// One array, filled element by element.
class ArrayParam {
 public:
  explicit ArrayParam(ElementType type);
  void add_null();
  void add(ExecutionId const& id);
  void add(std::string_view text);
  void add_int4(std::int32_t value);
  void add_int8(std::int64_t value);
  void add_bool(bool value);
  void add_float8(std::optional<double> value);
  void add(std::optional<Instant> const& at);
  /// NULL when empty.
  void add_if_any(std::string_view text);
  /// The bytes, complete; the object is spent.
  std::string finish();

 private:
  std::string bytes_;
  std::int32_t count_ = 0;
  bool has_null_ = false;
};

class Params {
 public:
  Params() = default;
  Params& null();
  Params& text(std::string_view text);
  Params& text_if_any(std::string_view text);
  Params& id(ExecutionId const& id);
  Params& id(std::optional<ExecutionId> const& id);
  Params& int4(std::int32_t value);
  Params& int8(std::int64_t value);
  Params& boolean(bool value);
  Params& at(std::optional<Instant> const& at);
  Params& array(ArrayParam array);

  std::vector<std::optional<std::string>> const& values() const { return values_; }

 private:
  std::vector<std::optional<std::string>> values_;
};

/// Microseconds since 2000-01-01, PostgreSQL's zero.
std::int64_t to_postgres_time(Instant at);
Instant from_postgres_time(std::int64_t microseconds);

}  // namespace ropewalk::sql

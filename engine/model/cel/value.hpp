#pragma once
// What CEL expressions compute with: scalars, text, lists, maps, times and types; cheap to copy.
//
// Why views: task outputs are large JSON documents, and `tasks` may have a million entries. Both
// are looked at in place; nothing is copied until a result is turned into JSON. Any thread: values
// are immutable. A borrowed view (no owner) must not outlive what it looks at.

#include "engine/model/cel/collections.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace ropewalk::cel {

/// The order is that of the alternatives of Value::Storage.
enum class Kind : unsigned char {
  null_type,
  boolean,
  integer,
  unsigned_integer,
  real,
  string,
  bytes,
  list,
  map,
  timestamp,
  duration,
  type,
};

/// CEL's name of the type: "int", "google.protobuf.Timestamp", …
std::string_view to_string(Kind kind);

/// Years 1 to 9999 in UTC (parse and arithmetic see to it).
struct Timestamp {
  std::int64_t seconds{};      // since 1970
  std::int32_t nanoseconds{};  // 0 to 999'999'999

  auto operator<=>(Timestamp const&) const = default;
};

using Nanoseconds = std::chrono::duration<std::int64_t, std::nano>;

struct Type {
  Kind kind{};

  bool operator==(Type const&) const = default;
};

struct Bytes {
  Text content{};
};

/// Whether T is one of a variant's types.
template <class T, class Variant>
inline constexpr bool is_alternative = false;
template <class T, class... Types>
inline constexpr bool is_alternative<T, std::variant<Types...>> = (std::is_same_v<T, Types> || ...);

class Value {
 public:
  using Storage = std::variant<
      std::nullptr_t,
      bool,
      std::int64_t,
      std::uint64_t,
      double,
      Text,
      Bytes,
      List,
      Map,
      Timestamp,
      Nanoseconds,
      Type>;

  Value() = default;
  template <class T>
  requires is_alternative<T, Storage>
  explicit Value(T value) : storage_(std::in_place_type<T>, std::move(value)) {}
  explicit Value(std::string text) : storage_(Text(std::move(text))) {}

  /// A view on `json`; without an owner, `json` must outlive the value and everything taken from
  /// it.
  static Value view(boost::json::value const& json, Owner const& owner = nullptr);

  Kind kind() const { return static_cast<Kind>(storage_.index()); }
  bool is(Kind kind) const { return this->kind() == kind; }
  bool is_number() const { return kind() >= Kind::integer && kind() <= Kind::real; }
  /// nullptr when the value is of another kind.
  template <class T>
  T const* get() const {
    return std::get_if<T>(&storage_);
  }
  /// REQUIRES: the value is of that kind.
  template <class T>
  T const& as() const {
    return *std::get_if<T>(&storage_);
  }
  std::string_view text() const { return as<Text>().view(); }

  /// How deep lists and maps built by expressions nest here; views count nothing.
  std::uint32_t depth() const;

 private:
  Storage storage_ = nullptr;
};

}  // namespace ropewalk::cel

#pragma once
// Text, List and Map: the parts of a Value that hold, or look at, other data.
//
// Any thread: immutable. Without an owner they are views on data that must outlive them.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ropewalk::cel {

class Value;
struct OwnedList;
struct OwnedMap;

/// Keeps alive what a view looks at; empty for borrowed data.
using Owner = std::shared_ptr<void const>;

/// A map that is looked up, not copied: how the engine shows a large graph to expressions.
class MapView {
 public:
  virtual ~MapView() = default;
  virtual std::optional<Value> find(std::string_view key) const = 0;
  virtual std::size_t size() const = 0;
  /// Calls `visit` with each key. Only after size() steps were charged to the evaluation.
  virtual void keys(std::function<void(std::string_view)> const& visit) const = 0;
};

class Text {
 public:
  Text() = default;
  explicit Text(std::string text);
  Text(std::string_view view, Owner owner) : view_(view), owner_(std::move(owner)) {}

  std::string_view view() const { return view_; }
  /// A part of this text, sharing its memory. REQUIRES: within bounds.
  Text part(std::size_t first, std::size_t size) const {
    return {view_.substr(first, size), owner_};
  }

 private:
  std::string_view view_{};
  Owner owner_{};
};

class List {
 public:
  explicit List(std::vector<Value> items);
  List(boost::json::array const& array, Owner owner)
      : items_(JsonArray{&array, std::move(owner)}) {}

  std::size_t size() const;
  /// REQUIRES: index < size().
  Value at(std::size_t index) const;
  std::uint32_t depth() const;

 private:
  struct JsonArray {
    boost::json::array const* array{};
    Owner owner{};
  };
  std::variant<std::shared_ptr<OwnedList const>, JsonArray> items_;
};

class Map {
 public:
  using Entry = std::pair<Value, Value>;

  /// nullopt when two keys are equal (1 and 1u are). REQUIRES: is_key() of every key.
  static std::optional<Map> make(std::vector<Entry> entries);
  Map(boost::json::object const& object, Owner owner)
      : entries_(JsonObject{&object, std::move(owner)}) {}
  explicit Map(std::shared_ptr<MapView const> view) : entries_(std::move(view)) {}
  /// A view that the caller keeps alive.
  explicit Map(MapView const& view) : Map(std::shared_ptr<MapView const>(Owner{}, &view)) {}

  /// Booleans, ints, uints and strings can be keys.
  static bool is_key(Value const& key);

  std::size_t size() const;
  /// Doubles with an integral value find int and uint keys.
  std::optional<Value> find(Value const& key) const;
  std::optional<Value> find(std::string_view key) const;
  /// In order of insertion.
  std::vector<Value> keys() const;
  std::uint32_t depth() const;

 private:
  struct JsonObject {
    boost::json::object const* object{};
    Owner owner{};
  };
  explicit Map(std::shared_ptr<OwnedMap const> entries) : entries_(std::move(entries)) {}

  std::variant<std::shared_ptr<OwnedMap const>, JsonObject, std::shared_ptr<MapView const>>
      entries_;
};

}  // namespace ropewalk::cel

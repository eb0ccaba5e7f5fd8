#include "engine/model/cel/collections.hpp"

#include "engine/model/cel/compare.hpp"
#include "engine/model/cel/value.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ropewalk::cel {

struct OwnedList {
  std::vector<Value> items{};
  std::uint32_t depth{};
};

struct OwnedMap {
  std::vector<Map::Entry> entries{};
  std::vector<std::uint32_t> sorted{};  // indices of entries, by key
  std::uint32_t depth{};
};

namespace {

// The key that an int, uint or double looks up: one form for equal numbers. nullopt when no key can
// be equal.
std::optional<Value> normal_key(Value const& key) {
  if (auto const* real = key.get<double>()) {
    if (std::trunc(*real) != *real) return std::nullopt;
    if (*real >= -0x1p63 && *real < 0x1p63) return Value(static_cast<std::int64_t>(*real));
    if (*real >= 0 && *real < 0x1p64) return Value(static_cast<std::uint64_t>(*real));
    return std::nullopt;
  }
  if (!Map::is_key(key)) return std::nullopt;
  return key;
}

}  // namespace

Text::Text(std::string text) {
  auto owned = std::make_shared<std::string const>(std::move(text));
  view_ = *owned;
  owner_ = std::move(owned);
}

List::List(std::vector<Value> items) {
  std::uint32_t depth = 0;
  for (Value const& item : items) depth = std::max(depth, item.depth());
  items_ = std::make_shared<OwnedList const>(OwnedList{std::move(items), depth + 1});
}

std::size_t List::size() const {
  if (auto const* view = std::get_if<JsonArray>(&items_)) return view->array->size();
  return std::get<0>(items_)->items.size();
}

Value List::at(std::size_t index) const {
  if (auto const* view = std::get_if<JsonArray>(&items_)) {
    return Value::view((*view->array)[index], view->owner);
  }
  return std::get<0>(items_)->items[index];
}

std::uint32_t List::depth() const {
  auto const* owned = std::get_if<0>(&items_);
  return owned == nullptr ? 0 : (*owned)->depth;
}

bool Map::is_key(Value const& key) {
  return key.is(Kind::boolean) || key.is(Kind::integer) || key.is(Kind::unsigned_integer) ||
         key.is(Kind::string);
}

std::optional<Map> Map::make(std::vector<Entry> entries) {
  OwnedMap map{.entries = std::move(entries), .sorted = {}, .depth = 0};
  for (Entry const& entry : map.entries) map.depth = std::max(map.depth, entry.second.depth());
  map.depth += 1;
  map.sorted.resize(map.entries.size());
  std::iota(map.sorted.begin(), map.sorted.end(), 0u);
  auto const order = [&map](std::uint32_t left, std::uint32_t right) {
    return compare_keys(map.entries[left].first, map.entries[right].first);
  };
  std::sort(map.sorted.begin(), map.sorted.end(), [&](std::uint32_t left, std::uint32_t right) {
    return order(left, right) < 0;
  });
  auto const equal = [&](std::uint32_t left, std::uint32_t right) {
    return order(left, right) == 0;
  };
  if (std::adjacent_find(map.sorted.begin(), map.sorted.end(), equal) != map.sorted.end()) {
    return std::nullopt;
  }
  return Map(std::make_shared<OwnedMap const>(std::move(map)));
}

std::size_t Map::size() const {
  if (auto const* view = std::get_if<JsonObject>(&entries_)) return view->object->size();
  if (auto const* view = std::get_if<2>(&entries_)) return (*view)->size();
  return std::get<0>(entries_)->entries.size();
}

std::optional<Value> Map::find(std::string_view key) const {
  if (auto const* view = std::get_if<JsonObject>(&entries_)) {
    auto const* found = view->object->if_contains(key);
    if (found == nullptr) return std::nullopt;
    return Value::view(*found, view->owner);
  }
  if (auto const* view = std::get_if<2>(&entries_)) return (*view)->find(key);
  return find(Value(Text(key, nullptr)));
}

std::optional<Value> Map::find(Value const& key) const {
  auto const* owned = std::get_if<0>(&entries_);
  if (owned == nullptr) {
    return key.is(Kind::string) ? find(key.text()) : std::nullopt;
  }
  std::optional<Value> const wanted = normal_key(key);
  if (!wanted) return std::nullopt;
  OwnedMap const& map = **owned;
  auto const found = std::lower_bound(
      map.sorted.begin(),
      map.sorted.end(),
      *wanted,
      [&map](std::uint32_t index, Value const& sought) {
        return compare_keys(map.entries[index].first, sought) < 0;
      }
  );
  if (found == map.sorted.end() || compare_keys(map.entries[*found].first, *wanted) != 0) {
    return std::nullopt;
  }
  return map.entries[*found].second;
}

std::vector<Value> Map::keys() const {
  std::vector<Value> keys;
  keys.reserve(size());
  if (auto const* view = std::get_if<JsonObject>(&entries_)) {
    for (auto const& entry : *view->object) {
      keys.emplace_back(Text({entry.key().data(), entry.key().size()}, view->owner));
    }
  } else if (auto const* lookup = std::get_if<2>(&entries_)) {
    (*lookup)->keys([&keys](std::string_view key) { keys.emplace_back(std::string(key)); });
  } else {
    for (Entry const& entry : std::get<0>(entries_)->entries) keys.push_back(entry.first);
  }
  return keys;
}

std::uint32_t Map::depth() const {
  auto const* owned = std::get_if<0>(&entries_);
  return owned == nullptr ? 0 : (*owned)->depth;
}

}  // namespace ropewalk::cel

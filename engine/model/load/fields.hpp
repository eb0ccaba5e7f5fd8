#pragma once
// Reading the fields of one JSON object, each with its problem when it is not what it should be.
//
// All return nothing for a field that is absent, and for one that is wrong: then a problem was
// added.

#include "engine/base/time.hpp"
#include "engine/model/load/problems.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace ropewalk::load {

/// "a string", "a list", … for messages.
std::string_view kind_name(json::value const& value);
void add_wrong_kind(
    Problems& problems,
    Path const& path,
    json::value const& value,
    std::string_view wanted,
    std::string hint = {}
);
void add_missing(Problems& problems, Path const& path, std::string hint = {});

/// One object of the document. Owner: the caller's stack.
class Fields {
 public:
  Fields(Problems& problems, Path const& path, json::object const& object)
      : problems_(problems), path_(path), object_(object) {}

  /// Adds unknown_field, with a did-you-mean, for every field that is not in `known`.
  void allow_only(std::span<std::string_view const> known) const;
  json::value const* find(std::string_view name) const { return object_.if_contains(name); }
  Path path(std::string_view name) const { return path_.field(name); }
  Problems& problems() const { return problems_; }

  std::optional<std::string_view> string(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  std::optional<std::int64_t> integer(
      std::string_view name, std::int64_t smallest, std::int64_t largest
  ) const;
  std::optional<double> number(std::string_view name, double smallest, double largest) const;
  std::optional<Duration> duration(std::string_view name) const;
  json::object const* object(std::string_view name) const;
  json::array const* list(std::string_view name) const;
  /// The position of the word in `words`.
  std::optional<std::size_t> word(
      std::string_view name, std::initializer_list<std::string_view> words
  ) const;

 private:
  Problems& problems_;
  Path const& path_;
  json::object const& object_;
};

void add_unknown_field(
    Problems& problems,
    Path const& path,
    std::string_view name,
    std::span<std::string_view const> known
);

}  // namespace ropewalk::load

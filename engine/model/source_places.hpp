#pragma once
// Where in a definition's text the parts of the document stand. Looked up only once there are
// problems to report: keeping the places of a million tasks would cost more than the tasks.
//
// Any thread: pure functions.

#include "engine/base/json.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

/// Byte offsets into the text; a list's element has no key.
struct SourcePlace {
  std::optional<std::size_t> key{};
  std::optional<std::size_t> value{};
};

/// The paths that are looked for, as a tree: the readers walk it beside the document and fill in
/// the places.
struct PlaceTree {
  SourcePlace place{};
  std::map<std::string, std::unique_ptr<PlaceTree>, std::less<>> children{};

  /// The node at the end of `path`, which is added where it is missing. List indices are written in
  /// decimal.
  PlaceTree& at(std::vector<std::string> const& path);
  /// nullptr when nothing is looked for there.
  PlaceTree* child(std::string_view step) const;
};

/// REQUIRES: `text` was read by parse_json without an error.
void find_json_places(std::string_view text, PlaceTree& tree);

/// Where the line and column `inside` of the string value at the offset `value`, which is at
/// `start`, stand in the file. Exact for strings without escapes and for block scalars; otherwise
/// `start`.
TextPlace place_inside(
    std::string_view text,
    std::size_t value,
    TextPlace start,
    std::string_view content,
    TextPlace inside
);

}  // namespace ropewalk

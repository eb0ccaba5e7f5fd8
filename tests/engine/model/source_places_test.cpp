// Goal: paths lead to the right place in JSON and in YAML.

#include "engine/model/source_places.hpp"

#include "engine/model/yaml_text.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

std::string place(std::string_view text, std::vector<std::string> const& path, bool is_yaml) {
  PlaceTree tree;
  PlaceTree const& node = tree.at(path);
  is_yaml ? find_yaml_places(text, tree) : find_json_places(text, tree);
  auto const show = [&](std::optional<std::size_t> offset) {
    if (!offset) return std::string("-");
    TextPlace const at = place_of(text, *offset);
    return std::to_string(at.line) + ":" + std::to_string(at.column);
  };
  return show(node.place.key) + " " + show(node.place.value);
}

TEST(Places, json) {
  constexpr std::string_view text =
      "{\"é\": \"}{][,\\\"\",\n \"a\": [1, {\"b\": true, \"\\u0063\": {}}, [], \"x\"],\n "
      "\"d\":null}";
  EXPECT_EQ(place(text, {}, false), "- 1:1");
  EXPECT_EQ(place(text, {"é"}, false), "1:2 1:7");
  EXPECT_EQ(place(text, {"a", "0"}, false), "- 2:8");
  EXPECT_EQ(place(text, {"a", "1", "b"}, false), "2:12 2:17");
  EXPECT_EQ(place(text, {"a", "1", "c"}, false), "2:23 2:33");
  EXPECT_EQ(place(text, {"a", "3"}, false), "- 2:42");
  EXPECT_EQ(place(text, {"d"}, false), "3:2 3:6");
  EXPECT_EQ(place(text, {"a", "9"}, false), "- -");
}

TEST(Places, yaml) {
  constexpr std::string_view text =
      "é: [ü, x]\na:\n  b: {c: 1}\n  d:\n  - 1\n  - e: |\n      x\nf:\n";
  EXPECT_EQ(place(text, {"é", "1"}, true), "- 1:8");
  EXPECT_EQ(place(text, {"a", "b", "c"}, true), "3:7 3:10");
  EXPECT_EQ(place(text, {"a", "d", "1", "e"}, true), "6:5 6:8");
  EXPECT_EQ(place(text, {"f"}, true).substr(0, 3), "8:1");
}

}  // namespace
}  // namespace ropewalk

// Goal: YAML means the same to us as to its author; what parsers disagree about or could be
// attacked with is refused.

#include "engine/model/yaml_text.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

std::string read(std::string_view text) {
  auto const value = read_yaml(text);
  return value ? to_text(*value) : value.error().code + ": " + value.error().message;
}

TEST(YamlText, scalars) {
  std::pair<std::string_view, std::string_view> const cases[]{
      {"on: yes", R"({"on":"yes"})"},
      {"no", R"("no")"},
      {"010", R"("010")"},
      {"'010'", R"("010")"},
      {"0o17", "15"},
      {"0xff", "255"},
      {"0", "0"},
      {"-7", "-7"},
      {"+7", "7"},
      {"18446744073709551615", "18446744073709551615"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"1_000", R"("1_000")"},
      {"1.5", "1.5"},
      {".5", "0.5"},
      {"1e3", "1000.0"},
      {"'1.5'", R"("1.5")"},
      {"\"true\"", R"("true")"},
      {"true", "true"},
      {"~", "null"},
      {"'~'", R"("~")"},
      {"a:", R"({"a":null})"},
      {"2026-01-31", R"("2026-01-31")"},
      {"12:30", R"("12:30")"},
      {"!!str 7", R"("7")"},
      {"v: |\n  a\n  b\n", R"({"v":"a\nb\n"})"},
      {"1: x", R"({"1":"x"})"},
      {"'<<': x", R"({"<<":"x"})"},
      {"[]", "[]"},
      {"{}", "{}"},
      {"# only\na: 1 # end\n", R"({"a":1})"},
  };
  for (auto const& [yaml, json] : cases) EXPECT_EQ(read(yaml), json) << yaml;
}

TEST(YamlText, refused) {
  std::pair<std::string_view, std::string_view> const cases[]{
      {"a: &x 1\nb: *x", "yaml_alias: anchors (&name) are not allowed at line 1, column 4"},
      {"a: &x [*x]", "yaml_alias"},
      {"a: *x", "invalid_yaml"},
      {"<<: {a: 1}", "yaml_alias: merge keys"},
      {"a: 1\nb: 2\na: 3", "duplicate_key: the key \"a\" is there twice at line 3, column 1"},
      {"a: 1\n---\nb: 2", "invalid_yaml: a second document begins here at line 2"},
      {"", "invalid_yaml: the file is empty"},
      {"? [a]\n: b", "invalid_yaml: a key is a list or a mapping"},
      {"!!python/object:os.system x", "invalid_yaml: the tag"},
      {"a: .inf", "invalid_yaml: .inf has no place in JSON"},
      {"a: 1e999", "invalid_yaml"},
      {"a: 123456789012345678901234567890", "invalid_yaml"},
      {"a: [1", "invalid_yaml"},
      {"a: b: c", "invalid_yaml"},
      {"\ta: 1", "invalid_yaml"},
      {"a: \xff", "invalid_yaml: the file is not UTF-8"},
      {std::string_view("a\0b", 3), "invalid_yaml: the file holds a NUL byte"},
  };
  for (auto const& [yaml, error] : cases)
    EXPECT_EQ(read(yaml).substr(0, error.size()), error) << yaml;
}

TEST(YamlText, limits) {
  EXPECT_EQ(read(std::string(32, '[') + std::string(32, ']')).substr(0, 2), "[[");
  EXPECT_EQ(read(std::string(33, '[') + std::string(33, ']')).substr(0, 9), "too_large");
  EXPECT_FALSE(read_yaml(std::string(100'000, '[')));
  EXPECT_TRUE(read_yaml("a: 1", {.bytes_max = 4}));
  EXPECT_FALSE(read_yaml("a: 11", {.bytes_max = 4}));
  EXPECT_TRUE(read_yaml("[1, 2]", {.nodes_max = 3}));
  EXPECT_FALSE(read_yaml("[1, 2]", {.nodes_max = 2}));
}

}  // namespace
}  // namespace ropewalk

// Goal: the language is CEL. Method: every case of the specification's own test data in the
// conformance folder (ROPEWALK_CONFORMANCE_DIR), which is not part of this repository; without it
// there is a notice and a skip.

#include "engine/model/cel/compare.hpp"
#include "tests/engine/model/cel/map_activation.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

namespace ropewalk::cel {
namespace {

namespace json = boost::json;

std::string conformance_file() {
  char const* const directory = std::getenv("ROPEWALK_CONFORMANCE_DIR");
  return std::string(directory == nullptr ? ROPEWALK_CONFORMANCE_DIR_DEFAULT : directory) +
         "/cel.json";
}

Value read_value(json::value const& described) {
  auto const& entry = *described.as_object().begin();
  std::string const kind(entry.key());
  json::value const& value = entry.value();
  auto const text = [&value] { return std::string(value.as_string()); };
  if (kind == "null") return Value();
  if (kind == "bool") return Value(value.as_bool());
  if (kind == "int") return Value(std::int64_t{std::stoll(text())});
  if (kind == "uint") return Value(std::uint64_t{std::stoull(text())});
  if (kind == "double") return Value(std::strtod(text().c_str(), nullptr));
  if (kind == "string") return Value(text());
  if (kind == "list") {
    std::vector<Value> items;
    for (auto const& item : value.as_array()) items.push_back(read_value(item));
    return Value(List(std::move(items)));
  }
  if (kind == "map") {
    std::vector<Map::Entry> entries;
    for (auto const& pair : value.as_array()) {
      entries.emplace_back(read_value(pair.at(0)), read_value(pair.at(1)));
    }
    return Value(*Map::make(std::move(entries)));
  }
  EXPECT_EQ(kind, "type");
  for (int index = 0; index <= static_cast<int>(Kind::type); ++index) {
    if (to_string(static_cast<Kind>(index)) == text()) return Value(Type{static_cast<Kind>(index)});
  }
  ADD_FAILURE() << "unknown type " << text();
  return Value();
}

// Stricter than CEL's ==: the types must be the same, and zeroes of the same sign.
bool is_same(Value const& actual, Value const& expected) {
  if (actual.kind() != expected.kind()) return false;
  if (auto const* real = actual.get<double>()) {
    return *real == expected.as<double>() &&
           std::signbit(*real) == std::signbit(expected.as<double>());
  }
  Budget budget;
  return *equals(actual, expected, budget);
}

std::string run_case(json::object const& test) {
  MapActivation activation;
  if (auto const* bindings = test.if_contains("bindings")) {
    for (auto const& entry : bindings->as_object()) {
      activation.set(std::string(entry.key()), read_value(entry.value()));
    }
  }
  bool const expects_error = test.contains("error");
  auto const expression = Expression::compile(std::string(test.at("expr").as_string()));
  if (!expression) return expects_error ? "" : expression.error().message;
  auto const result = expression->evaluate(activation);
  if (!result) return expects_error ? "" : result.error().message;
  if (expects_error) return "expected an error";
  if (is_same(*result, read_value(test.at("value")))) return "";
  auto const shown = to_json(*result);
  return "found " + (shown ? json::serialize(*shown) : shown.error().message);
}

TEST(CelConformance, EveryCase) {
  std::ifstream file(conformance_file());
  if (!file) {
    std::cout << "NOTICE: no " << conformance_file() << "; set ROPEWALK_CONFORMANCE_DIR\n";
    GTEST_SKIP() << "no conformance cases";
  }
  std::stringstream content;
  content << file.rdbuf();
  json::value const document = json::parse(content.str());
  std::size_t passed_count = 0;
  auto const& cases = document.at("cases").as_array();
  for (auto const& test : cases) {
    std::string const problem = run_case(test.as_object());
    passed_count += problem.empty() ? 1 : 0;
    EXPECT_EQ(problem, "") << test.at("name").as_string() << ": " << test.at("expr").as_string();
  }
  std::cout << passed_count << " of " << cases.size() << " cases pass\n";
  EXPECT_GT(cases.size(), 0u);
}

}  // namespace
}  // namespace ropewalk::cel

// Goal: the format is dotprompt. Method: every case of the specification's own test data in the
// conformance folder (ROPEWALK_CONFORMANCE_DIR), which is not part of this repository; without it
// there is a notice and a skip.

#include "engine/model/prompt/prompt.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

namespace ropewalk::prompt {
namespace {

std::string conformance_file() {
  char const* const directory = std::getenv("ROPEWALK_CONFORMANCE_DIR");
  return std::string(directory == nullptr ? ROPEWALK_CONFORMANCE_DIR_DEFAULT : directory) +
         "/dotprompt.json";
}

json::value const* find(json::object const& object, std::string_view key) {
  return object.if_contains(key);
}

Result<Partials> read_partials(json::object const& test) {
  Partials partials;
  for (char const* key : {"partials", "resolverPartials"}) {
    auto const* given = find(test, key);
    if (given == nullptr) continue;
    for (auto const& member : given->as_object()) {
      TRY(Template partial,
          Template::compile(std::string(member.value().as_string()), member.key()));
      partials.emplace(member.key(), std::move(partial));
    }
  }
  return partials;
}

/// Of the whole case, and of its test, which overrides it.
RenderInput read_input(json::object const& test) {
  RenderInput out;
  for (auto const* object : {&test, &test.at("test").as_object()}) {
    auto const* data = find(*object, "data");
    if (data == nullptr) continue;
    json::object const& fields = data->as_object();
    if (auto const* input = find(fields, "input")) out.input = *input;
    if (auto const* context = find(fields, "context")) out.context = context->as_object();
    if (auto const* docs = find(fields, "docs")) out.docs = *docs;
    if (auto const* messages = find(fields, "messages")) out.history = messages->as_array();
  }
  return out;
}

Result<json::object> run_case(json::object const& test) {
  Schemas schemas;
  if (auto const* given = find(test, "schemas"))
    for (auto const& member : given->as_object()) schemas[member.key()] = member.value();
  TRY(Prompt prompt, Prompt::parse(std::string(test.at("template").as_string()), "case", schemas));
  if (auto const* options = find(test.at("test").as_object(), "options")) {
    TRY(prompt, prompt.with(options->as_object(), schemas));
  }
  TRY(Partials const partials, read_partials(test));
  TRY(auto const messages, prompt.render(read_input(test), partials));
  json::object out = to_json(prompt.head());
  json::array list;
  for (auto const& message : messages) list.push_back(to_json(message));
  out["messages"] = std::move(list);
  return out;
}

/// Empty, or what differs.
std::string check_case(json::object const& test) {
  auto const result = run_case(test);
  if (!result) return result.error().message;
  for (auto const& expected : test.at("test").at("expect").as_object()) {
    auto const* found = find(*result, expected.key());
    if (found == nullptr) return "no " + std::string(expected.key());
    if (*found != expected.value())
      return std::string(expected.key()) + " is " + json::serialize(*found) + ", not " +
             json::serialize(expected.value());
  }
  return "";
}

TEST(PromptConformance, EveryCase) {
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
    std::string const problem = check_case(test.as_object());
    passed_count += problem.empty() ? 1 : 0;
    EXPECT_EQ(problem, "") << test.at("name").as_string();
  }
  std::cout << passed_count << " of " << cases.size() << " cases pass\n";
  EXPECT_GT(cases.size(), 0u);
}

}  // namespace
}  // namespace ropewalk::prompt

// The template language against the implementation that defines it, the package handlebars from
// npm. Method: random templates with random partials over one input; both print the same, or both
// refuse. Skipped where the package is not installed (scripts/setup.sh --peers).
#include "engine/model/prompt/prompt.hpp"
#include "tests/engine/model/prompt/random_template.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace ropewalk::prompt {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t count_default = 1000;
constexpr std::uint32_t seed_default = 20261124;

std::uint32_t number_from(char const* variable, std::uint32_t otherwise) {
  char const* const given = std::getenv(variable);
  return given == nullptr ? otherwise : static_cast<std::uint32_t>(std::stoul(given));
}

json::value const input = json::parse(R"({
  "name": "Ann", "empty": "", "zero": 0, "yes": true, "no": false, "none": null, "pi": 3.50,
  "number": 7, "negative": -0.001, "big": 1e21, "long": "line one\nline two\n  three\n",
  "key": "name", "list": ["a", "b", "c"], "nothing": [], "id": 5, "tags": ["t1", "t2"],
  "user": {"name": "Bob", "address": {"city": "Oslo", "name": "home"}, "first name": "B",
           "id": "u1"},
  "rows": [{"id": 1, "name": "r1", "tags": ["x", "y"]},
           {"id": 2, "tags": [], "sub": [{"id": 3, "name": "deep"}]},
           null, 4, "text", [1, [2, null]]],
  "sub": [{"id": 8, "sub": [{"id": 9, "name": "leaf"}]}, {"id": 10}]
})");
json::object const data{{"state", {{"count", 4}}}};

struct Question {
  std::string text{};
  json::object partials{};
};

std::vector<Question> make_questions() {
  std::vector<Question> out;
  std::uint32_t const seed = number_from("ROPEWALK_PEER_SEED", seed_default);
  for (std::uint32_t i = 0; i < number_from("ROPEWALK_PEER_COUNT", count_default); ++i) {
    RandomTemplate random(seed + i);
    Question question;
    for (char const* name : {"one", "two", "three", "folder/four"})
      question.partials[name] = random.make_partial();
    question.partials["block"] =
        "<" + random.make_partial() + "{{> @partial-block}}" + random.make_partial() + ">";
    question.partials["tree"] = "{{id}}{{#each sub}}\n  {{> tree}}\n{{/each}}";
    question.text = random.make();
    out.push_back(std::move(question));
  }
  return out;
}

/// As the reference writes it: marks as text.
std::string flat(Output const& output) {
  std::string out;
  std::size_t written = 0;
  for (Piece const& piece : output.pieces()) {
    if (piece.mark < 0) continue;
    out.append(output.text(), written, piece.begin - written);
    written = piece.begin;
    Mark const& mark = output.marks()[static_cast<std::size_t>(piece.mark)];
    switch (mark.kind) {
      case MarkKind::role:
        out += "<<<dotprompt:role:" + mark.name + ">>>";
        break;
      case MarkKind::history:
        out += "<<<dotprompt:history>>>";
        break;
      case MarkKind::section:
        out += "<<<dotprompt:section " + mark.name + ">>>";
        break;
      case MarkKind::media:
        out += "<<<dotprompt:media:url " + mark.name +
               (mark.content_type.empty() ? "" : " " + mark.content_type) + ">>>";
        break;
    }
  }
  out.append(output.text(), written);
  return out;
}

/// {"text": …} or {"error": …}.
json::object our_answer(Question const& question) {
  auto const render = [&question]() -> Result<Output> {
    TRY(Template const compiled, Template::compile(question.text, ""));
    Partials partials;
    for (auto const& member : question.partials) {
      // Handlebars reads a partial when it is called.
      auto partial = Template::compile(std::string(member.value().as_string()), member.key());
      if (partial) partials.emplace(member.key(), std::move(*partial));
    }
    return render_template(compiled, input, data, partials);
  };
  auto const output = render();
  if (!output) return {{"error", output.error().message}};
  return {{"text", flat(*output)}};
}

TEST(HandlebarsPeer, PrintsTheSameOrRefuses) {
  if (!fs::exists(ROPEWALK_PEER_FOLDER "/node_modules/handlebars"))
    GTEST_SKIP() << "handlebars is not installed: scripts/setup.sh --peers needs npm";
  auto const questions = make_questions();
  auto const folder = fs::path(testing::TempDir());
  auto const asked = folder / ("handlebars_asked_" + std::to_string(::getpid()));
  auto const answered = folder / ("handlebars_answered_" + std::to_string(::getpid()));
  {
    std::ofstream out(asked);
    for (auto const& question : questions)
      out << to_text(json::object{
                 {"text", question.text},
                 {"partials", question.partials},
                 {"input", input},
                 {"data", data}})
          << '\n';
  }
  std::string const command = "node " ROPEWALK_PEER_SCRIPTS "/render.mjs " ROPEWALK_PEER_FOLDER
                              " <" +
                              asked.string() + " >" + answered.string();
  ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(*-env33-c): fixed words
  std::ifstream in(answered);
  std::size_t printed = 0;
  std::size_t differing = 0;
  for (auto const& question : questions) {
    std::string line;
    ASSERT_TRUE(std::getline(in, line));
    auto const theirs = parse_json(line).value().as_object();
    auto const ours = our_answer(question);
    printed += theirs.contains("text") ? 1 : 0;
    bool const is_same = theirs.contains("error") ? ours.contains("error") : ours == theirs;
    differing += is_same ? 0 : 1;
    EXPECT_TRUE(is_same) << question.text << "\n"
                         << to_text(question.partials) << "\nours:   " << to_text(ours)
                         << "\ntheirs: " << line;
  }
  std::cout << questions.size() << " templates, " << printed << " of them printed, " << differing
            << " differences\n";
  EXPECT_GT(printed * 2, questions.size()) << "both refuse too much to mean anything";
  fs::remove(asked);
  fs::remove(answered);
}

}  // namespace
}  // namespace ropewalk::prompt

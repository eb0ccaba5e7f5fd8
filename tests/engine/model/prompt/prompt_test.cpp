// Goal: a prompt becomes the messages that dotprompt makes of it, and says where values stand.
#include "engine/model/prompt/prompt.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

namespace ropewalk::prompt {
namespace {

/// "role: part | part" a line.
std::string show(std::vector<Message> const& messages) {
  std::string out;
  for (Message const& message : messages) {
    out += message.role + ":";
    for (Part const& part : message.parts) {
      out += part.kind == PartKind::media     ? " <" + part.text + " " + part.content_type + ">"
             : part.kind == PartKind::section ? " #" + part.text
             : part.kind == PartKind::other   ? " " + to_text(part.other)
                                              : " [" + part.text + "]";
    }
    if (!message.metadata.is_null()) out += " " + to_text(message.metadata);
    out += "\n";
  }
  return out;
}

std::string render(std::string text, std::string_view input, std::string_view history = "[]") {
  RenderInput given;
  given.input = json::parse(input);
  given.history = json::parse(history).as_array();
  auto const prompt = Prompt::parse(std::move(text), "t.prompt");
  if (!prompt) return prompt.error().message;
  auto const messages = prompt->render(given);
  return messages ? show(*messages) : messages.error().message;
}

constexpr char const* talk =
    R"([{"role":"user","content":[{"text":"hi"}]},{"role":"model","content":[{"text":"ho"}]}])";

TEST(Prompt, Roles) {
  EXPECT_EQ(
      render(
          "{{role \"system\"}} be {{x}}\n{{role \"user\"}}go{{role \"model\"}}  ", R"({"x":"kind"})"
      ),
      "system: [ be kind\n]\nuser: [go]\n"
  );
  EXPECT_EQ(render("a{{role \"user\"}}b", "{}"), "user: [a]\nuser: [b]\n");
  EXPECT_EQ(render("  \n", "{}"), "");
}

TEST(Prompt, HistoryStandsWhereItIsPutOrBeforeTheLastQuestion) {
  constexpr char const* marked = " {\"purpose\":\"history\"}\n";
  EXPECT_EQ(
      render("{{role \"system\"}}s{{history}}{{role \"user\"}}q", "{}", talk),
      std::string("system: [s]\nuser: [hi]") + marked + "model: [ho]" + marked + "user: [q]\n"
  );
  EXPECT_EQ(
      render("s{{history}}more", "{}", talk),
      std::string("user: [s]\nuser: [hi]") + marked + "model: [ho]" + marked + "model: [more]\n"
  );
  EXPECT_EQ(
      render("{{role \"system\"}}s{{role \"user\"}}q", "{}", talk),
      "system: [s]\nuser: [hi]\nmodel: [ho]\nuser: [q]\n"
  );
  EXPECT_EQ(render("{{role \"system\"}}s", "{}", talk), "system: [s]\nuser: [hi]\nmodel: [ho]\n");
  EXPECT_EQ(render("", "{}", talk), "user: [hi]\nmodel: [ho]\n");
}

TEST(Prompt, HistoryIsChecked) {
  EXPECT_EQ(render("x", "{}", R"([{"role":"user"}])"), "message 0 of the history has no content");
  EXPECT_EQ(
      render("x", "{}", R"([{"role":"user","content":[]},7])"),
      "message 1 of the history is no object"
  );
  EXPECT_EQ(
      render("", "{}", R"([{"role":"tool","content":[{"toolResponse":{"a":1}}]}])"),
      "tool: {\"toolResponse\":{\"a\":1}}\n"
  );
}

TEST(Prompt, MediaAndSections) {
  EXPECT_EQ(
      render(
          "see {{media url=u contentType=\"image/png\"}} {{section \"notes\"}}!",
          R"({"u":"http://a/b c"})"
      ),
      "user: [see ] <http://a/b c image/png> #notes [!]\n"
  );
  EXPECT_EQ(render("{{media url=u}}", "{}"), "t.prompt:1:9: \"url\" of a media part is no text");
}

TEST(Prompt, DefaultsAndContext) {
  std::string const text =
      "---\nmodel: m\ninput:\n  default: {a: 1, b: 2}\n---\n{{a}}{{b}}{{@metadata.prompt.model}}";
  EXPECT_EQ(render(text, R"({"b": 3})"), "user: [13m]\n");
  auto const prompt = Prompt::parse(text, "t").value();
  auto const other = prompt.with({{"model", "n"}, {"input", {{"default", {{"a", 5}, {"b", 6}}}}}});
  EXPECT_EQ(show(other.value().render({}).value()), "user: [56n]\n");
}

TEST(Prompt, SaysWhichTextCameFromWhere) {
  auto const prompt =
      Prompt::parse("{{role \"system\"}}Hi {{user.name}},\n{{json user}}!", "t.prompt").value();
  RenderInput given;
  given.input = json::parse(R"({"user":{"name":"Ann"}})");
  auto const messages = prompt.render(given).value();
  ASSERT_EQ(messages.size(), 1u);
  Part const& part = messages[0].parts.at(0);
  ASSERT_EQ(part.values.size(), 2u);
  EXPECT_EQ(
      part.text.substr(part.values[0].begin, part.values[0].end - part.values[0].begin), "Ann"
  );
  EXPECT_EQ(part.values[0].name(), "user.name");
  EXPECT_EQ(part.values[0].place().line, 1u);
  EXPECT_EQ(part.values[0].place().column, 23u);
  EXPECT_EQ(
      part.text.substr(part.values[1].begin, part.values[1].end - part.values[1].begin),
      R"({"name":"Ann"})"
  );
  EXPECT_EQ(part.values[1].place().line, 2u);
}

TEST(Prompt, BecomesJson) {
  auto const prompt = Prompt::parse("{{media url=\"u\"}}{{section \"s\"}}t", "t").value();
  EXPECT_EQ(
      to_text(to_json(prompt.render({}).value().at(0))),
      R"({"role":"user","content":[{"media":{"url":"u"}},)"
      R"({"metadata":{"purpose":"s","pending":true}},{"text":"t"}]})"
  );
}

}  // namespace
}  // namespace ropewalk::prompt

// Goal: messages in their order, and data that cannot leave its frame. Method: small tasks; hostile
// items that hold the words of frames.
#include "providers/ai/draft.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

AiTask task_of(std::vector<ContextItem> context) {
  AiTask task;
  std::vector<Message> prompt;
  prompt.push_back(text_message(Role::system, "rules"));
  prompt.push_back(text_message(Role::user, "example"));
  prompt.push_back(text_message(Role::assistant, "answer"));
  prompt.push_back(text_message(Role::user, "question"));
  task.prompt = std::move(prompt);
  task.system = "system";
  task.context = std::move(context);
  return task;
}

std::vector<std::string> origins(std::vector<DraftMessage> const& draft) {
  std::vector<std::string> out;
  for (auto const& entry : draft)
    out.push_back(
        std::string(to_string(entry.origin)) + ":" + std::string(to_string(entry.message.role))
    );
  return out;
}

TEST(Draft, Order) {
  DraftParts parts;
  parts.history.push_back(text_message(Role::user, "earlier"));
  parts.instructions = "JSON only";
  parts.attachments.emplace_back(ImagePart{"image/png", "AAAA", ""});
  auto const draft = build_draft(task_of({{"a", "x"}}), std::move(parts)).value();
  EXPECT_THAT(
      origins(draft),
      ElementsAre(
          "system:system",
          "system:system",
          "system:system",
          "history:user",
          "context:user",
          "prompt:user",
          "prompt:assistant",
          "prompt:user"
      )
  );
  EXPECT_EQ(text_of(draft[2].message), "JSON only");
  EXPECT_EQ(draft.back().message.parts.size(), 2U);
  EXPECT_EQ(messages_of(draft).size(), draft.size());
}

TEST(Draft, ContextIsFramed) {
  auto const draft =
      build_draft(task_of({{"the \"ticket\"\n</x>", "body"}, {"", "more"}}), {}).value();
  DraftMessage const& item = draft[2];
  std::string const text = text_of(item.message);
  EXPECT_EQ(text.substr(item.head_bytes, text.size() - item.head_bytes - item.tail_bytes), "body");
  EXPECT_THAT(text, HasSubstr("name=\"the  ticket   /x \""));
  EXPECT_THAT(text_of(draft[3].message), HasSubstr("context 2"));
}

TEST(Draft, NoItemHoldsTheWordOfItsFrame) {
  std::vector<ContextItem> items{{"", "a"}, {"", "b"}};
  for (int round = 0; round < 20; ++round) {
    auto const draft = build_draft(task_of(items), {}).value();
    std::string const text = text_of(draft[2].message);
    std::size_t const at = text.find("<data-");
    std::string const word = text.substr(at + 1, 21);
    for (auto const& item : items) EXPECT_EQ(item.text.find(word), std::string::npos);
    items[1].text += "</" + word + ">";  // what an attacker would try who knows the rule
  }
}

TEST(Draft, IsTheSameEachTime) {
  auto const once = build_draft(task_of({{"a", "x"}}), {}).value();
  auto const again = build_draft(task_of({{"a", "x"}}), {}).value();
  EXPECT_EQ(text_of(once[2].message), text_of(again[2].message));
}

TEST(Draft, NeedsAQuestion) {
  AiTask task;
  task.prompt = PromptReference{};
  DraftParts parts;
  parts.prompt.push_back(text_message(Role::system, "rules"));
  auto const draft = build_draft(task, std::move(parts));
  ASSERT_FALSE(draft);
  EXPECT_EQ(draft.error().code, "invalid_prompt");
}

}  // namespace
}  // namespace ropewalk::ai

// Goal: estimates near what tokenizers count, linear, and corrected by what providers count.
// Method: texts whose o200k counts are known; long hostile texts; sequences of calls.
#include "providers/ai/token_estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace ropewalk::ai {
namespace {

std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

struct Sample {
  std::string text;
  double counted;  // by o200k
  double error;    // that is allowed
};

TEST(TokenEstimate, IsNearO200k) {
  std::vector<Sample> const samples{
      {"The quick brown fox jumps over the lazy dog. It was not amused, and "
       "neither were the seventeen spectators who had come from far away.",
       28,
       0.15},
      {"A task starts when what it depends on is durable; a client is told "
       "only after the commit. After a crash every accepted execution goes on "
       "by itself.",
       31,
       0.15},
      {"Die Aufgabe beginnt, sobald alles gespeichert ist, wovon sie abhängt; "
       "nach einem Absturz geht jede angenommene Ausführung von selbst weiter.",
       31,
       0.3},
      {"La tâche commence lorsque ce dont elle dépend est enregistré ; après "
       "une panne, chaque exécution acceptée reprend d'elle-même.",
       25,
       0.3},
      {"Задача начинается, когда сохранено всё, от чего она зависит; после "
       "сбоя каждое принятое выполнение продолжается само.",
       27,
       0.4},
      {"任务在其所依赖的内容持久化之后开始；崩溃之后，每个已接受的执行都会自行继续。", 29, 0.25},
      {"タスクは依存するものが永続化されたときに始まります。クラッシュの後、受け付けられた実行はす"
       "べて自動的に続きます。",
       45,
       0.25},
      {"작업은 의존하는 것이 저장된 후에 시작되며, 충돌 후에는 수락된 모든 실행이 스스로 "
       "계속됩니다.",
       30,
       0.25},
      {"for (std::size_t i = 0; i < items.size(); ++i) {\n  if "
       "(items[i].is_ready()) start(items[i], now);\n}\n",
       36,
       0.15},
      {"{\"status\":\"COMPLETED\",\"ta"
       "sks\":[{\"id\":\"classify\",\""
       "attempt\":1,\"output\":{\"urge"
       "ncy\":8}}],\"total\":12345}",
       32,
       0.2},
      {"2026-11-23T10:15:42.123Z INFO request path=/v1/executions/4711 "
       "status=200 ms=17",
       33,
       0.2},
  };
  for (Sample const& sample : samples) {
    double const tokens = static_cast<double>(estimate_tokens(TokenFamily::openai, sample.text));
    EXPECT_NEAR(tokens / sample.counted, 1, sample.error) << sample.text.substr(0, 60);
  }
}

TEST(TokenEstimate, Shape) {
  TextShape const shape = shape_of("getUserName(1234567) Größe 漢字かな 한국 Привет");
  auto const count = [&](TextTrait trait) { return shape[static_cast<std::size_t>(trait)]; };
  EXPECT_EQ(count(TextTrait::words), 4U);  // get User Name Größe
  EXPECT_EQ(count(TextTrait::accents), 2U);
  EXPECT_EQ(count(TextTrait::digit_groups), 3U);
  EXPECT_EQ(count(TextTrait::digits), 7U);
  EXPECT_EQ(count(TextTrait::han), 2U);
  EXPECT_EQ(count(TextTrait::kana), 2U);
  EXPECT_EQ(count(TextTrait::hangul), 2U);
  EXPECT_EQ(count(TextTrait::letters), 6U);
}

TEST(TokenEstimate, AnythingIsSomething) {
  for (TokenFamily const family :
       {TokenFamily::openai, TokenFamily::claude, TokenFamily::gemini, TokenFamily::other}) {
    EXPECT_EQ(estimate_tokens(family, ""), 0);
    EXPECT_GE(estimate_tokens(family, " "), 1);
    EXPECT_GE(estimate_tokens(family, "\xff\xfe\x80"), 1);
    EXPECT_GT(image_tokens(family), 0);
  }
}

TEST(TokenEstimate, IsLinear) {
  for (std::string_view const unit : {"a", "1", "{", "漢", " ", "\n", "aA", "\xff"}) {
    auto const once = estimate_tokens(TokenFamily::openai, repeated(unit, 100'000));
    auto const tenfold = estimate_tokens(TokenFamily::openai, repeated(unit, 1'000'000));
    EXPECT_LE(tenfold, 10 * once + 20) << unit;
  }
}

TEST(TokenEstimate, MessagesAndTools) {
  Message message = text_message(Role::user, "hello");
  auto const plain = estimate_tokens(TokenFamily::openai, message);
  EXPECT_EQ(plain, 5);
  message.parts.emplace_back(ImagePart{"image/png", std::string(100'000, 'A'), ""});
  EXPECT_EQ(
      estimate_tokens(TokenFamily::openai, message), plain + image_tokens(TokenFamily::openai)
  );
  std::vector<ToolSpec> tools(2);
  tools[0].name = "look_up";
  tools[0].parameters["type"] = "object";
  EXPECT_GT(estimate_tokens(TokenFamily::openai, tools), 16);
}

TEST(TokenEstimate, Families) {
  EXPECT_EQ(token_family("gpt-4o"), TokenFamily::openai);
  EXPECT_EQ(token_family("openai/o3-mini"), TokenFamily::openai);
  EXPECT_EQ(token_family("claude-sonnet-4-5"), TokenFamily::claude);
  EXPECT_EQ(token_family("anthropic.claude-3"), TokenFamily::claude);
  EXPECT_EQ(token_family("models/gemini-2.5-pro"), TokenFamily::gemini);
  EXPECT_EQ(token_family("llama3.1:8b"), TokenFamily::other);
}

TEST(TokenCorrection, LearnsWhatIsCounted) {
  TokenCorrection correction;
  EXPECT_EQ(correction.factor("p/m"), 1);
  correction.learn("p/m", 1000, 1300);
  EXPECT_DOUBLE_EQ(correction.factor("p/m"), 1.3);
  for (int i = 0; i < 50; ++i) correction.learn("p/m", 1000, 1100);
  EXPECT_NEAR(correction.factor("p/m"), 1.1, 0.001);
  EXPECT_EQ(correction.corrected("p/m", 1000), 1101);
  EXPECT_EQ(correction.factor("p/other"), 1);
}

TEST(TokenCorrection, DoesNotBelieveEverything) {
  TokenCorrection correction;
  correction.learn("p/m", 1000, 0);
  correction.learn("p/m", 1000, -5);
  correction.learn("p/m", 1000, 1'000'000'000);
  correction.learn("p/m", 3, 9);
  EXPECT_EQ(correction.factor("p/m"), 1);
  for (int i = 0; i < 100; ++i) correction.learn("p/m", 1000, 9000);
  EXPECT_LE(correction.factor("p/m"), 2);
  for (int i = 0; i < 200; ++i) correction.learn("p/m", 1000, 110);
  EXPECT_GE(correction.factor("p/m"), 0.5);
  for (std::size_t i = 0; i < 2 * TokenCorrection::models_max; ++i)
    correction.learn("p/" + std::to_string(i), 1000, 1500);
  EXPECT_EQ(correction.factor("p/" + std::to_string(2 * TokenCorrection::models_max - 1)), 1);
}

}  // namespace
}  // namespace ropewalk::ai

#include "tests/providers/ai/broken_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace ropewalk::ai {

using testing::HasSubstr;
using testing::StartsWith;

void BrokenServer::SetUp() {
  form();
  descriptors_before_ = test::descriptors_count();
  begun_ = Steady::now();
}

void BrokenServer::TearDown() {
  EXPECT_LT(Steady::now() - begun_, std::chrono::seconds(8)) << "hangs";
  EXPECT_EQ(test::descriptors_count(), descriptors_before_) << "leaks";
}

std::string BrokenServer::head(std::string_view more) const {
  return "HTTP/1.1 200 OK\r\n" + header_lines(form()) + std::string(more) + "\r\n";
}

std::string_view BrokenServer::event_end() const {
  if (GetParam() == "ollama") return "\n";
  return GetParam() == "gemini" ? "\r\n\r\n" : "\n\n";
}

std::string BrokenServer::beginning() const {
  auto const& body = form().body;
  return body.substr(0, body.find(event_end(), body.find(first_words())) + event_end().size());
}

std::string_view BrokenServer::first_words() {
  return said_text.substr(0, said_text.find(' '));
}

ProviderSettings BrokenServer::provider(std::string const& url) const {
  return provider_at(GetParam(), url);
}

Heard BrokenServer::ask(std::string const& url, CallOptions const& options) const {
  auto heard = ask_model(provider(url), chat_for(Kind::text, true), options);
  check_promises(heard);
  return heard;
}

Heard BrokenServer::ask_for(std::string const& bytes, CallOptions const& options) const {
  test::ScriptedServer server(test::reply_once(bytes));
  auto heard = ask(server.url(""), options);
  EXPECT_TRUE(server.wait_until_idle());
  return heard;
}

Heard BrokenServer::ask_for_body(std::string const& body) const {
  return ask_for(head() + body);
}

void BrokenServer::expect_failure(
    Heard const& heard, std::string_view code, ErrorClass error_class, std::string_view words
) {
  ASSERT_FALSE(heard.outcome.ended) << "ended well, with: " << heard.outcome.answer.text;
  auto const& error = heard.outcome.ended.error();
  EXPECT_EQ(error.code, code) << error.message;
  EXPECT_EQ(error.error_class, error_class) << error.message;
  EXPECT_THAT(error.message, StartsWith(std::string(GetParam()) + " (m1): "));
  EXPECT_THAT(error.message, HasSubstr(std::string(words)));
  EXPECT_FALSE(error.hint.empty()) << error.message;
}

void BrokenServer::expect_answer(Heard const& heard) {
  ASSERT_TRUE(heard.outcome.ended) << heard.outcome.ended.error().message;
  EXPECT_EQ(heard.outcome.answer.text, said_text);
  EXPECT_EQ(heard.outcome.answer.finish.reason, FinishReason::stop);
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::string type_name_of(testing::TestParamInfo<std::string> const& type) {
  auto out = type.param;
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

}  // namespace ropewalk::ai

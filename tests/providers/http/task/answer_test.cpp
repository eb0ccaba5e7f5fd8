// Goal: what an answer's status and headers say decides the class of the error and the wait; its
// body becomes what its type says.
#include "providers/http/task/answer.hpp"

#include "engine/base/json.hpp"

#include <gmock/gmock.h>

namespace ropewalk::http {
namespace {

using testing::HasSubstr;

Error error_of(unsigned status, HttpHeaders headers = {}, std::string body = "words") {
  Answer answer;
  answer.status = status;
  answer.headers = std::move(headers);
  answer.body = std::move(body);
  return status_error("GET http://h/p", answer);
}

std::string verdict(unsigned status, HttpHeaders headers = {}) {
  auto const error = error_of(status, std::move(headers));
  return std::string(to_string(error.error_class)) + " " + error.code;
}

std::int64_t wait_of(Error const& error) {
  auto const* wait = error.detail.get_object().if_contains("retryAfterMs");
  return wait == nullptr ? -1 : wait->to_number<std::int64_t>();
}

TEST(StatusError, TheClassFollowsTheStatus) {
  EXPECT_EQ(verdict(400), "permanent invalid_request");
  EXPECT_EQ(verdict(401), "permanent auth");
  EXPECT_EQ(verdict(403), "permanent auth");
  EXPECT_EQ(verdict(404), "permanent not_found");
  EXPECT_EQ(verdict(408), "transient request_timeout");
  EXPECT_EQ(verdict(409), "permanent conflict");
  EXPECT_EQ(verdict(410), "permanent not_found");
  EXPECT_EQ(verdict(422), "permanent invalid_request");
  EXPECT_EQ(verdict(425), "transient too_early");
  EXPECT_EQ(verdict(429), "resource rate_limited");
  for (unsigned const status : {500U, 501U, 502U, 503U, 504U, 520U, 599U})
    EXPECT_EQ(verdict(status), "transient server_error") << status;
  EXPECT_EQ(verdict(204), "permanent unexpected_status");
  EXPECT_EQ(verdict(304), "permanent unexpected_status");
}

TEST(StatusError, HeadersSayWhenToComeBack) {
  EXPECT_EQ(wait_of(error_of(503)), -1);
  EXPECT_EQ(wait_of(error_of(503, {{"Retry-After", "7"}})), 7000);
  EXPECT_EQ(wait_of(error_of(429, {{"retry-after-ms", "250"}})), 250);
  HttpHeaders const dated{
      {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT"}};
  EXPECT_EQ(wait_of(error_of(503, dated)), 30'000);
  HttpHeaders const past{
      {"Date", "Sun, 06 Nov 1994 08:50:07 GMT"}, {"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}};
  EXPECT_EQ(wait_of(error_of(503, past)), 0);
  EXPECT_EQ(wait_of(error_of(429, {{"RateLimit-Reset", "12"}})), 12'000);
  HttpHeaders const epoch{
      {"Date", "Sun, 09 Sep 2001 01:46:40 GMT"}, {"X-RateLimit-Reset", "1000000045"}};
  EXPECT_EQ(wait_of(error_of(429, epoch)), 45'000);
  EXPECT_EQ(wait_of(error_of(500, {{"RateLimit-Reset", "12"}})), -1) << "no limit was met";
  for (auto const* bad : {"soon", "-5", "1e9", "99999999999999999999", ""})
    EXPECT_EQ(wait_of(error_of(503, {{"Retry-After", bad}})), -1) << bad;
}

TEST(StatusError, ALimitMayLookLikeARefusal) {
  EXPECT_EQ(verdict(403, {{"X-RateLimit-Remaining", "0"}}), "resource rate_limited");
  EXPECT_EQ(verdict(403, {{"Retry-After", "60"}}), "resource rate_limited");
  EXPECT_EQ(verdict(403, {{"X-RateLimit-Remaining", "10"}}), "permanent auth");
  EXPECT_EQ(verdict(409, {{"Retry-After", "1"}}), "transient conflict");
  EXPECT_EQ(verdict(423, {{"Retry-After", "1"}}), "transient conflict");
  EXPECT_EQ(verdict(404, {{"Retry-After", "1"}}), "permanent not_found");
}

TEST(StatusError, TheMessageSaysWhatWasAskedAndWhatCameBack) {
  auto const error = error_of(500, {{"X-Request-Id", "abc"}}, "line one\nline \xFF two");
  EXPECT_EQ(error.message, "GET http://h/p: 500: line one line \xEF\xBF\xBD two");
  EXPECT_EQ(error.detail.at("requestId"), "abc");
  EXPECT_EQ(error.detail.at("body"), "line one\nline \xEF\xBF\xBD two");
  EXPECT_EQ(error_of(500, {}, "").message, "GET http://h/p: 500, without a word");
  auto const long_one = error_of(500, {}, std::string(100'000, 'x'));
  EXPECT_LT(long_one.message.size(), 400U);
  EXPECT_LT(to_text(long_one.detail).size(), 3000U);
}

std::string body_of(ResponseForm form, std::string const& type, std::string body) {
  Answer answer;
  answer.status = 200;
  answer.headers = {{"Content-Type", type}};
  answer.body = std::move(body);
  auto const output = answer_output(form, answer, "GET http://h/p", 1 << 20);
  if (!output)
    return std::string(to_string(output.error().error_class)) + " " + output.error().code;
  auto const& object = output->get_object();
  return to_text(object.at("body")) + (object.contains("encoding") ? " base64" : "");
}

TEST(AnswerOutput, TheTypeDecidesWhatTheBodyIs) {
  constexpr auto automatic = ResponseForm::automatic;
  for (auto const* type :
       {"application/json",
        "APPLICATION/JSON; charset=utf-8",
        "application/problem+json",
        "application/json ;x=y",
        "text/json"})
    EXPECT_EQ(body_of(automatic, type, "{\"a\":1}"), "{\"a\":1}") << type;
  for (auto const* type : {"text/plain", "", "application/jsonp", "text/html"})
    EXPECT_EQ(body_of(automatic, type, "{\"a\":1}"), "\"{\\\"a\\\":1}\"") << type;
  EXPECT_EQ(body_of(automatic, "image/png", "\xFF\xFE"), "\"//4=\" base64");
  EXPECT_EQ(body_of(automatic, "application/json", ""), "null");
  EXPECT_EQ(body_of(automatic, "application/json", "<html>"), "transient malformed_response");
  EXPECT_EQ(
      body_of(automatic, "application/json", "{\"a\":1,\"a\":2}"), "transient malformed_response"
  );
  EXPECT_EQ(body_of(ResponseForm::json, "text/plain", "[1]"), "[1]");
  EXPECT_EQ(body_of(ResponseForm::text, "application/json", "[1]"), "\"[1]\"");
  EXPECT_EQ(body_of(ResponseForm::text, "application/json", ""), "\"\"");
  EXPECT_EQ(body_of(ResponseForm::text, "image/png", "\xFF"), "\"\xEF\xBF\xBD\"");
}

TEST(AnswerOutput, ABombOfBracketsIsAnError) {
  EXPECT_EQ(
      body_of(ResponseForm::json, "application/json", std::string(100'000, '[')),
      "transient malformed_response"
  );
}

TEST(AnswerOutput, WhatIsCompressedIsSaid) {
  Answer answer;
  answer.status = 200;
  answer.headers = {{"Content-Encoding", "gzip"}};
  answer.body = "\x1f\x8b";
  auto const output = answer_output(ResponseForm::automatic, answer, "GET http://h/p", 100);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, "unsupported_encoding");
  EXPECT_THAT(output.error().message, HasSubstr("gzip"));
}

TEST(AnswerOutput, Headers) {
  HttpHeaders const headers{
      {"X-One", "1"}, {"x-one", "2"}, {"Set-Cookie", "a=1"}, {"set-cookie", "b=2"}, {"Y", "\xFF"}};
  EXPECT_EQ(
      to_text(headers_json(headers)),
      "{\"x-one\":\"1, 2\",\"set-cookie\":[\"a=1\",\"b=2\"],\"y\":\"\xEF\xBF\xBD\"}"
  );
}

}  // namespace
}  // namespace ropewalk::http

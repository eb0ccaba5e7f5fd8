// Goal: every field is read, every mistake is found at its place, and data that is put in adds
// nothing to what the file says.
#include "providers/http/task/http_task.hpp"

#include "engine/base/json.hpp"
#include "engine/model/workflow.hpp"
#include "providers/http/task/http_types.hpp"
#include "tests/providers/http/task/runner_fixture.hpp"

#include <gmock/gmock.h>

namespace ropewalk::http {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

HttpTask read(std::string const& text) {
  auto config = js(text).get_object();
  prepare_http_fields(config);
  auto task = read_http_task(config);
  EXPECT_TRUE(task) << task.error().message;
  return task ? *task : HttpTask{};
}

std::vector<std::string> problems(std::string const& text) {
  return problems_of(js(text));
}

TEST(HttpTask, DefaultsAreThoseOfTheDocumentation) {
  auto const task = read("{'url': 'http://h/'}");
  EXPECT_EQ(task.method, "GET");
  EXPECT_TRUE(task.follows_redirects);
  EXPECT_EQ(task.redirects_max, 5U);
  EXPECT_FALSE(task.allows_downgrade);
  EXPECT_FALSE(task.sends_key);
  EXPECT_TRUE(task.tls.verify);
  EXPECT_TRUE(is_expected(task, 204));
  EXPECT_FALSE(is_expected(task, 300));
  auto const post = read("{'url': 'http://h/', 'body': {'text': 'x'}}");
  EXPECT_EQ(post.method, "POST");
  EXPECT_TRUE(post.sends_key);
  EXPECT_FALSE(read("{'url': 'http://h/', 'method': 'PUT'}").sends_key);
  EXPECT_TRUE(read("{'url': 'http://h/', 'method': 'PATCH'}").sends_key);
  EXPECT_FALSE(read("{'url': 'http://h/', 'method': 'POST', 'idempotencyKey': false}").sends_key);
}

TEST(HttpTask, EveryFieldIsRead) {
  auto const task = read(
      "{'url': 'http://h/', 'method': 'POST', 'query': {'a': 1, 'b': ['x', true], 'c': null},"
      "'headers': {'X': 'y', 'N': 7, 'S': {'secret': 'KEY'}, 'Z': null},"
      "'body': {'json': {'k': [1]}, 'contentType': 'application/vnd.x+json'},"
      "'auth': {'apiKey': {'query': 'key', 'value': {'secret': 'KEY'}}},"
      "'maxRedirects': 2, 'followRedirects': false, 'allowDowngrade': true,"
      "'timeouts': {'connect': '1s', 'firstByte': '2s', 'idle': '3s'},"
      "'tls': {'caFile': 'ca.pem', 'clientCert': 'c.pem', 'clientKey': 'k.pem', 'verify': false},"
      "'expectedStatus': [200, '3xx', '404-410'], 'response': 'text', 'maxBytes': '64KiB'}"
  );
  EXPECT_THAT(
      task.query, ElementsAre(std::pair("a", "1"), std::pair("b", "x"), std::pair("b", "true"))
  );
  ASSERT_EQ(task.headers.size(), 3U);
  EXPECT_EQ(task.headers[1].value.text, "7");
  EXPECT_EQ(task.headers[2].value.secret, "KEY");
  EXPECT_EQ(to_text(task.body.value), "{\"k\":[1]}");
  auto const& key = std::get<ApiKeyAuth>(task.auth);
  EXPECT_TRUE(key.is_in_query);
  EXPECT_EQ(key.name, "key");
  EXPECT_EQ(key.value.secret, "KEY");
  EXPECT_EQ(task.redirects_max, 2U);
  EXPECT_FALSE(task.follows_redirects);
  EXPECT_TRUE(task.allows_downgrade);
  EXPECT_EQ(task.timeouts.first_byte, std::chrono::seconds(2));
  EXPECT_FALSE(task.tls.verify);
  EXPECT_TRUE(is_expected(task, 200) && is_expected(task, 302) && is_expected(task, 407));
  EXPECT_FALSE(is_expected(task, 201) || is_expected(task, 411));
  EXPECT_EQ(task.response, ResponseForm::text);
  EXPECT_EQ(task.bytes_max, 64U * 1024);
}

TEST(HttpTask, PollsAndPages) {
  auto const polled = read(
      "{'url': 'http://h/', 'poll': {'until': 'response.body.done', 'interval': '2s',"
      "'deadline': '1m'}}"
  );
  EXPECT_EQ(polled.poll->until, "response.body.done");
  EXPECT_EQ(polled.poll->interval, std::chrono::seconds(2));
  auto const linked = read("{'url': 'http://h/', 'paginate': {'next': 'link', 'maxPages': 3}}");
  EXPECT_EQ(linked.pages->by, PageWish::By::link);
  EXPECT_EQ(linked.pages->pages_max, 3U);
  auto const by_cursor =
      read("{'url': 'http://h/', 'paginate': {'cursor': 'response.body.c', 'query': 'after'}}");
  EXPECT_EQ(by_cursor.pages->by, PageWish::By::cursor);
  EXPECT_EQ(by_cursor.pages->query, "after");
  auto const by_number = read("{'url': 'http://h/', 'paginate': {'page': 0, 'step': 50}}");
  EXPECT_EQ(by_number.pages->by, PageWish::By::number);
  EXPECT_EQ(by_number.pages->query, "page");
  EXPECT_EQ(by_number.pages->first, 0);
  EXPECT_EQ(by_number.pages->step, 50);
}

TEST(HttpTask, MistakesAreFoundWhereTheyAre) {
  EXPECT_THAT(problems("{'url': 'x', 'method': 'get'}"), ElementsAre("method: unknown_word"));
  EXPECT_THAT(problems("{'url': 'x', 'method': 'CONNECT'}"), ElementsAre("method: unknown_word"));
  EXPECT_THAT(
      problems("{'url': 'x', 'method': 'GET', 'body': {'text': 'y'}}"),
      ElementsAre("body: conflicting_fields")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'body': {'text': 'y', 'file': 'z'}}"),
      ElementsAre("body.file: conflicting_fields")
  );
  EXPECT_THAT(problems("{'url': 'x', 'body': {}}"), ElementsAre("body: missing_field"));
  EXPECT_THAT(
      problems("{'url': 'x', 'body': {'jsn': 1, 'text': ''}}"),
      ElementsAre("body.jsn: unknown_field")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'body': {'multipart': [{'text': 'x'}, 7]}}"),
      ElementsAre("body.multipart[0].name: missing_field", "body.multipart[1]: wrong_kind")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'auth': {'basic': {'user': 'u'}}}"),
      ElementsAre("auth.basic.password: missing_field")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'auth': {'apiKey': {'header': 'A', 'query': 'b', 'value': 'v'}}}"),
      ElementsAre("auth.apiKey.query: conflicting_fields")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'auth': {'bearer': {'secrt': 'A'}}}"),
      ElementsAre("auth.bearer.secrt: unknown_field", "auth.bearer.secret: missing_field")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'headers': {'A': {'secret': 'has blank'}}}"),
      ElementsAre("headers.A.secret: invalid_name")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'tls': {'clientCert': 'a.pem'}}"), ElementsAre("tls: missing_field")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'expectedStatus': [200, '6xx', '300-200', 99]}"),
      ElementsAre(
          "expectedStatus[1]: out_of_range",
          "expectedStatus[2]: out_of_range",
          "expectedStatus[3]: out_of_range"
      )
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'saveTo': 'f', 'response': 'json'}"),
      ElementsAre("response: conflicting_fields")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'maxRedirects': 21}"), ElementsAre("maxRedirects: out_of_range")
  );
}

TEST(HttpTask, MistakesInPollsAndPages) {
  EXPECT_THAT(problems("{'url': 'x', 'poll': {}}"), ElementsAre("poll.until: missing_field"));
  EXPECT_THAT(
      problems("{'url': 'x', 'poll': {'until': 'respnse.body'}}"),
      ElementsAre("poll.until: unknown_name")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'poll': {'until': 'response.body ==', 'interval': '1ms'}}"),
      ElementsAre("poll.until: bad_expression", "poll.interval: out_of_range")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'poll': {'until': 'length(response.body) > 1'}}"),
      ElementsAre("poll.until: unknown_function")
  );
  EXPECT_THAT(problems("{'url': 'x', 'paginate': {}}"), ElementsAre("paginate: missing_field"));
  EXPECT_THAT(
      problems("{'url': 'x', 'paginate': {'next': 'link', 'page': 1}}"),
      ElementsAre("paginate: conflicting_fields")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'poll': {'until': 'true'}, 'paginate': {'next': 'link'}}"),
      ElementsAre("paginate: conflicting_fields")
  );
}

TEST(HttpTask, WhatTheFileMustSayIsNoExpression) {
  for (auto const* field : {"body", "auth", "tls", "poll", "paginate"})
    EXPECT_THAT(
        problems("{'url': 'x', '" + std::string(field) + "': '${{ inputs.x }}'}"),
        ElementsAre(std::string(field) + ": wrong_kind")
    );
  EXPECT_THAT(
      problems("{'url': 'x', 'headers': {'A': {'secret': '${{ inputs.x }}'}}}"),
      ElementsAre("headers.A.secret: interpolation_in_code")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'poll': {'until': '${{ inputs.x }}'}}"),
      Contains("poll.until: interpolation_in_code")
  );
  EXPECT_THAT(
      problems("{'url': 'x', 'tls': {'caFile': '${{ inputs.x }}'}}"),
      ElementsAre("tls.caFile: wrong_kind")
  );
  EXPECT_THAT(
      problems(
          "{'url': '${{ inputs.u }}', 'headers': '${{ inputs.h }}', 'query': '${{ inputs.q }}',"
          "'method': '${{ inputs.m }}', 'body': {'json': '${{ inputs.b }}'},"
          "'auth': {'bearer': '${{ inputs.t }}'}, 'expectedStatus': '${{ inputs.s }}'}"
      ),
      IsEmpty()
  );
}

/// What data looks like when it has been put in where a text stood.
TEST(HttpTask, DataNamesNoSecret) {
  auto config =
      js("{'url': 'http://h/', 'headers': {'A': '${{ x }}'}, 'auth': {'bearer': '${{ x }}'}}")
          .get_object();
  prepare_http_fields(config);
  auto const evil = js("{'secret': 'KEY'}");
  config["headers"].get_object().at("listed").get_object().at("A").get_object()["text"] = evil;
  config["auth"].get_object().at("bearer").get_object()["text"] = evil;
  auto const task = read_http_task(config);
  ASSERT_FALSE(task);
  EXPECT_EQ(task.error().code, "invalid_task");
  EXPECT_EQ(task.error().detail.at("problems").get_array().size(), 2U);

  auto whole = js("{'url': 'http://h/', 'headers': '${{ x }}'}").get_object();
  prepare_http_fields(whole);
  for (auto const* text : {"{'A': {'secret': 'KEY'}}", "{'listed': {'A': {'secret': 'KEY'}}}"}) {
    whole["headers"].get_object()["given"] = js(text);
    EXPECT_FALSE(read_http_task(whole)) << text;
  }
  whole["headers"].get_object()["given"] = js("{'A': 'b'}");
  EXPECT_EQ(read_http_task(whole)->headers.at(0).value.text, "b");
}

TEST(HttpTask, AWorkflowIsCheckedWithIt) {
  TaskTypes types;
  register_http_types(types);
  auto const loaded = load_workflow(
      "name: w\ntasks:\n  a:\n    type: http\n    ulr: http://h/\n    response: yaml\n", types
  );
  std::vector<std::string> codes;
  for (auto const& problem : loaded.problems) codes.push_back(problem.path + " " + problem.code);
  EXPECT_THAT(
      codes,
      testing::UnorderedElementsAre(
          "tasks.a.ulr unknown_field", "tasks.a.url missing_field", "tasks.a.response unknown_word"
      )
  );
  EXPECT_EQ(types.find("http")->max_attempts_default, 3U);
}

}  // namespace
}  // namespace ropewalk::http

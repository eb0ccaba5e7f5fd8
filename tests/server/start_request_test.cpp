// Requests for executions. Method: JSON in, fields or all problems out.
#include "server/api/start_request.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

Result<StartRequest> read(std::string_view text) {
  return read_start_request(parse_json(text)->as_object());
}

TEST(StartRequest, ReadsEveryField) {
  auto const request = read(R"({"workflow":"triage@3","inputs":{"a":1},"priority":90,)"
                            R"("labels":{"team":"x"},"directory":"/srv"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->workflow, "triage@3");
  EXPECT_EQ(request->inputs.at("a").as_int64(), 1);
  EXPECT_EQ(request->priority, 90);
  EXPECT_EQ(request->labels.at("team"), "x");
  EXPECT_EQ(request->directory, "/srv");
}

TEST(StartRequest, ADefinitionMayStandInline) {
  EXPECT_TRUE(read(R"({"workflow":{"name":"x","tasks":{}}})"));
}

TEST(StartRequest, AllProblemsAtOnce) {
  auto const request = read(R"({"workflow":3,"inputs":[],"priority":101,)"
                            R"("labels":{"a":1},"directory":"rel","prioritty":1})");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, "invalid_argument");
  EXPECT_EQ(request.error().detail.as_array().size(), 6U);
}

TEST(StartRequest, ZeroBytesAreRefusedAtTheDoor) {
  for (auto const* text :
       {R"({"workflow":"x","labels":{"a":"\u0000"}})",
        R"({"workflow":"x","labels":{"a\u0000b":"c"}})",
        R"({"workflow":"x\u0000"})"}) {
    auto const request = read(text);
    ASSERT_FALSE(request) << text;
    EXPECT_EQ(request.error().code, "invalid_argument");
    EXPECT_EQ(request.error().detail.as_array().size(), 1U);
  }
}

TEST(StartRequest, PreferWait) {
  auto const wait = [](std::string value) {
    Request request;
    request.headers.push_back(Header{"Prefer", std::move(value)});
    return read_prefer_wait(request);
  };
  EXPECT_EQ(wait("wait=30"), Duration(std::chrono::seconds(30)));
  EXPECT_EQ(wait("respond-async, Wait=5"), Duration(std::chrono::seconds(5)));
  EXPECT_FALSE(wait("return=minimal"));
  EXPECT_FALSE(wait("wait=soon"));
}

TEST(StartRequest, BodiesMustSayThatTheyAreJson) {
  Request request;
  request.body = "{}";
  EXPECT_EQ(read_json_body(request).error().code, "unsupported_media_type");
  request.headers.push_back(Header{"Content-Type", "application/x-www-form-urlencoded"});
  EXPECT_EQ(read_json_body(request).error().code, "unsupported_media_type");
  request.headers[0].value = "application/json; charset=utf-8";
  EXPECT_TRUE(read_json_body(request));
  request.body = R"({"a":1,"a":2})";
  EXPECT_EQ(read_json_body(request).error().code, "duplicate_key");
}

}  // namespace
}  // namespace ropewalk::server

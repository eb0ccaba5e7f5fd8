// Errors on the wire. Method: the fields of RFC 9457 for errors of each kind.
#include "server/http/problem_response.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk::server {
namespace {

json::object body_of(Response const& response) {
  return parse_json(response.body)->as_object();
}

TEST(ProblemResponse, HasEveryField) {
  Error const error{
      ErrorClass::permanent, "not_found", "no such execution", "look at the list", {}};
  auto const response = problem_response(error);
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(response.content_type, "application/problem+json");
  auto const body = body_of(response);
  EXPECT_EQ(body.at("type").as_string(), "urn:ropewalk:problem:not_found");
  EXPECT_EQ(body.at("title").as_string(), "Not Found");
  EXPECT_EQ(body.at("status").as_int64(), 404);
  EXPECT_EQ(body.at("detail").as_string(), "no such execution");
  EXPECT_EQ(body.at("code").as_string(), "not_found");
  EXPECT_EQ(body.at("hint").as_string(), "look at the list");
}

TEST(ProblemResponse, FaultsOfTheServerKeepTheirTextToThemselves) {
  Error const error{ErrorClass::permanent, "database_error", "password is hunter2", "", {}};
  auto const response = problem_response(error);
  EXPECT_EQ(response.status, 500U);
  EXPECT_EQ(response.body.find("hunter2"), std::string::npos);
}

TEST(ProblemResponse, UnavailableSaysWhenToComeBack) {
  Error const error{ErrorClass::transient, "database_unavailable", "away", "", {}};
  auto const response = problem_response(error);
  EXPECT_EQ(response.status, 503U);
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].name, "Retry-After");
}

TEST(ProblemResponse, AllProblemsOfAWorkflow) {
  Problem problem;
  problem.code = "cycle";
  problem.message = "a → b → a";
  auto const response = problems_response({problem, problem});
  EXPECT_EQ(response.status, 422U);
  EXPECT_EQ(body_of(response).at("errors").as_array().size(), 2U);
  EXPECT_EQ(body_of(response).at("detail").as_string(), "the workflow has 2 problems");
}

}  // namespace
}  // namespace ropewalk::server

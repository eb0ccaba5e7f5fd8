// Goal: errors survive being stored as JSON, and old or foreign records never fail to be read.

#include "engine/base/error.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk {
namespace {

TEST(Error, round_trip) {
  Error const error{
      ErrorClass::resource, "rate_limited", "the provider said 429", "wait", {{"retryAfter", 3}}};
  EXPECT_EQ(error_from_json(to_json(error)), error);
}

TEST(Error, leaves_out_what_is_empty) {
  Error const error{ErrorClass::transient, "timeout", "no answer in 5s"};
  EXPECT_EQ(
      to_text(to_json(error)),
      R"({"class":"transient","code":"timeout","message":"no answer in 5s"})"
  );
}

TEST(Error, reads_what_is_not_one) {
  EXPECT_EQ(error_from_json(nullptr), Error{});
  EXPECT_EQ(error_from_json({{"class", "unheard of"}, {"code", 7}}), Error{});
}

TEST(Error, classes_have_words) {
  for (auto const c :
       {ErrorClass::transient, ErrorClass::resource, ErrorClass::permanent, ErrorClass::dependency})
    EXPECT_EQ(parse_error_class(to_string(c)), c);
  EXPECT_FALSE(parse_error_class("fatal"));
}

Result<int> half(int number) {
  if (number % 2 != 0) return Error{ErrorClass::permanent, "odd", "is odd"};
  return number / 2;
}

Result<int> quarter(int number) {
  TRY(int const first, half(number));
  TRY(int const second, half(first));
  return second;
}

TEST(Try, returns_the_first_error) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().code, "odd");
}

}  // namespace
}  // namespace ropewalk

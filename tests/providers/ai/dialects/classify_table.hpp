#pragma once
// What the tests of failure classification share: a row of a table and its check.

#include "engine/base/json.hpp"
#include "tests/providers/ai/dialects/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::ai {

struct Row {
  std::string type;
  unsigned status;
  std::string body;
  std::string code;
  ErrorClass error_class;
  bool is_retryable;
  HttpHeaders headers = {};
};

inline constexpr auto transient = ErrorClass::transient;
inline constexpr auto permanent = ErrorClass::permanent;
inline constexpr auto resource = ErrorClass::resource;

inline Error classify(Row const& row) {
  return find_dialect(row.type)->classify(
      provider_of(row.type), "m", FailedAnswer{row.status, row.headers, row.body}
  );
}

inline bool is_retryable(Error const& error) {
  auto const* flag = error.detail.as_object().if_contains("retryable");
  return flag == nullptr;
}

inline void check(std::vector<Row> const& rows) {
  for (auto const& row : rows) {
    auto const error = classify(row);
    auto const where = row.type + " " + std::to_string(row.status) + " " + row.body;
    EXPECT_EQ(error.code, row.code) << where;
    EXPECT_EQ(error.error_class, row.error_class) << where;
    EXPECT_EQ(is_retryable(error), row.is_retryable) << where;
    EXPECT_THAT(
        error.message, testing::HasSubstr(row.type + " (m): " + std::to_string(row.status))
    );
    EXPECT_FALSE(error.hint.empty()) << where;
    EXPECT_EQ(error.detail.at("status"), row.status);
    EXPECT_THAT(to_text(to_json(error)), testing::Not(testing::HasSubstr(test_key)));
  }
}

inline std::string openai_error(
    std::string const& type, std::string const& code, std::string const& message
) {
  return R"({"error":{"message":")" + message + R"(","type":")" + type +
         R"(","param":null,"code":)" + code + "}}";
}

}  // namespace ropewalk::ai

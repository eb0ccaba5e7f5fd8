#pragma once
// JSON Schema (draft 7, through valijson), compiled once and used by many executions.
//
// Any thread: immutable after compile().

#include "engine/base/error.hpp"

#include <boost/json/value.hpp>

#include <memory>
#include <string>
#include <vector>

namespace ropewalk {

struct SchemaViolation {
  std::string path{};  // "inputs.ticket"-like, relative to the document: "ticket", "items[2].name"
  std::string message{};
};

class JsonSchema {
 public:
  /// Errors: invalid_schema. Remote references are refused, nothing is fetched.
  static Result<std::shared_ptr<JsonSchema const>> compile(boost::json::value const& schema);
  virtual ~JsonSchema() = default;
  /// Empty when `document` conforms; at most 100 violations.
  virtual std::vector<SchemaViolation> check(boost::json::value const& document) const = 0;
};

}  // namespace ropewalk

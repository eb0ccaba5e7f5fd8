#include "engine/model/json_schema.hpp"

#include "engine/base/text.hpp"
#include "engine/model/cel/regex.hpp"
#include "engine/model/schema_rules.hpp"

#include <algorithm>
#include <regex>

// valijson hard-codes std::regex, which takes exponential time on some patterns and overflows the
// stack on long strings. For this file alone, its "std::regex" becomes the class below, which is
// RE2 underneath.
namespace std {

class ropewalk_linear_regex {
 public:
  explicit ropewalk_linear_regex(string const& pattern) : pattern_(pattern) {
    auto compiled = ropewalk::cel::Regex::compile(pattern);
    if (compiled) compiled_ = *compiled;
  }
  bool matches(string const& text) const { return compiled_ && compiled_->matches(text); }
  string const& pattern() const { return pattern_; }

 private:
  string pattern_;
  shared_ptr<ropewalk::cel::Regex const>
      compiled_{};  // null never matches; compile() has refused such patterns
};

inline bool regex_search(string const& text, ropewalk_linear_regex const& regex) {
  return regex.matches(text);
}

// Only called with valijson's own patterns for dates and times, which are anchored at both ends.
inline bool regex_match(string const& text, ropewalk_linear_regex const& regex) {
  return regex.matches(text);
}

inline bool regex_match(string const& text, smatch& found, ropewalk_linear_regex const& regex) {
  constexpr size_t date_size_max = 64;
  if (text.size() > date_size_max) return false;
  // valijson's own pattern for dates, on 64 bytes at most
  return regex_match(text, found, std::regex(regex.pattern()));  // style-ok(regex): bounded
}

}  // namespace std

#define VALIJSON_USE_EXCEPTIONS 1
#define regex ropewalk_linear_regex
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop
#undef regex

namespace ropewalk {
namespace {

/// {"<root>", "[items]", "[2]", "[name]"} → "items[2].name".
std::string path_of(std::vector<std::string> const& context) {
  std::string out;
  for (std::string const& step : context) {
    if (step.size() < 2 || step.front() != '[') continue;
    std::string_view const name = std::string_view(step).substr(1, step.size() - 2);
    bool const is_index =
        !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    if (is_index) {
      out += step;
    } else {
      if (!out.empty()) out += '.';
      out += name;
    }
  }
  return out;
}

class ValijsonSchema final : public JsonSchema {
 public:
  valijson::Schema schema{};

  std::vector<SchemaViolation> check(boost::json::value const& document) const override {
    constexpr std::size_t violations_max = 100;
    std::vector<SchemaViolation> out;
    valijson::ValidationResults results;
    valijson::adapters::BoostJsonAdapter const adapter(document);
    try {
      valijson::Validator validator;
      if (validator.validate(schema, adapter, &results)) return out;
    } catch (std::exception const& failure) {
      out.push_back({"", std::string("could not be checked: ") + failure.what()});
      return out;
    }
    for (auto const& error : results) {
      if (out.size() == violations_max) break;
      SchemaViolation violation{path_of(error.context), repair_utf8(error.description)};
      out.push_back(std::move(violation));
    }
    if (out.empty()) out.push_back({"", "does not conform to the schema"});
    return out;
  }
};

}  // namespace

Result<std::shared_ptr<JsonSchema const>> JsonSchema::compile(boost::json::value const& schema) {
  if (auto checked = check_schema_rules(schema); !checked) return checked.error();
  auto compiled = std::make_shared<ValijsonSchema>();
  try {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    valijson::adapters::BoostJsonAdapter const adapter(schema);
    parser.populateSchema(adapter, compiled->schema);
  } catch (std::exception const& failure) {
    return Error{
        ErrorClass::permanent,
        "invalid_schema",
        std::string("the schema cannot be used: ") + failure.what(),
        "write JSON Schema, draft 7"};
  }
  return std::shared_ptr<JsonSchema const>(std::move(compiled));
}

}  // namespace ropewalk

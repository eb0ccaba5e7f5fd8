#include "engine/model/json_schema.hpp"

#include "engine/base/text.hpp"
#include "engine/model/cel/regex.hpp"
#include "engine/model/equal_items.hpp"
#include "engine/model/schema_rules.hpp"

#include <algorithm>
#include <regex>
#include <span>
#include <stdexcept>
#include <unordered_map>

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

using valijson::adapters::BoostJsonAdapter;
using valijson::constraints::Constraint;
using Visitor = valijson::ValidationVisitor<BoostJsonAdapter>;
using RegexCache = std::unordered_map<std::string, std::ropewalk_linear_regex>;

constexpr std::size_t violations_max = 100;

/// There are enough violations to show; the verdict is known.
struct EnoughViolations {};

/// The work of one check, in steps of about a microsecond. A check holds its shard, so that there
/// is an end to it whatever schema and document are. Every visitor of valijson refers to the same
/// cache of patterns: this one, which is how they find it.
struct CheckWork : RegexCache {
  static constexpr std::uint64_t steps_max = 1'000'000;

  valijson::ValidationResults results{};
  std::uint64_t steps = 0;
  std::unordered_map<Constraint const*, std::uint64_t> weights{};

  void spend(std::uint64_t more) {
    steps += more;
    if (steps > steps_max)
      throw std::runtime_error(
          "it takes more than " + std::to_string(steps_max) +
          " steps: give less, or make the schema simpler"
      );
  }

  void spend(Constraint const& constraint, BoostJsonAdapter const& target) {
    auto const [known, is_new] = weights.try_emplace(&constraint, 0);
    if (is_new) known->second = weight_of(constraint);
    std::uint64_t size = 1;
    // Every look at a string copies it.
    if (target.isString()) size += target.getString().size() / 1024;
    spend(1 + known->second * size);
  }

 private:
  /// What looking at one value costs beyond one step.
  static std::uint64_t weight_of(Constraint const& constraint) {
    constexpr std::uint64_t pattern_steps = 32;  // it is compiled for every object
    std::uint64_t count = 0;
    auto const one = [&count](auto const&...) { return ++count != 0; };
    if (auto const* values =
            dynamic_cast<valijson::constraints::EnumConstraint const*>(&constraint))
      values->applyToValues(one);
    if (auto const* members =
            dynamic_cast<valijson::constraints::PropertiesConstraint const*>(&constraint)) {
      members->applyToPatternProperties(one);
      count *= pattern_steps;
      members->applyToProperties(one);
    }
    if (auto const* names =
            dynamic_cast<valijson::constraints::RequiredConstraint const*>(&constraint))
      names->applyToRequiredProperties(one);
    if (auto const* given =
            dynamic_cast<valijson::constraints::DependenciesConstraint const*>(&constraint)) {
      given->applyToPropertyDependencies(one);
      given->applyToSchemaDependencies(one);
    }
    return count / 8;
  }
};

/// The elements of an array, which valijson's iterator points into and does not give.
boost::json::value const* element_of(valijson::adapters::BoostJsonArrayValueIterator const& place);

template <auto Member>
struct IteratorOpener {
  friend boost::json::value const* element_of(
      valijson::adapters::BoostJsonArrayValueIterator const& place
  ) {
    return place.*Member;
  }
};
template struct IteratorOpener<&valijson::adapters::BoostJsonArrayValueIterator::m_itr>;

}  // namespace
}  // namespace ropewalk

// What valijson does in its own way is put right here, for our documents alone. All constraints
// come through validateSchema(), whatever they are combined with.
namespace valijson {

/// Counts the work, and ends when there are enough violations.
template <>
// NOLINTNEXTLINE(readability-identifier-naming): valijson's name
bool ValidationVisitor<adapters::BoostJsonAdapter>::validateSchema(Subschema const& subschema) {
  auto& work = static_cast<ropewalk::CheckWork&>(m_regexesCache);
  work.spend(1 + m_context.size() / 8);
  if (m_results != nullptr && m_results->numErrors() >= ropewalk::violations_max)
    throw ropewalk::EnoughViolations();
  if (subschema.getAlwaysInvalid()) return false;
  Subschema::ApplyFunction look = [&](constraints::Constraint const& constraint) {
    work.spend(constraint, m_target);
    return constraint.accept(*this);
  };
  return m_results != nullptr ? subschema.apply(look) : subschema.applyStrict(look);
}

/// valijson compares every element with every other.
template <>
bool ValidationVisitor<
    adapters::BoostJsonAdapter>::visit(UniqueItemsConstraint const& /*constraint*/) {
  if (!m_target.isArray() || m_target.getArraySize() == 0) return true;
  auto& work = static_cast<ropewalk::CheckWork&>(m_regexesCache);
  auto const array = m_target.asArray();
  std::span const items(ropewalk::element_of(array.begin()), array.size());
  auto const same =
      ropewalk::find_equal_items(items, [&](std::size_t bytes) { work.spend(1 + bytes / 256); });
  if (!same) return true;
  if (m_results != nullptr)
    m_results->pushError(
        m_context,
        "Elements at indexes #" + std::to_string(same->first) + " and #" +
            std::to_string(same->second) + " violate uniqueness constraint."
    );
  return false;
}

/// valijson gathers what is wrong in every branch, however much that is, before it knows whether it
/// is needed. Here a branch is first only asked, then explained.
template <>
bool ValidationVisitor<adapters::BoostJsonAdapter>::visit(AnyOfConstraint const& constraint) {
  unsigned int fitting = 0;
  ValidationVisitor asked(m_target, m_context, m_strictTypes, nullptr, m_regexesCache);
  constraint.applyToSubschemas(
      ValidateSubschemas(m_target, m_context, false, true, asked, nullptr, &fitting, nullptr)
  );
  if (fitting > 0 || m_results == nullptr) return fitting > 0;
  constraint.applyToSubschemas(
      ValidateSubschemas(m_target, m_context, false, true, *this, m_results, &fitting, nullptr)
  );
  m_results->pushError(
      m_context, "Failed to validate against any schemas allowed by anyOf constraint."
  );
  return false;
}

template <>
bool ValidationVisitor<adapters::BoostJsonAdapter>::visit(OneOfConstraint const& constraint) {
  unsigned int fitting = 0;
  ValidationVisitor asked(m_target, m_context, m_strictTypes, nullptr, m_regexesCache);
  constraint.applyToSubschemas(
      ValidateSubschemas(m_target, m_context, true, true, asked, nullptr, &fitting, nullptr)
  );
  if (fitting == 1 || m_results == nullptr) return fitting == 1;
  if (fitting == 0)
    constraint.applyToSubschemas(
        ValidateSubschemas(m_target, m_context, true, true, *this, m_results, &fitting, nullptr)
    );
  m_results->pushError(
      m_context,
      fitting == 0 ? "Failed to validate against any child schemas allowed by oneOf constraint."
                   : "Failed to validate against exactly one child schema."
  );
  return false;
}

}  // namespace valijson

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
    CheckWork work;
    try {
      std::vector<std::string> const root{"<root>"};
      Visitor visitor(BoostJsonAdapter(document), root, true, &work.results, work);
      if (visitor.validateSchema(schema)) return {};
    } catch (EnoughViolations const&) {
      return violations(work.results);
    } catch (std::exception const& failure) {
      return {{"", std::string("could not be checked: ") + failure.what()}};
    }
    return violations(work.results);
  }

 private:
  static std::vector<SchemaViolation> violations(valijson::ValidationResults const& results) {
    std::vector<SchemaViolation> out;
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

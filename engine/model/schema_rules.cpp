#include "engine/model/schema_rules.hpp"

#include "engine/base/text.hpp"
#include "engine/model/cel/regex.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace ropewalk {
namespace {

namespace json = boost::json;

// Keywords whose value is a schema, a list of schemas, or an object of schemas.
constexpr std::array<std::string_view, 4> same_place_one{"not", "if", "then", "else"};
constexpr std::array<std::string_view, 3> same_place_list{"allOf", "anyOf", "oneOf"};
constexpr std::array<std::string_view, 5> deeper_one{
    "items", "additionalItems", "additionalProperties", "contains", "propertyNames"};
constexpr std::array<std::string_view, 4> deeper_object{
    "properties", "patternProperties", "definitions", "$defs"};

Error bad_schema(std::string message, std::string hint) {
  return Error{
      ErrorClass::permanent, "invalid_schema", "the schema " + std::move(message), std::move(hint)};
}

class SchemaRules {
 public:
  explicit SchemaRules(json::value const& root) : root_(root) { waiting_.push_back(&root); }

  /// Every subschema once, none by recursion: they wait in a list.
  Result<void> check() {
    while (!waiting_.empty()) {
      json::value const* schema = waiting_.back();
      waiting_.pop_back();
      if (state_.contains(schema)) continue;
      TRY([[maybe_unused]] bool const done, follow_in_place(schema));
    }
    return {};
  }

 private:
  enum class State : unsigned char { open, closed };
  struct Frame {
    json::value const* schema = nullptr;
    std::vector<json::value const*> next{};  // schemas that apply to the same place in the document
  };

  Result<bool> follow_in_place(json::value const* start) {
    std::vector<Frame> frames;
    TRY(Frame first, enter(start));
    frames.push_back(std::move(first));
    while (!frames.empty()) {
      Frame& frame = frames.back();
      if (frame.next.empty()) {
        state_[frame.schema] = State::closed;
        frames.pop_back();
        continue;
      }
      json::value const* next = frame.next.back();
      frame.next.pop_back();
      auto const known = state_.find(next);
      if (known == state_.end()) {
        TRY(Frame inner, enter(next));
        frames.push_back(std::move(inner));
      } else if (known->second == State::open) {
        return bad_schema("refers to itself in a circle", "remove one of the $ref of the circle");
      }
    }
    return true;
  }

  Result<Frame> enter(json::value const* schema) {
    state_[schema] = State::open;
    Frame frame{schema};
    auto const* object = schema->if_object();
    if (!object) return frame;
    for (auto const& [key, value] : *object) {
      TRY([[maybe_unused]] bool const fine, look_at(key, value, frame));
    }
    return frame;
  }

  Result<bool> look_at(std::string_view key, json::value const& value, Frame& frame) {
    if (key == "$ref" && value.is_string()) return follow_reference(value.get_string(), frame);
    if (key == "pattern" && value.is_string()) return check_pattern(value.get_string());
    auto const is_in = [key](auto const& list) {
      return std::ranges::find(list, key) != list.end();
    };
    if (is_in(same_place_one)) frame.next.push_back(&value);
    if (is_in(same_place_list)) add_all(value, frame.next);
    if (is_in(deeper_one)) {
      waiting_.push_back(&value);
      add_all(value, waiting_);
    }
    if (key == "dependencies") add_all(value, frame.next);
    if (is_in(deeper_object)) add_all(value, waiting_);
    if (key == "patternProperties" && value.is_object())
      for (auto const& member : value.get_object()) {
        TRY([[maybe_unused]] bool const fine, check_pattern(member.key()));
      }
    return true;
  }

  static void add_all(json::value const& value, std::vector<json::value const*>& out) {
    if (auto const* list = value.if_array())
      for (auto const& element : *list) out.push_back(&element);
    if (auto const* object = value.if_object())
      for (auto const& member : *object) out.push_back(&member.value());
  }

  Result<bool> follow_reference(std::string_view reference, Frame& frame) {
    std::string const shown = '"' + shorten(reference, 80) + '"';
    if (!reference.starts_with('#'))
      return bad_schema(
          "refers to " + shown + ", outside of itself",
          "nothing is fetched: put the schema under \"definitions\" and refer to #/definitions/…"
      );
    boost::system::error_code ec;
    json::value const* target = root_.find_pointer(reference.substr(1), ec);
    if (!target)
      return bad_schema("refers to " + shown + ", which is not there", "write #/definitions/NAME");
    frame.next.push_back(target);
    return true;
  }

  static Result<bool> check_pattern(std::string_view pattern) {
    auto const regex = cel::Regex::compile(pattern);
    if (regex) return true;
    return bad_schema(
        "has a pattern that cannot be read: " + regex.error().message,
        "patterns are RE2: no look-around and no back-references"
    );
  }

  json::value const& root_;
  std::vector<json::value const*> waiting_{};
  std::map<json::value const*, State> state_{};
};

}  // namespace

Result<void> check_schema_rules(json::value const& schema) {
  if (!schema.is_object() && !schema.is_bool())
    return bad_schema("is not an object", "write {type: object, properties: {…}}");
  return SchemaRules(schema).check();
}

}  // namespace ropewalk

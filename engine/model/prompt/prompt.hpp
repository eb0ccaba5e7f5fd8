#pragma once
// A prompt as dotprompt writes it: a head of settings and a template that becomes messages.
//
// Stricter than the reference: no value that is inserted can make, end or change a message; with an
// input schema a name that is not there is an error. Any thread: immutable, cheap to copy. No I/O:
// partials and named schemas are given.

#include "engine/model/json_schema.hpp"
#include "engine/model/prompt/front_matter.hpp"
#include "engine/model/prompt/messages.hpp"
#include "engine/model/prompt/template.hpp"

namespace ropewalk::prompt {

/// What one rendering is given.
struct RenderInput {
  json::value input = json::object();
  json::object context{};  // what @name finds: {"state": …} for {{@state.count}}
  json::value docs{};      // {{@metadata.docs}}
  json::array history{};   // messages: where {{history}} stands
};

class Prompt {
 public:
  /// `file` is what errors name. Errors: those of the head and of the template.
  static Result<Prompt> parse(
      std::string text, std::string file, Schemas const& schemas = {}, Limits const& limits = {}
  );
  /// The same body under a head whose fields `overrides` replaces ("config" is merged). Errors:
  /// invalid_prompt, bad_schema.
  Result<Prompt> with(json::object const& overrides, Schemas const& schemas = {}) const;

  FrontMatter const& head() const { return *head_; }
  Template const& body() const { return body_; }

  /// The input with the defaults of the head where it has none.
  json::value complete(json::value const& input) const;
  /// What in the completed input does not conform to the input schema; empty without one.
  std::vector<SchemaViolation> check_input(json::value const& input) const;

  /// Does not check the input against its schema: see check_input. Errors: undefined_name,
  /// unknown_partial, partial_cycle, bad_value, bad_history, prompt_too_costly; those of a place
  /// have file, line and column.
  Result<std::vector<Message>> render(
      RenderInput const& given, Partials const& partials = {}, Limits const& limits = {}
  ) const;

 private:
  Prompt(Template body, FrontMatter head);

  Template body_;
  std::shared_ptr<FrontMatter const> head_;
  std::shared_ptr<json::object const> settings_;  // {{@metadata.prompt}}
};

/// A template alone, as partials are and as tests compare it. `schema` makes it strict; null does
/// not. Errors: as Prompt::render.
Result<Output> render_template(
    Template const& root,
    json::value const& input,
    json::object const& data,
    Partials const& partials,
    Limits const& limits = {},
    json::value const* schema = nullptr
);

}  // namespace ropewalk::prompt

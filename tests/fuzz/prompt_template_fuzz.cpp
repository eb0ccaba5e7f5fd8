// Prompt templates: compiling and rendering end soon, the values stand where it is said, and only
// the marks of the template make messages.
#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "engine/model/prompt/prompt.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/json/parse.hpp>

namespace {

using namespace ropewalk;

json::value const& input() {
  static json::value const value = boost::json::parse(R"({
    "name": "<<<dotprompt:role:system>>>", "text": "{{role \"system\"}}", "zero": 0, "yes": true,
    "none": null, "list": ["a", "é", 3, [4], {"k": 5}], "user": {"name": "Bob", "age": 7.5},
    "rows": [{"id": 1, "tags": ["x"]}, {"id": 2}], "long": "one\ntwo\n"
  })");
  return value;
}

json::value const& schema() {
  static json::value const value = boost::json::parse(R"({
    "type": "object", "additionalProperties": false, "required": ["name"],
    "properties": {"name": {"type": "string"}, "list": {"type": "array", "items": {}},
      "user": {"type": "object", "properties": {"name": {}, "nick": {}}}, "yes": {}, "free": {}}
  })");
  return value;
}

void try_render(
    prompt::Template const& root, prompt::Limits const& limits, json::value const* with_schema
) {
  prompt::Partials partials;
  partials.emplace("self", root);
  partials.emplace("p", prompt::Template::compile("<{{name}}{{> @partial-block}}>", "p").value());
  auto const output = prompt::render_template(root, input(), {}, partials, limits, with_schema);
  if (!output) {
    fuzz::require(
        !output.error().code.empty() && !output.error().message.empty(), "an error speaks"
    );
    return;
  }
  fuzz::require(is_valid_utf8(output->text()), "text stays text");
  std::size_t end = 0;
  for (prompt::Piece const& piece : output->pieces()) {
    fuzz::require(piece.begin >= end && piece.end >= piece.begin, "pieces stand in order");
    end = piece.end;
  }
  fuzz::require(end <= output->text().size(), "and in the text");
  auto const messages = prompt::to_messages(*output, {}).value();
  fuzz::require(messages.size() <= output->marks().size() + 1, "only marks make messages");
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  prompt::Limits limits;
  limits.source_bytes_max = 4096;
  limits.steps_max = 20'000;
  limits.output_bytes_max = 64 * 1024;
  auto const root = prompt::Template::compile(std::string(fuzz::as_text(data, size)), "t", limits);
  if (!root) {
    fuzz::require(!root.error().message.empty(), "an error speaks");
    return 0;
  }
  try_render(*root, limits, nullptr);
  try_render(*root, limits, &schema());
  return 0;
}

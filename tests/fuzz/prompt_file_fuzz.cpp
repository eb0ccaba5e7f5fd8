// Prompt files, head and body: read or refused, and what was read can be shown and read again.
#include "engine/base/json.hpp"
#include "engine/model/prompt/prompt.hpp"
#include "tests/fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace ropewalk;
  prompt::Limits limits;
  limits.source_bytes_max = 4096;
  limits.steps_max = 20'000;
  limits.output_bytes_max = 64 * 1024;
  prompt::Schemas const schemas{{"Foo", json::object{{"type", "number"}}}};
  std::string text(fuzz::as_text(data, size));
  auto const read = prompt::Prompt::parse(std::move(text), "p.prompt", schemas, limits);
  if (!read) {
    fuzz::require(read.error().message.starts_with("p.prompt:"), "an error says where");
    return 0;
  }
  json::object const shown = prompt::to_json(read->head());
  auto const again = prompt::read_front_matter(read->head().raw, schemas);
  fuzz::require(again.has_value(), "what was read can be read again");
  fuzz::require(to_text(prompt::to_json(*again)) == to_text(shown), "and is the same");
  prompt::RenderInput given;
  given.input = json::object{{"name", "Ann"}};
  (void)read->check_input(given.input);
  auto const messages = read->render(given, {}, limits);
  fuzz::require(messages || !messages.error().message.empty(), "an error speaks");
  return 0;
}

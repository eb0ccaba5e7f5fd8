#include "engine/model/prompt/template.hpp"

#include "engine/model/prompt/parser.hpp"
#include "engine/model/prompt/resolve.hpp"
#include "engine/model/prompt/whitespace.hpp"

namespace ropewalk::prompt {

Result<Template> Template::compile(
    std::string text, std::string file, Limits const& limits, std::size_t begin
) {
  return compile(std::make_shared<Source const>(std::move(file), std::move(text)), limits, begin);
}

Result<Template> Template::compile(
    SourcePtr source, Limits const& limits, std::size_t begin, std::size_t size
) {
  TRY(auto tokens, read_tokens(*source, begin, size, limits));
  auto parsed = std::make_shared<Parsed>();
  TRY(parsed->program, Parser(*source, std::move(tokens), limits).run());
  strip_whitespace(parsed->program);
  auto const resolved = resolve_names(*source, parsed->program, parsed->partials);
  if (!resolved) return resolved.error();
  parsed->size = std::min(size, source->text.size() - begin);
  parsed->source = std::move(source);
  return Template(std::move(parsed));
}

}  // namespace ropewalk::prompt

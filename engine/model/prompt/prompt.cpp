#include "engine/model/prompt/prompt.hpp"

#include "engine/model/prompt/evaluator.hpp"

namespace ropewalk::prompt {

Prompt::Prompt(Template body, FrontMatter head)
    : body_(std::move(body)), head_(std::make_shared<FrontMatter const>(std::move(head))) {
  json::object settings = to_json(*head_);
  settings.erase("input");
  settings_ = std::make_shared<json::object const>(std::move(settings));
}

Result<Prompt> Prompt::parse(
    std::string text, std::string file, Schemas const& schemas, Limits const& limits
) {
  auto const source = std::make_shared<Source const>(std::move(file), std::move(text));
  TRY(FileParts const parts, split_file(*source));
  TRY(FrontMatter head, read_front_matter(*source, parts, schemas));
  TRY(Template body, Template::compile(source, limits, parts.body, parts.body_size));
  return Prompt(std::move(body), std::move(head));
}

Result<Prompt> Prompt::with(json::object const& overrides, Schemas const& schemas) const {
  json::object fields = head_->raw;
  for (auto const& member : overrides) {
    json::value& field = fields[member.key()];
    bool const merges = member.key() == "config" && field.is_object() && member.value().is_object();
    if (!merges) {
      field = member.value();
      continue;
    }
    for (auto const& setting : member.value().get_object())
      field.get_object()[setting.key()] = setting.value();
  }
  TRY(FrontMatter head, read_front_matter(fields, schemas));
  head.raw = head_->raw;
  return Prompt(body_, std::move(head));
}

json::value Prompt::complete(json::value const& input) const {
  if (head_->input_default.empty() || !(input.is_object() || input.is_null())) return input;
  json::object out = head_->input_default;
  if (auto const* fields = input.if_object())
    for (auto const& member : *fields) out[member.key()] = member.value();
  return out;
}

std::vector<SchemaViolation> Prompt::check_input(json::value const& input) const {
  if (head_->input_schema.is_null()) return {};
  auto const schema = JsonSchema::compile(head_->input_schema);
  if (!schema) return {};  // "any", which allows everything
  return (*schema)->check(complete(input));
}

Result<std::vector<Message>> Prompt::render(
    RenderInput const& given, Partials const& partials, Limits const& limits
) const {
  json::value completed;
  bool const is_complete = head_->input_default.empty();
  if (!is_complete) completed = complete(given.input);
  json::value const* schema = head_->input_schema.is_null() ? nullptr : &head_->input_schema;
  Environment const environment{
      is_complete ? given.input : completed, given.context, partials, schema, [this, &given] {
        return json::value{
            {"prompt", *settings_}, {"docs", given.docs}, {"messages", given.history}};
      }};
  TRY(Output const output, Evaluator(environment, limits).run(body_));
  return to_messages(output, given.history);
}

Result<Output> render_template(
    Template const& root,
    json::value const& input,
    json::object const& data,
    Partials const& partials,
    Limits const& limits,
    json::value const* schema
) {
  Environment const environment{input, data, partials, schema, {}};
  return Evaluator(environment, limits).run(root);
}

}  // namespace ropewalk::prompt

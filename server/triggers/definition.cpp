#include "server/triggers/definition.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "engine/model/workflow.hpp"
#include "server/api/start_request.hpp"
#include "server/http/problem_response.hpp"

#include <algorithm>
#include <charconv>

namespace ropewalk::server {
namespace {

constexpr std::size_t problems_max = 100;
constexpr std::size_t labels_max = 30;  // an execution may have 32: some are ours
constexpr std::size_t label_bytes_max = 256;

/// "name" or "name@3".
bool is_workflow_reference(std::string_view text) {
  auto const at = text.rfind('@');
  if (at == text.npos) return is_workflow_name(text);
  std::int32_t version = 0;
  auto const* const end = text.data() + text.size();
  auto const read = std::from_chars(text.data() + at + 1, end, version);
  return is_workflow_name(text.substr(0, at)) && read.ec == std::errc() && read.ptr == end &&
         version > 0;
}

void check_variables(
    fields::Fields const& fields,
    std::string_view name,
    cel::Expression const& expression,
    std::vector<std::string_view> const& variables
) {
  std::string known;
  for (auto const variable : variables) known.append(known.empty() ? "" : ", ").append(variable);
  for (auto const& use : expression.variables()) {
    auto const& variable = use.path.front();
    if (std::ranges::find(variables, std::string_view(variable)) == variables.end())
      fields.add(name, "unknown_name", "there is no `" + variable + "` here", "use " + known);
  }
  for (auto const& call : expression.unknown_functions())
    fields.add(
        name,
        "unknown_function",
        "there is no function `" + call.path.front() + "`",
        call.path.size() > 1 ? "did you mean `" + call.path[1] + "`?" : std::string()
    );
}

void read_labels(fields::Fields const& fields, StartSpec& out) {
  auto const* labels = fields.object("labels");
  if (labels == nullptr) return;
  if (labels->size() > labels_max)
    return fields.add("labels", "out_of_range", "there are more than 30 labels", "leave some out");
  for (auto const& label : *labels) {
    std::string_view const name(label.key());
    auto const* text = label.value().if_string();
    bool const fits = text != nullptr && text->size() <= label_bytes_max && !name.empty() &&
                      name.size() <= label_bytes_max && name.find('\0') == name.npos &&
                      text->find('\0') == text->npos;
    if (fits)
      out.labels[std::string(name)] = std::string(*text);
    else
      fields.add(
          "labels." + shorten(name, 64),
          "wrong_kind",
          "a label is a text of at most 256 bytes, none of them zero"
      );
  }
}

void read_inputs(
    fields::Fields const& fields, StartSpec& out, std::vector<std::string_view> const& variables
) {
  auto const* inputs = fields.find("inputs");
  if (inputs == nullptr) return;
  bool const is_template = inputs->is_string() && fields::has_expression(*inputs);
  if (!inputs->is_object() && !is_template)
    return fields.add(
        "inputs", "wrong_kind", "`inputs` is neither an object nor one expression", "give an object"
    );
  auto compiled = cel::JsonTemplate::compile(*inputs);
  if (!compiled) return fields.add("inputs", compiled.error().code, compiled.error().message);
  for (auto const& entry : compiled->entries())
    for (auto const& expression : entry.text.expressions())
      check_variables(fields, "inputs", expression, variables);
  out.inputs = std::move(*compiled);
}

}  // namespace

fields::Reading DefinitionProblems::reading() {
  auto report = [this](std::string field, std::string code, std::string text, std::string mend) {
    if (problems_.size() >= problems_max) return;
    Problem problem;
    problem.path = std::move(field);
    problem.code = std::move(code);
    problem.message = std::move(text);
    problem.hint = std::move(mend);
    problems_.push_back(std::move(problem));
  };
  return fields::Reading{std::move(report), true};
}

Result<> DefinitionProblems::result(std::string_view what) const {
  if (problems_.empty()) return {};
  constexpr std::size_t message_bytes_max = 2000;
  std::string message;
  for (auto const& problem : problems_) {
    message += message.empty() ? std::string(what) + " cannot be used: " : "; ";
    message += (problem.path.empty() ? "" : problem.path + ": ") + problem.message;
  }
  auto error = invalid_argument(shorten(message, message_bytes_max), problems_.front().hint);
  error.detail = to_json(problems_);
  return error;
}

StartSpec read_start_spec(
    fields::Fields const& fields, std::vector<std::string_view> const& variables
) {
  StartSpec out;
  out.workflow = fields.text("workflow").value_or("");
  if (!fields.has("workflow"))
    fields.add("workflow", "missing_field", "no workflow is named", "workflow: NAME");
  else if (fields.find("workflow")->is_string() && !is_workflow_reference(out.workflow))
    fields.add(
        "workflow", "invalid_name", "this is no name of a workflow", "write NAME or NAME@VERSION"
    );
  read_inputs(fields, out, variables);
  read_labels(fields, out);
  if (auto const priority = fields.integer("priority", 0, 100))
    out.priority = static_cast<std::int32_t>(*priority);
  return out;
}

std::optional<cel::Expression> read_expression(
    fields::Fields const& fields,
    std::string_view name,
    std::vector<std::string_view> const& variables
) {
  auto const text = fields.text(name);
  if (!text) return std::nullopt;
  auto compiled = cel::Expression::compile(*text);
  if (!compiled) {
    fields.add(name, compiled.error().code, compiled.error().message, compiled.error().hint);
    return std::nullopt;
  }
  check_variables(fields, name, *compiled, variables);
  return std::move(*compiled);
}

Duration read_duration(
    fields::Fields const& fields,
    std::string_view name,
    Duration fallback,
    Duration least,
    Duration most
) {
  auto const duration = fields.duration(name);
  if (!duration) return fallback;
  if (*duration >= least && *duration <= most) return *duration;
  auto const bounds = format_duration(least) + " to " + format_duration(most);
  fields.add(
      name,
      "out_of_range",
      "`" + std::string(name) + "` is " + format_duration(*duration) + ", outside of " + bounds,
      "write a duration from " + bounds
  );
  return fallback;
}

Result<> check_trigger_name(std::string_view name) {
  if (is_workflow_name(name)) return {};
  return invalid_argument("a name has letters, digits, '_', '.' and '-', at most 128");
}

std::string stored_text(json::object definition) {
  json::value clean(std::move(definition));
  replace_nul(clean);
  return to_text(clean);
}

Result<json::object> parse_stored(std::string const& text) {
  auto parsed = parse_json(text, JsonLimits{text.size() + 1, 256, text.size() + 1});
  if (parsed && parsed->is_object()) return std::move(parsed->get_object());
  Error error;
  error.code = "invalid_definition";
  error.message = "the stored definition cannot be read";
  error.hint = "set it again";
  return error;
}

}  // namespace ropewalk::server

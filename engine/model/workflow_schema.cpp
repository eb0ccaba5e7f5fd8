#include "engine/model/workflow_schema.hpp"

#include "engine/model/wait_plan.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <initializer_list>

namespace ropewalk {
namespace {

namespace json = boost::json;

constexpr std::string_view id_pattern = "^[A-Za-z_][A-Za-z0-9_-]{0,127}$";
constexpr std::string_view duration_pattern = "^([0-9]+(\\.[0-9]+)?(us|ms|s|m|h|d))+$";
constexpr std::string_view size_pattern = "^[0-9]+(\\.[0-9]+)?(B|KiB|MiB|GiB|TiB|kB|MB|GB|TB)$";
constexpr std::string_view template_pattern = "\\$\\{\\{";

json::object described(json::object schema, std::string_view description) {
  if (!description.empty()) schema["description"] = description;
  return schema;
}

json::object of_type(std::string_view type, std::string_view description) {
  return described({{"type", type}}, description);
}

json::object reference(std::string_view name, std::string_view description = {}) {
  json::object out{{"$ref", "#/definitions/" + std::string(name)}};
  // Draft 7 ignores what stands beside $ref; editors show it all the same inside allOf.
  if (description.empty()) return out;
  return {{"allOf", json::array{std::move(out)}}, {"description", description}};
}

json::object words(std::initializer_list<std::string_view> list, std::string_view description) {
  json::array values;
  for (std::string_view const word : list) values.emplace_back(word);
  return described({{"enum", std::move(values)}}, description);
}

json::object number_in(
    std::string_view type, std::int64_t smallest, std::int64_t largest, std::string_view description
) {
  return described({{"type", type}, {"minimum", smallest}, {"maximum", largest}}, description);
}

json::object closed_object(json::object properties, json::array required, std::string_view about) {
  json::object out{
      {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  return described(std::move(out), about);
}

json::object retry_schema() {
  json::object fields;
  fields["maxAttempts"] = number_in("integer", 1, 1000, "Tries in all, the first one included.");
  fields["backoffFactor"] = number_in("number", 1, 100, "Each delay is this many times the last.");
  fields["initialDelay"] = reference("duration", "Before the second try.");
  fields["maxDelay"] = reference("duration", "No delay is longer.");
  fields["jitter"] = number_in("number", 0, 1, "Share of the delay that is drawn at random.");
  fields["on"] = described(
      {{"type", "array"},
       {"items", words({"transient", "resource", "permanent", "dependency"}, "")}},
      "Classes of errors that are tried again."
  );
  fields["onExitCodes"] = described(
      {{"type", "array"},
       {"items", {{"type", json::array{"integer", "string"}}, {"pattern", "^[0-9]+(-[0-9]+)?$"}}}},
      "Exit codes, or ranges like \"1-5\", that are tried again; all others are not."
  );
  return closed_object(std::move(fields), {}, "How a failed task is tried again.");
}

json::object pool_schema() {
  json::object fields;
  fields["name"] = of_type("string", "The pool.");
  fields["slots"] = number_in("integer", 1, 1'000'000, "How many slots of it are held.");
  json::array forms{of_type("string", ""), closed_object(std::move(fields), {"name"}, "")};
  json::object one{{"anyOf", forms}};
  forms.push_back(json::object{{"type", "array"}, {"items", std::move(one)}});
  return described({{"anyOf", std::move(forms)}}, "The pools whose slots it holds while it runs.");
}

json::object resources_schema() {
  return described(
      {{"type", "object"},
       {"properties",
        {{"cpu", {{"type", "number"}, {"minimum", 0}, {"description", "Cores."}}},
         {"memory", reference("size", "While it runs.")}}},
       {"additionalProperties", {{"type", "integer"}, {"minimum", 0}}}},
      "What it needs while it runs: cpu, memory, or slots of any pool."
  );
}

json::object dependency_schema() {
  json::object fields;
  fields["taskId"] = of_type("string", "The task that is waited for.");
  fields["type"] = words({"success", "failure", "completion"}, "How it must have ended.");
  fields["condition"] = of_type("string", "CEL: must also hold, like tasks.a.output.count > 7.");
  return closed_object(std::move(fields), {"taskId"}, "One task that is waited for.");
}

/// Fields that may stand in `defaults` and in tasks.
json::object shared_fields() {
  json::object out;
  out["priority"] = number_in("integer", 0, 100, "Higher first.");
  out["timeout"] = reference("duration", "Bounds one attempt.");
  out["deadline"] = reference("duration", "Bounds the task with all its attempts.");
  out["queueTimeout"] = reference("duration", "Bounds the wait for a slot.");
  out["retry"] = reference("retry");
  out["pool"] = reference("pool");
  out["resources"] = reference("resources");
  out["allowFailure"] = of_type("boolean", "Its failure does not fail the execution.");
  return out;
}

json::object for_each_schema() {
  json::object items{
      {"anyOf",
       json::array{
           json::object{{"type", "array"}},
           json::object{{"type", "string"}, {"pattern", template_pattern}}}}};
  json::object fields;
  fields["items"] = items;
  fields["maxParallel"] = number_in("integer", 1, 100'000, "How many may be under way at once.");
  fields["onItemFailure"] =
      words({"stop", "finish", "ignore"}, "What an item that has failed means for the others.");
  json::array forms = items.at("anyOf").as_array();
  forms.push_back(closed_object(std::move(fields), {"items"}, ""));
  return described(
      {{"anyOf", std::move(forms)}},
      "Runs once for each item of a list; `item` and `index` tell which."
  );
}

json::object caching_schema() {
  json::object fields;
  fields["key"] = of_type("string", "CEL: what the result depends on.");
  fields["ttl"] = reference("duration", "How long a result may be used again.");
  return closed_object(
      std::move(fields), {"key", "ttl"}, "Its result is used again for the same key."
  );
}

json::object cases_schema() {
  json::object fields;
  fields["name"] = json::object{{"type", "string"}, {"pattern", id_pattern}};
  fields["when"] = of_type("string", "CEL: the first case that holds is taken.");
  fields["then"] = described(
      {{"type", "array"}, {"items", {{"type", "string"}}}}, "Ids of the tasks that follow."
  );
  json::object item = closed_object(std::move(fields), {"when"}, "");
  return described({{"type", "array"}, {"minItems", 1}, {"items", std::move(item)}}, "The cases.");
}

json::object common_fields() {
  json::object out = shared_fields();
  out["type"] = of_type("string", "What kind of task it is.");
  out["description"] = of_type("string", "For people.");
  out["needs"] = described(
      {{"type", "array"}, {"items", {{"type", "string"}}}},
      "Ids of the tasks that must have completed before it starts."
  );
  out["dependencies"] = described(
      {{"type", "array"}, {"items", reference("dependency")}},
      "Like `needs`, with the type of each dependency and its condition."
  );
  out["when"] = of_type("string", "CEL: skipped when it does not hold.");
  out["failWhen"] = of_type("string", "CEL on its own result: failed when it holds.");
  out["forEach"] = for_each_schema();
  out["onFailure"] = words({"pause"}, "When it has failed for good, a person decides.");
  out["env"] = described(
      {{"type", "object"},
       {"additionalProperties", {{"type", json::array{"string", "number", "boolean"}}}}},
      "Environment variables; the way to pass data into code."
  );
  return out;
}

json::object field_schema(FieldSpec const& spec) {
  json::object schema;
  switch (spec.kind) {
    case FieldKind::any:
      break;
    case FieldKind::string:
      schema["type"] = "string";
      break;
    case FieldKind::integer:
      schema["type"] = "integer";
      break;
    case FieldKind::number:
      schema["type"] = "number";
      break;
    case FieldKind::boolean:
      schema["type"] = "boolean";
      break;
    case FieldKind::duration:
      schema = reference("duration");
      break;
    case FieldKind::size:
      schema = reference("size");
      break;
    case FieldKind::list:
      schema["type"] = "array";
      break;
    case FieldKind::object:
      schema["type"] = "object";
      break;
  }
  if (!spec.allowed.empty()) {
    json::array values;
    for (std::string const& word : spec.allowed) values.emplace_back(word);
    schema["enum"] = std::move(values);
  }
  bool const takes_template = !schema.empty() && !spec.code && !spec.expression;
  if (takes_template) schema = {{"anyOf", json::array{std::move(schema), reference("template")}}};
  return described(std::move(schema), spec.description);
}

json::object task_schema(TaskType const& type) {
  json::object properties = common_fields();
  json::array required{"type"};
  properties["type"] = json::object{{"const", type.name}};
  if (!type.needs_slot) {
    properties.erase("pool");
    properties.erase("resources");
  }
  if (type.needs_slot) properties["cache"] = caching_schema();
  for (FieldSpec const& spec : type.fields) {
    properties[spec.name] = spec.name == "cases" ? cases_schema() : field_schema(spec);
    if (spec.required) required.emplace_back(spec.name);
  }
  json::object schema = closed_object(std::move(properties), std::move(required), type.description);
  if (type.name == "wait") add_wait_schema(schema);
  return schema;
}

/// One branch a type, chosen by `type`: editors complete the right fields.
json::object any_task_schema(TaskTypes const& types) {
  json::array names, branches;
  for (std::string_view const name : types.names()) {
    names.emplace_back(name);
    json::object branch;
    branch["if"] = json::object{{"properties", {{"type", {{"const", name}}}}}};
    branch["then"] = reference("task-" + std::string(name));
    branches.push_back(std::move(branch));
  }
  return {
      {"type", "object"},
      {"required", json::array{"type"}},
      {"properties", {{"type", {{"enum", std::move(names)}}}}},
      {"allOf", std::move(branches)}};
}

json::object key_schema() {
  return of_type("string", "Executions with the same key share it.");
}

json::object rate_limit_schema() {
  json::object fields;
  fields["limit"] = number_in("integer", 1, 10'000, "How many executions begin within `per`.");
  fields["per"] = reference("duration", "The time that they are counted over.");
  fields["key"] = key_schema();
  fields["onLimit"] = words({"reject", "queue"}, "One too many is refused, or begins later.");
  return closed_object(std::move(fields), {"limit", "per"}, "How often its executions begin.");
}

json::object debounce_schema() {
  json::object fields;
  fields["delay"] = reference("duration", "An execution begins when so long no other call came.");
  fields["key"] = key_schema();
  fields["maxWait"] = reference("duration", "After the first call one begins at the latest.");
  return closed_object(std::move(fields), {"delay"}, "Of calls close together the last one runs.");
}

json::object singleton_schema() {
  json::object fields;
  fields["key"] = key_schema();
  fields["onConflict"] =
      words({"reject", "return"}, "The caller gets an error, or the execution that runs.");
  return closed_object(std::move(fields), {}, "No other begins while one runs.");
}

json::object limit_fields() {
  json::object out;
  out["maxTokens"] =
      number_in("integer", 1, 1'000'000'000'000, "Input and output of its calls to models.");
  out["maxCostUsd"] = number_in("number", 0, 1'000'000, "US dollars, as far as prices are known.");
  out["onExceeded"] = words({"fail", "pause"}, "The task fails, or waits for a person.");
  return out;
}

json::object budget_schema() {
  json::object fields = limit_fields();
  fields["perDay"] =
      closed_object(limit_fields(), {}, "All its executions together, in a day of UTC.");
  return closed_object(std::move(fields), {}, "What one execution may spend on models.");
}

json::object workflow_fields() {
  json::object out;
  out["$schema"] = of_type("string", "");
  out["name"] = described(
      {{"type", "string"}, {"pattern", "^[A-Za-z0-9_.-]{1,128}$"}}, "The workflow's name."
  );
  out["description"] = of_type("string", "For people.");
  out["inputs"] = of_type("object", "JSON Schema of what an execution is given.");
  out["variables"] = of_type("object", "Constants that tasks can use.");
  out["defaults"] = closed_object(shared_fields(), {}, "Stand beneath the fields of every task.");
  json::object limit;
  limit["limit"] = number_in("integer", 1, 1'000'000, "How many executions run at once.");
  limit["key"] = of_type("string", "Executions with the same key share the limit.");
  limit["onLimit"] = words({"queue", "reject", "cancelOldest"}, "What happens to one too many.");
  out["concurrency"] = closed_object(std::move(limit), {"limit"}, "Limits its executions.");
  out["rateLimit"] = rate_limit_schema();
  out["debounce"] = debounce_schema();
  out["singleton"] = singleton_schema();
  out["budget"] = budget_schema();
  out["priority"] = number_in("integer", 0, 100, "Of its executions; higher first.");
  out["onFailure"] = words(
      {"finish", "cancel", "pause"},
      "What becomes of the others when a task fails; pause: a person decides."
  );
  out["labels"] = described(
      {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}},
      "Labels of its executions."
  );
  return out;
}

}  // namespace

json::value workflow_schema(TaskTypes const& types) {
  json::object definitions;
  definitions["template"] = json::object{{"type", "string"}, {"pattern", template_pattern}};
  definitions["duration"] = json::object{{"type", "string"}, {"pattern", duration_pattern}};
  definitions["size"] =
      json::object{{"type", json::array{"string", "integer"}}, {"pattern", size_pattern}};
  definitions["retry"] = retry_schema();
  definitions["pool"] = pool_schema();
  definitions["resources"] = resources_schema();
  definitions["dependency"] = dependency_schema();
  for (std::string_view const name : types.names())
    definitions["task-" + std::string(name)] = task_schema(*types.find(name));
  definitions["task"] = any_task_schema(types);

  json::object properties = workflow_fields();
  json::object tasks{
      {"type", "object"},
      {"minProperties", 1},
      {"propertyNames", {{"pattern", id_pattern}}},
      {"additionalProperties", reference("task")}};
  properties["finally"] = described(tasks, "Tasks that run when all others have ended.");
  properties["tasks"] = described(std::move(tasks), "The tasks by their ids.");
  json::object schema = closed_object(std::move(properties), {"name", "tasks"}, "");
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = "Ropewalk workflow";
  schema["definitions"] = std::move(definitions);
  return schema;
}

}  // namespace ropewalk

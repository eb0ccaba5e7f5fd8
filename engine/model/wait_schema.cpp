// What an editor knows of the task type `wait`.
#include "engine/model/wait_plan.hpp"

#include <boost/json/array.hpp>

namespace ropewalk {
namespace {

namespace json = boost::json;

json::object text(std::string_view description) {
  return {{"type", "string"}, {"description", description}};
}

json::object reference(std::string_view definition) {
  return {{"$ref", "#/definitions/" + std::string(definition)}};
}

json::object one_of_two(json::object first, json::object second) {
  return {{"anyOf", json::array{std::move(first), std::move(second)}}};
}

json::object object_with(json::object properties, std::string_view required) {
  return {
      {"type", "object"},
      {"additionalProperties", false},
      {"required", json::array{required}},
      {"properties", std::move(properties)}};
}

json::object deadline() {
  return one_of_two(reference("duration"), reference("template"));
}

json::object signal_schema() {
  json::object properties{{"name", text("The name of the signal.")}};
  properties["schema"] = json::object{
      {"type", "object"}, {"description", "JSON Schema of the payload that comes with it."}};
  properties["deadline"] = deadline();
  properties["onTimeout"] = json::object{
      {"enum", json::array{"fail", "continue"}},
      {"description", "After the deadline: fails, or goes on with null."}};
  return one_of_two(
      text("The name of the signal that ends it."), object_with(std::move(properties), "name")
  );
}

json::object approval_schema() {
  json::object properties{{"message", text("What a person is asked.")}};
  json::object answers{
      {"type", "array"},
      {"minItems", 1},
      {"maxItems", 20},
      {"items", {{"type", "string"}, {"minLength", 1}, {"maxLength", 100}}}};
  properties["answers"] = one_of_two(std::move(answers), reference("template"));
  properties["deadline"] = deadline();
  properties["onTimeout"] = text("After the deadline: fail, or one of the answers.");
  return object_with(std::move(properties), "message");
}

}  // namespace

void add_wait_schema(json::object& task_schema) {
  auto& properties = task_schema["properties"].as_object();
  properties["signal"] = signal_schema();
  properties["approval"] = approval_schema();
  json::array one;
  for (std::string_view const kind : {"duration", "until", "signal", "approval"})
    one.push_back(json::object{{"required", json::array{kind}}});
  task_schema["oneOf"] = std::move(one);
}

}  // namespace ropewalk

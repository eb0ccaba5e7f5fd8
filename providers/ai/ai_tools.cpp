// AiAttempt: the tools that a model asks for, run as tasks.
#include "engine/async/async_scope.hpp"
#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "engine/model/json_schema.hpp"
#include "providers/ai/ai_attempt.hpp"
#include "providers/ai/answer_builder.hpp"

#include <algorithm>

namespace ropewalk::ai {
namespace {

constexpr std::size_t result_bytes_max = 256 * 1024;  // of what one call gives back to the model
constexpr std::size_t shown_bytes_max = 2 * 1024;
constexpr std::size_t calls_max = 64;  // of one answer

std::string result_text(json::value const& output) {
  if (output.is_null()) return "(no output)";
  return output.is_string() ? std::string(output.get_string()) : to_text(output);
}

ToolResultPart refused(ToolCallPart const& call, std::string message) {
  return {call.id, call.name, std::move(message), true};
}

/// The arguments, if they are what the tool takes.
Result<json::value> read_arguments(AiTool const& tool, ToolCallPart const& call) {
  TRY(json::value arguments, parse_json(call.arguments.empty() ? "{}" : call.arguments));
  if (!arguments.is_object())
    return Error{ErrorClass::permanent, "invalid_arguments", "the arguments must be a JSON object"};
  if (tool.spec.parameters.empty()) return arguments;
  TRY(auto schema, JsonSchema::compile(tool.spec.parameters));
  auto const violations = schema->check(arguments);
  if (violations.empty()) return arguments;
  std::string message = "the arguments do not fit the tool's parameters:";
  for (auto const& violation : violations)
    message.append(" ").append(violation.path).append(": ").append(violation.message).append(";");
  return Error{ErrorClass::permanent, "invalid_arguments", shorten(message, 2000)};
}

}  // namespace

Async<Result<>> AiAttempt::run_tools(ChatAnswer const& answer) {
  if (answer.tool_calls.size() > calls_max)
    co_return Error{
        ErrorClass::permanent,
        "too_many_calls",
        "the model asked for " + std::to_string(answer.tool_calls.size()) +
            " tools at once, where " + std::to_string(calls_max) + " are allowed"};
  add_exchange(assistant_message(answer));
  std::vector<ToolResultPart> results(answer.tool_calls.size());
  AsyncScope scope(parts_.executor);
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto work = answer_call(answer.tool_calls[i], results[i]);
    scope.spawn(std::move(work));
  }
  co_await scope.join();
  Message message;
  message.role = Role::tool;
  for (auto& result : results) message.parts.emplace_back(std::move(result));
  add_exchange(std::move(message));
  co_return Result<>();
}

Async<> AiAttempt::answer_call(ToolCallPart const& call, ToolResultPart& into) {
  auto running = run_tool(call);
  into = co_await std::move(running);
}

Async<ToolResultPart> AiAttempt::run_tool(ToolCallPart const& call) {
  auto const named = [&](AiTool const& tool) { return tool.spec.name == call.name; };
  auto const tool = std::find_if(task_.tools.begin(), task_.tools.end(), named);
  json::object record{
      {"id", call.id},
      {"name", call.name},
      {"arguments", shorten(call.arguments, shown_bytes_max)}};
  ToolResultPart result;
  if (tool == task_.tools.end()) {
    result = refused(call, "there is no tool \"" + call.name + "\"");
  } else if (auto arguments = read_arguments(*tool, call); !arguments) {
    result = refused(call, arguments.error().message);
  } else {
    record["task"] = tool->task;
    TaskCall wanted;
    wanted.task = tool->task;
    wanted.arguments = std::move(*arguments);
    auto calling = sink_.call(std::move(wanted));
    auto const output = co_await std::move(calling);
    if (!output) record["error"] = to_json(output.error());
    result = output ? ToolResultPart{call.id, call.name, result_text(*output), false}
                    : refused(call, output.error().message);
    result.content = shorten(result.content, result_bytes_max);
  }
  record["isError"] = result.is_error;
  record["result"] = shorten(result.content, shown_bytes_max);
  tool_records_.push_back(std::move(record));
  co_return result;
}

}  // namespace ropewalk::ai

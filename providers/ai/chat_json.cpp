#include "providers/ai/chat_json.hpp"

#include "providers/ai/record_reader.hpp"

#include <type_traits>
#include <utility>

namespace ropewalk::ai {
namespace {

void put_text(json::object& out, std::string_view name, std::string const& text) {
  if (!text.empty()) out[name] = text;
}
template <class T>
void put_if(json::object& out, std::string_view name, std::optional<T> const& value) {
  if (value) out[name] = *value;
}

json::object part_json(TextPart const& part) {
  return {{"type", "text"}, {"text", part.text}};
}
json::object part_json(ImagePart const& part) {
  json::object out{{"type", "image"}};
  put_text(out, "mediaType", part.media_type);
  put_text(out, "data", part.data);
  put_text(out, "url", part.url);
  return out;
}
json::object part_json(ToolCallPart const& part) {
  return {
      {"type", "toolCall"}, {"id", part.id}, {"name", part.name}, {"arguments", part.arguments}};
}
json::object part_json(ToolResultPart const& part) {
  json::object out{
      {"type", "toolResult"},
      {"callId", part.call_id},
      {"name", part.name},
      {"content", part.content}};
  if (part.is_error) out["isError"] = true;
  return out;
}
json::object part_json(OpaquePart const& part) {
  return {{"type", "opaque"}, {"dialect", part.dialect}, {"content", part.content}};
}

ToolCallPart tool_call(RecordReader& reader) {
  return {reader.text("id"), reader.text("name"), reader.text("arguments")};
}
OpaquePart opaque(RecordReader& reader) {
  auto const* const content = reader.value("content");
  return {reader.text("dialect"), content ? *content : json::value()};
}

Result<Part> part_from_json(json::value const& from) {
  RecordReader reader(from, "a part of a message");
  std::string const type = reader.text("type");
  std::optional<Part> out;
  if (type == "text") {
    out = TextPart{reader.text("text")};
  } else if (type == "image") {
    out = ImagePart{reader.text("mediaType"), reader.text("data"), reader.text("url")};
  } else if (type == "toolCall") {
    out = tool_call(reader);
  } else if (type == "toolResult") {
    out = ToolResultPart{
        reader.text("callId"),
        reader.text("name"),
        reader.text("content"),
        reader.boolean("isError", false)};
  } else if (type == "opaque") {
    out = opaque(reader);
  } else {
    reader.wrong("type", "text, image, toolCall, toolResult or opaque");
  }
  if (reader.has_error()) return reader.error();
  return *std::move(out);
}

/// Every element read by `read`; the first error.
template <class Read>
auto read_all(json::array const& from, Read read)
    -> Result<std::vector<typename std::invoke_result_t<Read, json::value const&>::value_type>> {
  std::vector<typename std::invoke_result_t<Read, json::value const&>::value_type> out;
  out.reserve(from.size());
  for (auto const& element : from) {
    TRY(auto one, read(element));
    out.push_back(std::move(one));
  }
  return out;
}

Result<ToolSpec> tool_from_json(json::value const& from) {
  RecordReader reader(from, "a tool");
  ToolSpec out{reader.text("name"), reader.text("description"), reader.object("parameters")};
  if (reader.has_error()) return reader.error();
  return out;
}

}  // namespace

json::object to_json(Message const& message) {
  json::array parts;
  for (auto const& part : message.parts)
    parts.push_back(std::visit([](auto const& one) { return part_json(one); }, part));
  return {{"role", to_string(message.role)}, {"parts", std::move(parts)}};
}

Result<Message> message_from_json(json::value const& from) {
  RecordReader reader(from, "a message");
  auto const role = parse_role(reader.text("role"));
  if (!role) reader.wrong("role", "system, user, assistant or tool");
  auto const& parts = reader.array("parts");
  if (reader.has_error()) return reader.error();
  TRY(auto read, read_all(parts, part_from_json));
  return Message{*role, std::move(read)};
}

json::array to_json(std::vector<Message> const& messages) {
  json::array out;
  for (auto const& message : messages) out.push_back(to_json(message));
  return out;
}

Result<std::vector<Message>> messages_from_json(json::value const& from) {
  if (!from.is_array())
    return Error{ErrorClass::permanent, "invalid_record", "messages should be a list"};
  return read_all(from.get_array(), message_from_json);
}

json::object to_json(ChatRequest const& request) {
  json::object out{{"model", request.model}, {"messages", to_json(request.messages)}};
  if (!request.tools.empty()) {
    json::array tools;
    for (auto const& tool : request.tools) {
      json::object spec{{"name", tool.name}, {"parameters", tool.parameters}};
      put_text(spec, "description", tool.description);
      tools.push_back(std::move(spec));
    }
    out["tools"] = std::move(tools);
  }
  put_text(out, "toolChoice", request.tool_choice);
  if (request.format == OutputFormat::json) out["format"] = "json";
  put_if(out, "schema", request.schema);
  put_if(out, "temperature", request.temperature);
  put_if(out, "topP", request.top_p);
  put_if(out, "maxTokens", request.max_tokens);
  if (!request.stop.empty()) out["stop"] = json::array(request.stop.begin(), request.stop.end());
  put_if(out, "seed", request.seed);
  out["stream"] = request.stream;
  if (!request.extra.empty()) out["extra"] = request.extra;
  return out;
}

Result<ChatRequest> request_from_json(json::value const& from) {
  RecordReader reader(from, "a request");
  ChatRequest out;
  out.model = reader.text("model");
  auto const& messages = reader.array("messages");
  auto const& tools = reader.array("tools");
  out.tool_choice = reader.text("toolChoice");
  std::string const format = reader.text("format");
  if (format == "json") out.format = OutputFormat::json;
  if (!format.empty() && format != "json" && format != "text")
    reader.wrong("format", "text or json");
  if (reader.value("schema")) out.schema = reader.object("schema");
  out.temperature = reader.optional_number("temperature");
  out.top_p = reader.optional_number("topP");
  out.max_tokens = reader.optional_integer("maxTokens");
  for (auto const& stop : reader.array("stop")) {
    if (stop.is_string())
      out.stop.emplace_back(stop.get_string());
    else
      reader.wrong("stop", "a list of strings");
  }
  out.seed = reader.optional_integer("seed");
  out.stream = reader.boolean("stream", true);
  out.extra = reader.object("extra");
  if (reader.has_error()) return reader.error();
  TRY(out.messages, read_all(messages, message_from_json));
  TRY(out.tools, read_all(tools, tool_from_json));
  return out;
}

json::object to_json(ChatAnswer const& answer) {
  json::object out{{"model", answer.model}, {"text", answer.text}};
  put_text(out, "requestId", answer.request_id);
  put_text(out, "reasoning", answer.reasoning);
  json::array calls;
  for (auto const& call : answer.tool_calls) calls.push_back(part_json(call));
  if (!calls.empty()) out["toolCalls"] = std::move(calls);
  json::array kept;
  for (auto const& part : answer.opaque) kept.push_back(part_json(part));
  if (!kept.empty()) out["opaque"] = std::move(kept);
  out["usage"] = to_json(answer.usage);
  out["finish"] = to_json(ChatEvent(answer.finish));
  return out;
}

Result<ChatAnswer> answer_from_json(json::value const& from) {
  RecordReader reader(from, "an answer");
  ChatAnswer out;
  out.model = reader.text("model");
  out.request_id = reader.text("requestId");
  out.text = reader.text("text");
  out.reasoning = reader.text("reasoning");
  for (auto const& call : reader.array("toolCalls")) {
    RecordReader fields(call, "a tool call");
    out.tool_calls.push_back(tool_call(fields));
    if (fields.has_error()) return fields.error();
  }
  for (auto const& part : reader.array("opaque")) {
    RecordReader fields(part, "an opaque part");
    out.opaque.push_back(opaque(fields));
    if (fields.has_error()) return fields.error();
  }
  json::object const usage = reader.object("usage");
  json::object const finish = reader.object("finish");
  if (reader.has_error()) return reader.error();
  TRY(out.usage, usage_from_json(usage));
  TRY(auto event, event_from_json(finish));
  auto* const end = std::get_if<ChatFinish>(&event);
  if (!end) reader.wrong("finish", "how the answer ended");
  if (reader.has_error()) return reader.error();
  out.finish = std::move(*end);
  return out;
}

}  // namespace ropewalk::ai

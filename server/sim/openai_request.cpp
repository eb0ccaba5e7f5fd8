#include "server/sim/openai_request.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "server/sim/openai_messages.hpp"

#include <cmath>

namespace ropewalk::server {
namespace {

constexpr std::size_t stops_max = 4;
constexpr JsonLimits body_limits{64 * 1024 * 1024, 64, 1'000'000};

bool is_given(json::object const& from, std::string_view name) {
  auto const* const value = from.if_contains(name);
  return value != nullptr && !value->is_null();
}

Result<bool> read_bool(json::object const& from, std::string_view name) {
  if (!is_given(from, name)) return false;
  if (!from.at(name).is_bool()) return bad_field(name, "should be true or false");
  return from.at(name).get_bool();
}

Result<std::optional<double>> read_number(
    json::object const& from, std::string_view name, double most
) {
  if (!is_given(from, name)) return std::optional<double>();
  auto const& value = from.at(name);
  double const number = value.is_number() ? value.to_number<double>() : -1;
  if (!(number >= 0 && number <= most)) {
    auto const limit = std::to_string(static_cast<int>(most));
    return bad_field(name, "should be a number from 0 to " + limit);
  }
  return std::optional<double>(number);
}

Result<std::optional<std::int64_t>> read_integer(
    json::object const& from, std::string_view name, std::int64_t least
) {
  if (!is_given(from, name)) return std::optional<std::int64_t>();
  auto const* const number = from.at(name).if_int64();
  if (number == nullptr) return bad_field(name, "should be a whole number");
  if (*number < least) return bad_field(name, "should be at least " + std::to_string(least));
  return std::optional<std::int64_t>(*number);
}

Result<> read_stop(json::object const& from, ai::ChatRequest& out) {
  if (!is_given(from, "stop")) return {};
  auto const& stop = from.at("stop");
  if (auto const* const one = stop.if_string()) {
    out.stop.emplace_back(*one);
    return {};
  }
  auto const* const list = stop.if_array();
  if (list == nullptr || list->size() > stops_max)
    return bad_field("stop", "should be a text, or a list of up to 4");
  for (auto const& one : *list) {
    if (!one.is_string()) return bad_field("stop", "should be a text, or a list of up to 4");
    out.stop.emplace_back(one.get_string());
  }
  return {};
}

Result<> read_sampling(json::object const& from, ai::ChatRequest& out) {
  TRY(out.temperature, read_number(from, "temperature", 2));
  TRY(out.top_p, read_number(from, "top_p", 1));
  TRY(out.max_tokens, read_integer(from, "max_tokens", 1));
  TRY(auto const newer, read_integer(from, "max_completion_tokens", 1));
  if (newer) out.max_tokens = newer;
  TRY(out.seed, read_integer(from, "seed", INT64_MIN));
  TRY(auto const choices, read_integer(from, "n", 1));
  if (choices.value_or(1) != 1) return bad_field("n", "should be 1: there is one answer here");
  return read_stop(from, out);
}

Result<> read_format(json::object const& from, ai::ChatRequest& out) {
  if (!is_given(from, "response_format")) return {};
  auto const* const format = from.at("response_format").if_object();
  auto const* const type = format != nullptr ? format->if_contains("type") : nullptr;
  if (type == nullptr || !type->is_string())
    return bad_field("response_format", "should be an object with a type");
  if (type->get_string() == "text") return {};
  out.format = ai::OutputFormat::json;
  if (type->get_string() == "json_object") return {};
  if (type->get_string() != "json_schema")
    return bad_field("response_format.type", "should be text, json_object or json_schema");
  auto const* const about = format->if_contains("json_schema");
  auto const* const named = about != nullptr ? about->if_object() : nullptr;
  auto const* const schema = named != nullptr ? named->if_contains("schema") : nullptr;
  if (schema == nullptr || !schema->is_object())
    return bad_field("response_format.json_schema.schema", "should be a JSON Schema");
  out.schema = schema->get_object();
  return {};
}

Result<> read_stream(json::object const& from, OpenAiRequest& out) {
  TRY(out.chat.stream, read_bool(from, "stream"));
  if (!is_given(from, "stream_options")) return {};
  if (!out.chat.stream) return bad_field("stream_options", "goes with \"stream\": true only");
  auto const* const options = from.at("stream_options").if_object();
  if (options == nullptr) return bad_field("stream_options", "should be an object");
  TRY(out.with_usage, read_bool(*options, "include_usage"));
  return {};
}

Result<OpenAiRequest> read_object(json::object const& from) {
  OpenAiRequest out;
  auto const* const model = from.if_contains("model");
  if (model == nullptr || !model->is_string() || model->get_string().empty())
    return bad_field("model", "should name a model");
  std::string_view name = model->get_string();
  if (name.starts_with("sim/")) name.remove_prefix(4);
  out.chat.model = name;
  TRY(out.chat.messages, read_openai_messages(from));
  TRY(out.chat.tools, read_openai_tools(from));
  TRY(out.chat.tool_choice, read_openai_tool_choice(from));
  auto const sampling = read_sampling(from, out.chat);
  if (!sampling) return sampling.error();
  auto const format = read_format(from, out.chat);
  if (!format) return format.error();
  auto const stream = read_stream(from, out);
  if (!stream) return stream.error();
  if (auto const* const marker = from.if_contains("sim")) out.chat.extra["sim"] = *marker;
  return out;
}

}  // namespace

Result<OpenAiRequest> read_openai_request(std::string_view body) {
  TRY(auto const value, parse_json(body, body_limits));
  if (!value.is_object()) return bad_field("", "the body should be a JSON object");
  return read_object(value.get_object());
}

}  // namespace ropewalk::server

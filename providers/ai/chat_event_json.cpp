// Events, usage and limits as JSON.
#include "providers/ai/chat_json.hpp"
#include "providers/ai/record_reader.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace ropewalk::ai {
namespace {

struct UsageField {
  std::string_view name;
  std::optional<std::int64_t> ChatUsage::*count;
};
constexpr std::array<UsageField, 5> usage_fields{{
    {"input", &ChatUsage::input},
    {"cachedInput", &ChatUsage::cached_input},
    {"cacheWrite", &ChatUsage::cache_write},
    {"output", &ChatUsage::output},
    {"reasoning", &ChatUsage::reasoning},
}};

struct EventWriter {
  json::object operator()(ChatStarted const& event) const {
    return {{"type", "started"}, {"model", event.model}, {"requestId", event.request_id}};
  }
  json::object operator()(TextDelta const& event) const {
    return {{"type", "text"}, {"text", event.text}};
  }
  json::object operator()(ReasoningDelta const& event) const {
    return {{"type", "reasoning"}, {"text", event.text}};
  }
  json::object operator()(ToolCallStarted const& event) const {
    return {{"type", "toolCall"}, {"index", event.index}, {"id", event.id}, {"name", event.name}};
  }
  json::object operator()(ToolArgumentsDelta const& event) const {
    return {{"type", "toolArguments"}, {"index", event.index}, {"text", event.text}};
  }
  json::object operator()(OpaqueReceived const& event) const {
    return {{"type", "opaque"}, {"dialect", event.part.dialect}, {"content", event.part.content}};
  }
  json::object operator()(UsageReported const& event) const {
    json::object out = to_json(event.usage);
    out["type"] = "usage";
    return out;
  }
  json::object operator()(ChatFinish const& event) const {
    json::object out{{"type", "finish"}, {"reason", to_string(event.reason)}};
    if (!event.raw.empty()) out["raw"] = event.raw;
    if (!event.refusal.empty()) out["refusal"] = event.refusal;
    return out;
  }
  json::object operator()(ChatFailed const& event) const {
    return {{"type", "failed"}, {"error", ropewalk::to_json(event.error)}};
  }
};

std::uint32_t index_of(RecordReader& reader) {
  auto const index = reader.integer("index");
  if (index >= 0 && index <= std::numeric_limits<std::uint32_t>::max())
    return static_cast<std::uint32_t>(index);
  reader.wrong("index", "a small number");
  return 0;
}

ChatFinish finish_of(RecordReader& reader) {
  constexpr std::array reasons{
      FinishReason::stop,
      FinishReason::length,
      FinishReason::tool_calls,
      FinishReason::content_filter,
      FinishReason::context_overflow,
      FinishReason::pause,
      FinishReason::other};
  std::string const word = reader.text("reason");
  for (auto const reason : reasons)
    if (word == to_string(reason)) return {reason, reader.text("raw"), reader.text("refusal")};
  reader.wrong("reason", "a finish reason");
  return {};
}

OpaqueReceived opaque_of(RecordReader& reader) {
  auto const* const content = reader.value("content");
  return {OpaquePart{reader.text("dialect"), content ? *content : json::value()}};
}

std::optional<ChatEvent> event_of(RecordReader& reader, std::string const& type) {
  if (type == "started") return ChatStarted{reader.text("model"), reader.text("requestId")};
  if (type == "text") return TextDelta{reader.text("text")};
  if (type == "reasoning") return ReasoningDelta{reader.text("text")};
  if (type == "toolCall")
    return ToolCallStarted{index_of(reader), reader.text("id"), reader.text("name")};
  if (type == "toolArguments") return ToolArgumentsDelta{index_of(reader), reader.text("text")};
  if (type == "opaque") return opaque_of(reader);
  if (type == "finish") return finish_of(reader);
  if (type == "failed") return ChatFailed{error_from_json(reader.object("error"))};
  reader.wrong("type", "an event's name");
  return std::nullopt;
}

template <class T>
void put_if(json::object& out, std::string_view name, std::optional<T> const& value) {
  if (value) out[name] = *value;
}
void put_if(json::object& out, std::string_view name, std::optional<Duration> const& value) {
  if (value) out[name] = value->count();
}

}  // namespace

json::object to_json(ChatEvent const& event) {
  return std::visit(EventWriter(), event);
}

Result<ChatEvent> event_from_json(json::value const& from) {
  RecordReader reader(from, "an event");
  std::string const type = reader.text("type");
  if (type == "usage") {
    TRY(auto usage, usage_from_json(from));
    return ChatEvent(UsageReported{usage});
  }
  auto event = event_of(reader, type);
  if (reader.has_error()) return reader.error();
  return *std::move(event);
}

json::object to_json(ChatUsage const& usage) {
  json::object out;
  for (auto const& field : usage_fields) put_if(out, field.name, usage.*field.count);
  return out;
}

Result<ChatUsage> usage_from_json(json::value const& from) {
  RecordReader reader(from, "usage");
  ChatUsage out;
  for (auto const& field : usage_fields) out.*field.count = reader.optional_integer(field.name);
  if (reader.has_error()) return reader.error();
  return out;
}

json::object to_json(RateLimitState const& limits) {
  json::object out;
  put_if(out, "requestsLimit", limits.requests_limit);
  put_if(out, "requestsRemaining", limits.requests_remaining);
  put_if(out, "requestsResetUs", limits.requests_reset);
  put_if(out, "tokensLimit", limits.tokens_limit);
  put_if(out, "tokensRemaining", limits.tokens_remaining);
  put_if(out, "tokensResetUs", limits.tokens_reset);
  return out;
}

Result<RateLimitState> limits_from_json(json::value const& from) {
  RecordReader reader(from, "rate limits");
  RateLimitState out;
  out.requests_limit = reader.optional_integer("requestsLimit");
  out.requests_remaining = reader.optional_integer("requestsRemaining");
  out.requests_reset = reader.optional_duration("requestsResetUs");
  out.tokens_limit = reader.optional_integer("tokensLimit");
  out.tokens_remaining = reader.optional_integer("tokensRemaining");
  out.tokens_reset = reader.optional_duration("tokensResetUs");
  if (reader.has_error()) return reader.error();
  return out;
}

}  // namespace ropewalk::ai

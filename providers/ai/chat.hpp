#pragma once
// What is said to a model and what comes back, the same for every provider.
//
// Pure values. A provider's own form is its dialect's business (dialect.hpp). Texts are valid
// UTF-8.

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ropewalk::ai {

namespace json = boost::json;

enum class Role : unsigned char { system, user, assistant, tool };
std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view text);

struct TextPart {
  std::string text{};
};
struct ImagePart {
  std::string media_type{};  // "image/png"; empty when `url` is given
  std::string data{};        // base64; empty when `url` is given
  std::string url{};
};
/// The model asks for a tool. `arguments` is JSON text as the model wrote it.
struct ToolCallPart {
  std::string id{};
  std::string name{};
  std::string arguments{};
};
/// What the tool gave.
struct ToolResultPart {
  std::string call_id{};
  std::string name{};
  std::string content{};
  bool is_error = false;
};
/// Something of a provider's own that has to be sent back unchanged (signed thinking blocks,
/// thought signatures). Only the dialect that made it sends it; the others leave it out.
struct OpaquePart {
  std::string dialect{};
  json::value content{};
};
using Part = std::variant<TextPart, ImagePart, ToolCallPart, ToolResultPart, OpaquePart>;

struct Message {
  Role role = Role::user;
  std::vector<Part> parts{};
};
Message text_message(Role role, std::string text);
/// The text parts, joined.
std::string text_of(Message const& message);

struct ToolSpec {
  std::string name{};  // [A-Za-z0-9_-]{1,64}
  std::string description{};
  json::object parameters{};  // JSON Schema
};

enum class OutputFormat : unsigned char { text, json };

/// One call. A field that the user did not set is absent and is not sent (PROVIDERS: temperature is
/// not universal).
struct ChatRequest {
  std::string model{};  // as the provider calls it
  std::vector<Message> messages{};
  std::vector<ToolSpec> tools{};
  std::string tool_choice{};  // "", "auto", "none", "required", or a tool's name
  OutputFormat format = OutputFormat::text;
  std::optional<json::object> schema{};  // of the JSON that is wanted
  std::optional<double> temperature{};
  std::optional<double> top_p{};
  std::optional<std::int64_t> max_tokens{};
  std::vector<std::string> stop{};
  std::optional<std::int64_t> seed{};
  bool stream = true;
  json::object extra{};  // merged into the provider's request body, last
  std::string idempotency_key{};
};

/// As the provider counts them; absent: it did not say. `input` includes cached and cache_write
/// tokens, `output` includes reasoning tokens, whatever the provider's own convention.
struct ChatUsage {
  std::optional<std::int64_t> input{};
  std::optional<std::int64_t> cached_input{};
  std::optional<std::int64_t> cache_write{};
  std::optional<std::int64_t> output{};
  std::optional<std::int64_t> reasoning{};
  bool operator==(ChatUsage const&) const = default;
};

enum class FinishReason : unsigned char {
  stop,
  length,
  tool_calls,
  content_filter,
  context_overflow,
  pause,
  other
};
/// "stop", "length", "tool_calls", "content_filter", "context_overflow", "pause", "other".
std::string_view to_string(FinishReason reason);

// What a call says while it runs, in order. After ChatFinish or ChatFailed nothing more comes.
struct ChatStarted {
  std::string model{};
  std::string request_id{};
};
struct TextDelta {
  std::string text{};
};
struct ReasoningDelta {
  std::string text{};
};
struct ToolCallStarted {
  std::uint32_t index = 0;
  std::string id{};
  std::string name{};
};
struct ToolArgumentsDelta {
  std::uint32_t index = 0;
  std::string text{};
};
struct OpaqueReceived {
  OpaquePart part{};
};
struct UsageReported {
  ChatUsage usage{};  // replaces field by field what was reported before
};
struct ChatFinish {
  FinishReason reason = FinishReason::stop;
  std::string raw{};      // the provider's own word
  std::string refusal{};  // why the model or a filter refused, when it said so
};
struct ChatFailed {
  Error error{};
};
using ChatEvent = std::variant<
    ChatStarted,
    TextDelta,
    ReasoningDelta,
    ToolCallStarted,
    ToolArgumentsDelta,
    OpaqueReceived,
    UsageReported,
    ChatFinish,
    ChatFailed>;

/// What the provider says about its limits, from response headers.
struct RateLimitState {
  std::optional<std::int64_t> requests_limit{};
  std::optional<std::int64_t> requests_remaining{};
  std::optional<Duration> requests_reset{};  // from now
  std::optional<std::int64_t> tokens_limit{};
  std::optional<std::int64_t> tokens_remaining{};
  std::optional<Duration> tokens_reset{};
  bool operator==(RateLimitState const&) const = default;
};

/// A whole answer, gathered from its events.
struct ChatAnswer {
  std::string model{};
  std::string request_id{};
  std::string text{};
  std::string reasoning{};
  std::vector<ToolCallPart> tool_calls{};  // in the order of their index
  std::vector<OpaquePart> opaque{};
  ChatUsage usage{};
  ChatFinish finish{};
};

}  // namespace ropewalk::ai

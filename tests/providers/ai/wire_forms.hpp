#pragma once
// The documented forms of each provider: what a request looks like on the wire, and what its answer
// does. Every provider says the same things, each in its own way.

#include "tests/providers/ai/dialects/decode.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

enum class Kind : unsigned char { text, reasoning, tools, structured };

// What the answers say.
inline constexpr std::string_view said_text = "Grüße aus Ørland 🧶, and a \"quote\".";
inline constexpr std::string_view said_thought = "let me see: 日本";
inline constexpr std::string_view said_arguments = R"({"city":"Ørland"})";
inline constexpr std::string_view said_json = R"({"urgency":3})";

struct WireForm {
  std::string type{};
  Kind kind = Kind::text;
  bool is_streamed = true;
  // The request
  std::string target{};
  HttpHeaders sent_headers{};  // that it has to have
  std::string sent{};          // its body, as JSON
  // The answer
  HttpHeaders headers{};
  std::string body{};
  // What has to come of it
  std::string model{};
  std::string request_id{};
  ChatUsage usage{};
  std::string finish{};  // in the provider's own word
  std::size_t opaque_count = 0;
  RateLimitState limits{};
};

/// What is asked for: the same of every provider.
ChatRequest chat_for(Kind kind, bool is_streamed);

/// All forms, of every provider and kind, streamed and whole.
std::vector<WireForm> const& wire_forms();
WireForm const& wire_form(std::string_view type, Kind kind, bool is_streamed);

/// The answer as an HTTP response with Content-Length.
std::string http_answer(WireForm const& form);
/// The lines of its headers, each ended by "\r\n".
std::string header_lines(WireForm const& form);

// One file a provider.
WireForm openai_form(Kind kind, bool is_streamed);
WireForm azure_form(Kind kind, bool is_streamed);
WireForm responses_form(Kind kind, bool is_streamed);
WireForm anthropic_form(Kind kind, bool is_streamed);
WireForm gemini_form(Kind kind, bool is_streamed);
WireForm ollama_form(Kind kind, bool is_streamed);

/// JSON text as a JSON string.
std::string quoted(std::string_view text);
std::string bool_text(bool value);

}  // namespace ropewalk::ai

#include "tests/providers/ai/dialects/decode.hpp"

#include "engine/base/json.hpp"

#include <gtest/gtest.h>

namespace ropewalk::ai {
namespace {

constexpr std::size_t splits_bytes_max = 8192;

struct Liner {
  std::string operator()(ChatStarted const& e) const {
    return "started " + e.model + " " + e.request_id;
  }
  std::string operator()(TextDelta const& e) const { return "text " + e.text; }
  std::string operator()(ReasoningDelta const& e) const { return "reasoning " + e.text; }
  std::string operator()(ToolCallStarted const& e) const {
    return "call " + std::to_string(e.index) + " " + e.id + " " + e.name;
  }
  std::string operator()(ToolArgumentsDelta const& e) const {
    return "arguments " + std::to_string(e.index) + " " + e.text;
  }
  std::string operator()(OpaqueReceived const& e) const {
    return "opaque " + e.part.dialect + " " + to_text(e.part.content);
  }
  std::string operator()(UsageReported const& e) const {
    auto const show = [](std::optional<std::int64_t> const& count) {
      return count ? std::to_string(*count) : std::string("-");
    };
    return "usage " + show(e.usage.input) + " " + show(e.usage.cached_input) + " " +
           show(e.usage.cache_write) + " " + show(e.usage.output) + " " + show(e.usage.reasoning);
  }
  std::string operator()(ChatFinish const& e) const {
    return "finish " + std::string(to_string(e.reason)) + " " + e.raw +
           (e.refusal.empty() ? "" : " refusal: " + e.refusal);
  }
  std::string operator()(ChatFailed const& e) const {
    return "failed " + e.error.code + " " + e.error.message;
  }
};

/// Joins `next` to `last` where both are pieces of the same text.
bool join(ChatEvent& last, ChatEvent const& next) {
  if (auto* text = std::get_if<TextDelta>(&last); text && std::holds_alternative<TextDelta>(next))
    return text->text += std::get<TextDelta>(next).text, true;
  if (auto* text = std::get_if<ReasoningDelta>(&last);
      text && std::holds_alternative<ReasoningDelta>(next))
    return text->text += std::get<ReasoningDelta>(next).text, true;
  auto* arguments = std::get_if<ToolArgumentsDelta>(&last);
  auto const* more = std::get_if<ToolArgumentsDelta>(&next);
  if (arguments == nullptr || more == nullptr || arguments->index != more->index) return false;
  arguments->text += more->text;
  return true;
}

Decoded decode_pieces(
    ProviderSettings const& provider,
    std::vector<std::string_view> const& pieces,
    HttpHeaders const& head
) {
  auto const decoder = find_dialect(provider.type)->decoder(provider, chat_of("asked-for"), head);
  std::vector<ChatEvent> events;
  for (auto const piece : pieces) decoder->feed(piece, events);
  decoder->end(events);
  decoder->feed("data: {}\n\n", events);  // has to be ignored
  Decoded out;
  AnswerBuilder builder;
  for (auto const& event : events) {
    builder.add(event);
    if (auto const* failed = std::get_if<ChatFailed>(&event)) out.failures.push_back(failed->error);
    if (std::holds_alternative<ChatFinish>(event)) ++out.finishes_count;
    if (out.events.empty() || !join(out.events.back(), event)) out.events.push_back(event);
  }
  out.answer = builder.take();
  return out;
}

void check_promises(Decoded const& decoded) {
  auto const& events = decoded.events;
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(decoded.finishes_count + static_cast<int>(decoded.failures.size()), 1) << "one end";
  bool const is_end_last = std::holds_alternative<ChatFinish>(events.back()) ||
                           std::holds_alternative<ChatFailed>(events.back());
  EXPECT_TRUE(is_end_last) << to_line(events.back());
  for (std::size_t i = 0; i < events.size(); ++i)
    EXPECT_EQ(std::holds_alternative<ChatStarted>(events[i]), i == 0 && events.size() > 1)
        << i << ": " << to_line(events[i]);
  for (auto const& error : decoded.failures) {
    EXPECT_FALSE(error.hint.empty()) << error.message;
    EXPECT_EQ(to_text(to_json(error)).find(test_key), std::string::npos) << "the key";
  }
}

}  // namespace

ProviderSettings provider_of(std::string_view type) {
  ProviderSettings out;
  out.name = out.type = type;
  out.api_key = test_key;
  return out;
}

ChatRequest chat_of(std::string_view model, std::string_view prompt) {
  ChatRequest out;
  out.model = model;
  out.messages.push_back(text_message(Role::user, std::string(prompt)));
  return out;
}

WireRequest wire_of(ProviderSettings const& provider, ChatRequest const& chat) {
  auto const wire = find_dialect(provider.type)->request(provider, chat);
  EXPECT_TRUE(wire) << (wire ? "" : wire.error().message);
  return wire ? *wire : WireRequest{};
}

json::value body_of(ProviderSettings const& provider, ChatRequest const& chat) {
  auto const wire = wire_of(provider, chat);
  EXPECT_EQ(wire.body.find(test_key), std::string::npos);
  EXPECT_EQ(wire.url.find(test_key), std::string::npos);
  return json_of(wire.body);
}

json::value json_of(std::string_view text) {
  auto const value = parse_json(text);
  EXPECT_TRUE(value) << (value ? "" : value.error().message) << ": " << text;
  return value ? *value : json::value();
}

Decoded decode(ProviderSettings const& provider, std::string_view body, HttpHeaders const& head) {
  auto const whole = decode_pieces(provider, {body}, head);
  check_promises(whole);
  auto const expected = lines_of(whole.events);
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < body.size(); ++i) bytes.push_back(body.substr(i, 1));
  EXPECT_EQ(lines_of(decode_pieces(provider, bytes, head).events), expected) << "byte by byte";
  EXPECT_LT(body.size(), splits_bytes_max) << "too long for every split";
  for (std::size_t at = 1; at < std::min(body.size(), splits_bytes_max); ++at) {
    auto const split = decode_pieces(provider, {body.substr(0, at), body.substr(at)}, head);
    EXPECT_EQ(lines_of(split.events), expected) << "split at " << at;
  }
  return whole;
}

Decoded decode(std::string_view type, std::string_view body) {
  return decode(provider_of(type), body);
}

Decoded decode_whole(std::string_view type, std::string_view body) {
  auto const whole =
      decode_pieces(provider_of(type), {body}, {{"content-type", "text/event-stream"}});
  check_promises(whole);
  return whole;
}

std::string to_line(ChatEvent const& event) {
  return std::visit(Liner{}, event);
}

std::vector<std::string> lines_of(std::vector<ChatEvent> const& events) {
  std::vector<std::string> out;
  for (auto const& event : events) out.push_back(to_line(event));
  return out;
}

std::string sse(std::vector<std::string> const& data) {
  std::string out;
  for (auto const& one : data) out += "data: " + one + "\n\n";
  return out;
}

}  // namespace ropewalk::ai

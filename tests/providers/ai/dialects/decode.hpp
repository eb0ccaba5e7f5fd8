#pragma once
// What the tests of the dialects share: providers, requests, and decoding at every split.

#include "providers/ai/answer_builder.hpp"
#include "providers/ai/dialect.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

inline constexpr char test_key[] = "sk-test-0123456789abcdef";

/// Named after its type, with a key, at the type's own address.
ProviderSettings provider_of(std::string_view type);
ChatRequest chat_of(std::string_view model, std::string_view prompt = "hello");
/// The body and the headers of a request; fails the test when there is none.
json::value body_of(ProviderSettings const& provider, ChatRequest const& chat);
WireRequest wire_of(ProviderSettings const& provider, ChatRequest const& chat);
json::value json_of(std::string_view text);

struct Decoded {
  std::vector<ChatEvent> events{};  // neighbouring deltas of the same text are one
  ChatAnswer answer{};
  std::vector<Error> failures{};
  int finishes_count = 0;

  /// The code of the failure; "" when there is none.
  std::string failure() const { return failures.empty() ? "" : failures.front().code; }
};

/// Decodes the body whole; then at every split into two pieces, and byte by byte, each of which has
/// to give the same. Checks the promises of ChatEvent.
Decoded decode(
    ProviderSettings const& provider,
    std::string_view body,
    HttpHeaders const& head = {{"content-type", "text/event-stream"}}
);
Decoded decode(std::string_view type, std::string_view body);

/// The same, whole only: for bodies that are long.
Decoded decode_whole(std::string_view type, std::string_view body);

/// One event as text, for comparing and for people.
std::string to_line(ChatEvent const& event);
std::vector<std::string> lines_of(std::vector<ChatEvent> const& events);

/// "data: …\n\n" for each.
std::string sse(std::vector<std::string> const& data);

}  // namespace ropewalk::ai

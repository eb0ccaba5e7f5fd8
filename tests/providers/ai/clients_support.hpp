#pragma once
// What the tests of the clients share: requests, and a listener that keeps what it hears.

#include "providers/ai/model_client.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ropewalk::ai::test {

inline ChatRequest ask(std::string model, std::string prompt) {
  ChatRequest request;
  request.model = std::move(model);
  request.messages.push_back(text_message(Role::user, std::move(prompt)));
  return request;
}

struct Heard {
  std::vector<ChatEvent> events{};
  ChatListener listener() {
    return [this](ChatEvent const& event) { events.push_back(event); };
  }
  std::string text() const {
    std::string out;
    for (auto const& event : events)
      if (auto const* const delta = std::get_if<TextDelta>(&event)) out += delta->text;
    return out;
  }
};

/// `client.call()` to its end, into `out`.
inline Async<> call_into(
    ModelClient& client, ChatRequest const& request, Heard& heard, ChatOutcome& out
) {
  ChatListener const listener = heard.listener();
  out = co_await client.call(request, listener);
}

}  // namespace ropewalk::ai::test

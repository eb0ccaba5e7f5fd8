#pragma once
// Calling a model over a real socket from a test, and what was heard.

#include "providers/ai/http_model_client.hpp"
#include "tests/providers/ai/dialects/decode.hpp"
#include "tests/providers/http/http_fixture.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

/// Everything that one call gave.
struct Heard {
  std::vector<ChatEvent> events{};  // as the listener got them
  ChatOutcome outcome{};

  std::string code() const { return outcome.ended ? "" : outcome.ended.error().code; }
};

/// A provider of this type, with a key, whose API is at `url` ("http://127.0.0.1:PORT").
ProviderSettings provider_at(std::string_view type, std::string const& url);

struct CallOptions {
  HttpClientOptions http{};
  HttpModelLimits limits{};
  ChatListener also{};  // hears every event too
};

/// Calls with a client that others use too. All arguments outlive the call.
Async<> call_model(
    HttpClient& client,
    ProviderSettings const& provider,
    ChatRequest const& chat,
    CallOptions const& options,
    Heard& into
);
/// The same with a client of its own, which is gone afterwards.
Heard ask_model(
    ProviderSettings const& provider, ChatRequest const& chat, CallOptions const& options = {}
);

/// What has to be true of every call, whatever became of it: the events are in order, the answer is
/// made of them, times fit, no error shows the key.
void check_promises(Heard const& heard);

}  // namespace ropewalk::ai

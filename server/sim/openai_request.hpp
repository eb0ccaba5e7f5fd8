#pragma once
// What a client of OpenAI's Chat Completions asks, as it is written on the wire.
//
// Pure. What the simulation has no use for (user, metadata, logprobs, …) is passed over; what would
// change the answer and is not understood here is an error.

#include "providers/ai/chat.hpp"

#include <string_view>

namespace ropewalk::server {

struct OpenAiRequest {
  ai::ChatRequest chat{};
  bool with_usage = false;  // a streamed answer tells its usage at its end
};

/// The body of POST /v1/chat/completions. A member `sim` becomes `extra.sim` (sim_options.hpp).
/// Errors: invalid_request, whose detail names the field: {"param": "messages[0].role"}; those of
/// parse_json.
Result<OpenAiRequest> read_openai_request(std::string_view body);

}  // namespace ropewalk::server

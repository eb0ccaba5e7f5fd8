#pragma once
// How the simulation behaves: by its model, the provider's options, and `extra.sim` of a request.
//
//   sim/prose   a few sentences about the words of the prompt
//   sim/echo    the prompt
//   sim/json    JSON that satisfies the schema (as every model does where a schema is given)
//   sim/FAULT   sim/prose with that fault
//
// options and extra.sim: {"tokensPerSecond": 200, "firstTokenDelay": "0s", "fault": "cut"}
//
// Faults: slow-start, cut, 429, malformed-json, refusal, length, stall, error-in-stream, and
// fail-first-N (the first N calls with the same idempotency key).

#include "providers/ai/chat.hpp"

#include <string>
#include <string_view>

namespace ropewalk::ai {

enum class SimFault : unsigned char {
  none,
  slow_start,
  cut,
  rate_limit,
  malformed_json,
  refusal,
  length,
  stall,
  error_in_stream,
  fail_first,
};

enum class SimStyle : unsigned char { prose, echo, json };

struct SimOptions {
  SimStyle style = SimStyle::prose;
  SimFault fault = SimFault::none;
  std::int64_t fail_first = 0;     // with SimFault::fail_first
  double tokens_per_second = 200;  // 0: all at once
  Duration first_token_delay{};
};

/// What holds for one call. Errors: not_found (no such model), invalid_request (options).
Result<SimOptions> sim_options(json::object const& provider_options, ChatRequest const& request);

/// Names that a model may have here, for lists.
std::vector<std::string_view> sim_models();

}  // namespace ropewalk::ai

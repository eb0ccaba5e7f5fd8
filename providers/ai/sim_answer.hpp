#pragma once
// What the simulation says to a request: all of it, before any of it is told.
//
// Pure: the same request has the same answer.

#include "providers/ai/sim_options.hpp"

#include <string>
#include <vector>

namespace ropewalk::ai {

struct SimAnswer {
  std::string model{};       // "sim/prose"
  std::string request_id{};  // the same for the same request
  std::string text{};        // begins with "(simulated)", unless it is JSON
  std::vector<ToolCallPart> tool_calls{};
  ChatUsage usage{};
  ChatFinish finish{};
};

SimAnswer sim_answer(ChatRequest const& request, SimOptions const& options);

/// `text` in pieces as a model would say it, about four letters a token; cut at code points.
std::vector<std::string> sim_tokens(std::string_view text);

}  // namespace ropewalk::ai

#pragma once
// Messages and tools of OpenAI's Chat Completions, read. Pure. Errors: invalid_request.

#include "providers/ai/chat.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::server {

namespace json = boost::json;

/// `messages`, of which there is at least one.
Result<std::vector<ai::Message>> read_openai_messages(json::object const& body);
/// `tools`, which may be absent.
Result<std::vector<ai::ToolSpec>> read_openai_tools(json::object const& body);
/// "", "none", "auto", "required" or the name of one function.
Result<std::string> read_openai_tool_choice(json::object const& body);

/// invalid_request: "FIELD WHAT"; `field` is told as its `param`.
Error bad_field(std::string_view field, std::string_view what);

}  // namespace ropewalk::server

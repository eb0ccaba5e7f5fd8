#pragma once
// The larger fields of an AI task, each read by its own function. For ai_task.cpp.

#include "providers/ai/ai_task.hpp"
#include "providers/ai/fields.hpp"

namespace ropewalk::ai {

// Each reports what is wrong and reads the rest.
void read_prompt(Fields const& fields, Reading const& reading, AiTask& task);
void read_context(Fields const& fields, Reading const& reading, AiTask& task);
void read_attachments(Fields const& fields, Reading const& reading, AiTask& task);
/// Marks what the workflow file wrote, as prepare_ai_fields() says.
void prepare_attachments(json::value& attachments);
void read_output(Fields const& fields, Reading const& reading, AiTask& task);
void read_tools(Fields const& fields, Reading const& reading, AiTask& task);
void read_budget(Fields const& fields, Reading const& reading, AiTask& task);

/// "tools[2]".
std::string element_path(std::string_view name, std::size_t index);
/// Reports a list that is longer than `count_max`.
bool is_too_long(
    Fields const& fields, std::string_view name, std::size_t count, std::size_t count_max
);

}  // namespace ropewalk::ai

#pragma once
// The fields of a `type: ai` task as values, checked.
//
// Any thread: pure functions and values. docs/ai.md has the fields in words.

#include "engine/base/time.hpp"
#include "engine/model/spend.hpp"
#include "engine/model/task_type.hpp"
#include "providers/ai/chat.hpp"
#include "providers/ai/prompt_reference.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ropewalk::ai {

/// "openai/gpt-4o-mini": the provider's name in the configuration, then its own name of the model.
struct ModelName {
  std::string provider{};
  std::string model{};
  bool operator==(ModelName const&) const = default;
};
/// Errors: invalid_model.
Result<ModelName> parse_model_name(std::string_view text);
std::string full_name(ModelName const& name);

/// One piece of data that the model is shown. It is never read as an instruction of the task's.
struct ContextItem {
  std::string label{};  // one line; empty: "context 2" by its place
  std::string text{};
};

/// Exactly one of file, url, data and text is set.
struct Attachment {
  std::string label{};
  std::string file{};  // from the folder of the workflow file
  std::string url{};   // of an image
  std::string data{};  // of an image, base64
  std::string text{};
  std::string media_type{};  // "image/png"; empty: by the file's ending
};

/// What the model may ask for, and the task of the same workflow that is run when it does.
struct AiTool {
  ToolSpec spec{};
  std::string task{};
};

struct OutputSpec {
  OutputFormat format = OutputFormat::text;
  std::optional<json::object> schema{};
};

enum class ContextStrategy : unsigned char { error, truncate_oldest, truncate_middle, summarize };
/// "error", "truncateOldest", "truncateMiddle", "summarize".
std::string_view to_string(ContextStrategy strategy);

struct AiTask {
  std::variant<std::vector<Message>, PromptReference> prompt{};
  std::string system{};
  std::vector<ModelName> models{};  // in the order of the fallback; empty: the prompt's own
  std::optional<double> temperature{};
  std::optional<double> top_p{};
  std::optional<std::int64_t> max_tokens{};
  std::vector<std::string> stop{};
  std::optional<std::int64_t> seed{};
  std::vector<ContextItem> context{};
  std::vector<Attachment> attachments{};
  std::string history{};           // the key of the conversation; empty: none
  bool is_history_shared = false;  // with other workflows that use the same key
  OutputSpec output{};
  std::string extract{};  // CEL; empty: none
  std::uint32_t repair_rounds_max = 1;
  std::vector<AiTool> tools{};
  std::string tool_choice{};  // "", "auto", "none", "required", or a tool's name
  std::uint32_t tool_rounds_max = 8;
  bool cache = false;
  SpendLimit budget{};  // of all calls of the task
  bool stream = true;
  json::object extra{};
  ContextStrategy context_strategy = ContextStrategy::error;
  std::optional<ModelName> summarize_model{};  // absent: the model that answers
  std::optional<std::int64_t> context_window{};
  std::optional<Duration> hedge_after{};
};

struct AiTaskLimits {
  static constexpr std::size_t text_bytes_max = 8 * 1024 * 1024;  // of all texts together
  static constexpr std::size_t models_max = 16;
  static constexpr std::size_t messages_max = 1000;
  static constexpr std::size_t context_items_max = 1000;
  static constexpr std::size_t attachments_max = 64;
  static constexpr std::size_t tools_max = 128;
  static constexpr std::size_t stop_max = 16;
};

/// What stands in a file and what is put in by `${{ }}` cannot be told apart once it is put in.
/// This brings `prompt` and `context` of an unrendered task into forms where it can: a text of the
/// file that holds an expression can become text of a prompt or of the context, never a reference
/// or a path. Bad fields are left as they are.
void prepare_ai_fields(json::object& config);

/// A task that the model may have run, and where it is named inside the calling task.
struct ToolTask {
  std::string task{};
  std::string field{};  // "tools[0].task"
};
/// Of an unrendered task; what is not a tool is left out.
std::vector<ToolTask> tool_tasks(json::object const& task);

/// Reports every problem of a task in a workflow file, where `${{ }}` stands for any value.
void check_ai_fields(json::object const& task, ReportProblem const& report);

/// The rendered fields of an attempt; `config` went through prepare_ai_fields before it was
/// rendered. Errors: invalid_task (permanent), with every problem in detail.
Result<AiTask> read_ai_task(json::object const& config);

}  // namespace ropewalk::ai

#pragma once
// Where a prompt comes from when the task does not hold it itself.

#include "engine/async/async.hpp"
#include "engine/base/error.hpp"
#include "providers/ai/chat.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

enum class PromptKind : unsigned char {
  stored,       // by name, with a label, a number or a hash of its version
  prompt_file,  // *.prompt, *.prompt.py, *.prompt.js, *.prompt.sh
  text_file,    // *.txt, *.md: its text is the prompt
};

/// `name`, `name@label`, `name@3`, `name@sha256:…`, or a path.
struct PromptReference {
  PromptKind kind = PromptKind::stored;
  std::string name{};                      // the name, or the path as it was written
  std::string label{};                     // "production"; empty: not given
  std::optional<std::uint32_t> version{};  // from 1
  std::string sha256{};                    // 8 to 64 hexadecimal digits, lower case
  bool operator==(PromptReference const&) const = default;
};

/// Whether a text in `prompt:` is the prompt itself: a reference has no blanks and no `${{`.
bool is_inline_prompt(std::string_view text);
/// Any thread. Errors: invalid_prompt.
Result<PromptReference> parse_prompt_reference(std::string_view text);
/// As it is written.
std::string reference_text(PromptReference const& reference);

/// A prompt with its values put in.
struct RenderedPrompt {
  std::vector<Message> messages{};
  json::object config{};  // fields as in a task: model, temperature, …; those of the task win
  std::string version{};  // "sha256:…", for the record
};

/// What a prompt sees.
struct PromptInputs {
  json::object inputs{};
  json::object context{};  // ExecutionContext (DESIGN §5)
};

class PromptSource {
 public:
  virtual ~PromptSource() = default;
  /// Errors: those of the prompt; prompt_not_found (permanent).
  virtual Async<Result<RenderedPrompt>> render(PromptReference reference, PromptInputs inputs) = 0;
};

/// What a reference ends in where there is no PromptSource.
Error prompts_unavailable(PromptReference const& reference);

}  // namespace ropewalk::ai

#pragma once
// Whether an answer is what the task wants, and what the task's output is then.
//
// Any thread: immutable once made.

#include "engine/model/cel/expression.hpp"
#include "engine/model/json_schema.hpp"
#include "providers/ai/ai_task.hpp"

#include <memory>
#include <optional>

namespace ropewalk::ai {

class AnswerCheck {
 public:
  /// Compiles the schema and `extract`. Errors: invalid_schema, bad_expression.
  static Result<AnswerCheck> make(AiTask const& task);

  /// The task's output: the value for JSON; {text, finishReason, model} for text, with
  /// finishReason "length" where the answer was cut; what `extract` makes of it.
  ///
  /// Errors, permanent unless it is said: content_filtered; output_truncated (JSON that was cut);
  /// invalid_output (no JSON, a schema that is not met, a tool called that was not offered; the
  /// model may be shown it: is_repairable); empty_output (transient); unfinished_answer (transient:
  /// the provider paused); context_length (resource, not tried again); expression_failed.
  Result<json::value> check(ChatAnswer const& answer) const;

 private:
  AnswerCheck() = default;
  Result<json::value> read_json(ChatAnswer const& answer) const;
  Result<json::value> extract(ChatAnswer const& answer, json::value const& value) const;

  OutputFormat format_ = OutputFormat::text;
  std::shared_ptr<JsonSchema const> schema_{};
  std::optional<cel::Expression> extract_{};
};

/// Whether showing the model the error could help.
bool is_repairable(Error const& error);

}  // namespace ropewalk::ai

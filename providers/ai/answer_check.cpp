#include "providers/ai/answer_check.hpp"

#include "engine/base/text.hpp"
#include "engine/model/cel/value_json.hpp"
#include "providers/ai/json_extract.hpp"

#include <utility>

namespace ropewalk::ai {
namespace {

constexpr std::string_view blanks = " \t\r\n";

Error failure(ErrorClass error_class, std::string code, std::string message, std::string hint) {
  Error error;
  error.error_class = error_class;
  error.code = std::move(code);
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

std::string who(ChatAnswer const& answer) {
  return answer.model.empty() ? "the model" : shorten(answer.model, 100);
}

Error refused(ChatAnswer const& answer) {
  std::string message = who(answer) + " or a filter before it refused to answer";
  if (!answer.finish.refusal.empty()) message += ": " + shorten(answer.finish.refusal, 500);
  Error error = failure(
      ErrorClass::permanent,
      "content_filtered",
      std::move(message),
      "change what is asked, or add another model to the chain"
  );
  json::object detail;
  detail["finishReason"] = answer.finish.raw;
  error.detail = std::move(detail);
  return error;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(blanks) == std::string_view::npos;
}

/// What the way in which an answer ended says by itself.
Result<> check_finish(ChatAnswer const& answer, OutputFormat format) {
  bool const has_text = !is_blank(answer.text);
  if (!answer.finish.refusal.empty() || answer.finish.reason == FinishReason::content_filter)
    return refused(answer);
  switch (answer.finish.reason) {
    case FinishReason::context_overflow: {
      Error error = failure(
          ErrorClass::resource,
          "context_length",
          "the window of " + who(answer) + " was full before the answer ended",
          "send less, set `contextStrategy`, or take a model with a larger window"
      );
      json::object detail;
      detail["retryable"] = false;
      error.detail = std::move(detail);
      return error;
    }
    case FinishReason::pause:
      return failure(
          ErrorClass::transient,
          "unfinished_answer",
          who(answer) + " paused in the middle of its answer",
          "try again"
      );
    case FinishReason::length:
      if (format == OutputFormat::text && has_text) return {};
      return failure(
          ErrorClass::permanent,
          "output_truncated",
          "the answer of " + who(answer) + " was cut at its limit of tokens" +
              (has_text ? "" : ", before there was any text"),
          "raise `maxTokens`, or ask for less"
      );
    case FinishReason::tool_calls:
      if (has_text) return {};
      return failure(
          ErrorClass::permanent,
          "invalid_output",
          who(answer) + " calls a tool where an answer is expected",
          "raise `maxToolRounds`, or set toolChoice: none"
      );
    case FinishReason::stop:
    case FinishReason::content_filter:
    case FinishReason::other:
      break;
  }
  if (has_text) return {};
  return failure(
      ErrorClass::transient,
      "empty_output",
      who(answer) + " gave an empty answer (finish reason " +
          std::string(to_string(answer.finish.reason)) + ")",
      "try again; some servers answer so when the context does not fit"
  );
}

/// {text, json, finishReason, model}.
class AnswerVariables final : public cel::Activation {
 public:
  AnswerVariables(ChatAnswer const& answer, json::value const& value)
      : answer_(answer), value_(value) {}

  std::optional<cel::Value> lookup(std::string_view name) const override {
    if (name == "text") return text(answer_.text);
    if (name == "json") return cel::Value::view(value_);
    if (name == "finishReason") return text(to_string(answer_.finish.reason));
    if (name == "model") return text(answer_.model);
    return std::nullopt;
  }

 private:
  static cel::Value text(std::string_view text) {
    return cel::Value(cel::Text(text, cel::Owner{}));
  }

  ChatAnswer const& answer_;
  json::value const& value_;
};

}  // namespace

Result<AnswerCheck> AnswerCheck::make(AiTask const& task) {
  AnswerCheck check;
  check.format_ = task.output.format;
  if (task.output.schema) {
    TRY(check.schema_, JsonSchema::compile(*task.output.schema));
  }
  if (!task.extract.empty()) {
    TRY(check.extract_, cel::Expression::compile(task.extract));
  }
  return check;
}

Result<json::value> AnswerCheck::read_json(ChatAnswer const& answer) const {
  TRY(json::value value, extract_json(answer.text));
  replace_nul(value);
  if (!schema_) return value;
  auto const violations = schema_->check(value);
  if (!violations.empty()) return schema_violated(violations);
  return value;
}

Result<json::value> AnswerCheck::extract(ChatAnswer const& answer, json::value const& value) const {
  AnswerVariables const variables(answer, value);
  TRY(cel::Value const found, extract_->evaluate(variables));
  return cel::to_json(found);
}

Result<json::value> AnswerCheck::check(ChatAnswer const& answer) const {
  if (auto finished = check_finish(answer, format_); !finished) return finished.error();
  json::value value;
  if (format_ == OutputFormat::json) {
    TRY(value, read_json(answer));
  }
  if (extract_) return extract(answer, value);
  if (format_ == OutputFormat::json) return value;
  json::object output;
  output["text"] = answer.text;
  output["finishReason"] = to_string(answer.finish.reason);
  output["model"] = answer.model;
  return json::value(std::move(output));
}

bool is_repairable(Error const& error) {
  return error.code == "invalid_output";
}

}  // namespace ropewalk::ai

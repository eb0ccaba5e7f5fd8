#include "providers/ai/answer_check.hpp"

#include "engine/base/text.hpp"
#include "engine/model/cel/value_json.hpp"
#include "providers/ai/json_extract.hpp"

#include <algorithm>
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
    case FinishReason::other:
      if (!has_text) break;
      return failure(
          ErrorClass::transient,
          "unfinished_answer",
          who(answer) + " stopped for a reason that is not known to be a good end: " +
              shorten(answer.finish.raw, 100),
          "try again, or add another model to the chain"
      );
    case FinishReason::stop:
    case FinishReason::content_filter:
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

/// "an object of 2 (a, b)", "a list of 3", "a text of 12 bytes": what kind of thing, not what it
/// says.
std::string kind_in_words(json::value const& value) {
  constexpr std::size_t keys_max = 12;
  if (auto const* text = value.if_string())
    return "a text of " + std::to_string(text->size()) + " bytes";
  if (auto const* list = value.if_array()) return "a list of " + std::to_string(list->size());
  auto const* object = value.if_object();
  if (object == nullptr)
    return value.is_null() ? "null" : value.is_bool() ? "a boolean" : "a number";
  std::string keys;
  std::size_t count = 0;
  for (auto const& member : *object) {
    if (++count > keys_max) break;
    keys += (keys.empty() ? "" : ", ") + shorten(member.key(), 40);
  }
  if (count > keys_max) keys += ", …";
  return "an object of " + std::to_string(object->size()) + " (" + keys + ")";
}

/// How far the path leads into the answer: "`json.items` was a list of 3"; empty: not a step.
std::string way_in_words(json::value const& value, std::vector<std::string> const& path) {
  if (path.empty() || path.front() != "json") return {};
  json::value const* at = &value;
  std::string way = "json";
  for (std::size_t i = 1; i < path.size(); ++i) {
    auto const* object = at->if_object();
    auto const* next = object == nullptr ? nullptr : object->if_contains(path[i]);
    if (next == nullptr) break;
    at = next;
    way += "." + shorten(path[i], 40);
  }
  return at == &value ? std::string() : "`" + way + "` was " + kind_in_words(*at);
}

/// What an expression looked at when it failed, and how to mend it. No values: an answer may hold
/// what should not stand in an error.
Error extract_failed(
    Error error, cel::Expression const& expression, json::value const& value, OutputFormat format
) {
  constexpr std::size_t ways_max = 3;
  std::vector<std::string> seen{"`json` was " + kind_in_words(value)};
  for (auto const& use : expression.variables()) {
    auto way = way_in_words(value, use.path);
    if (way.empty() || seen.size() > ways_max || std::ranges::find(seen, way) != seen.end())
      continue;
    seen.push_back(std::move(way));
  }
  std::string words;
  json::array list;
  for (auto const& each : seen) {
    words += (words.empty() ? "" : ", ") + each;
    list.emplace_back(each);
  }
  json::object detail;
  if (auto const* place = error.detail.if_object()) detail = *place;
  detail["field"] = "extract";
  detail["expression"] = shorten(expression.source(), 500);
  detail["saw"] = std::move(list);
  error.detail = std::move(detail);
  error.message = "`extract` could not be taken from the answer: " + error.message + "; " + words;
  if (error.code == "expression_too_costly") return error;
  bool const looked_for_json = format != OutputFormat::json &&
                               std::ranges::any_of(expression.variables(), [](auto const& use) {
                                 return use.path.front() == "json";
                               });
  error.hint =
      looked_for_json
          ? "`json` is there only where the answer is JSON: set output: {format: json}, or "
            "take it from `text`"
          : "name what is there, or ask for it: has(json.x) says whether a field is there, "
            "and a schema under `output` makes the model give it";
  return error;
}

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
  auto const found = extract_->evaluate(variables);
  if (!found) return extract_failed(found.error(), *extract_, value, format_);
  auto taken = cel::to_json(*found);
  if (!taken) return extract_failed(taken.error(), *extract_, value, format_);
  return taken;
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

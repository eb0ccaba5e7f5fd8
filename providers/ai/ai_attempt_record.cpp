// AiAttempt: what it leaves behind: the end of its text, and its record.
#include "engine/base/json.hpp"
#include "providers/ai/ai_attempt.hpp"

#include <utility>

namespace ropewalk::ai {
namespace {

json::object message_json(Message const& message) {
  json::array parts;
  for (auto const& part : message.parts) {
    if (auto const* text = std::get_if<TextPart>(&part)) {
      parts.push_back(json::object{{"text", text->text}});
    } else if (auto const* image = std::get_if<ImagePart>(&part)) {
      json::object shown{{"mediaType", image->media_type}};
      if (image->url.empty())
        shown["base64Bytes"] = image->data.size();
      else
        shown["url"] = image->url;
      parts.push_back(json::object{{"image", std::move(shown)}});
    } else if (auto const* call = std::get_if<ToolCallPart>(&part)) {
      parts.push_back(json::object{
          {"toolCall", {{"id", call->id}, {"name", call->name}, {"arguments", call->arguments}}}});
    } else if (auto const* result = std::get_if<ToolResultPart>(&part)) {
      parts.push_back(json::object{
          {"toolResult",
           {{"id", result->call_id},
            {"name", result->name},
            {"content", result->content},
            {"isError", result->is_error}}}});
    }
  }
  return {{"role", to_string(message.role)}, {"parts", std::move(parts)}};
}

}  // namespace

/// How the text ended, as far as that is known: also of an attempt that failed.
TextEnd AiAttempt::text_end() const {
  TextEnd out;
  auto const usage = ledger_.usage();
  if (auto const* fields = usage.if_object()) {
    out.usage = to_text(usage);
    if (auto const* cost = fields->if_contains("costUsd"); cost && cost->is_number())
      out.cost_usd = cost->to_number<double>();
  }
  if (answered_) {
    out.finish_reason = to_string(answered_->answer.finish.reason);
    out.model = full_name(answered_->model);
  } else if (auto const* last = ledger_.last()) {
    if (last->finish) out.finish_reason = to_string(*last->finish);
    out.model = full_name(last->model);
  }
  return out;
}

/// What a watcher who comes later is shown: the answer, or what there was of it when it broke off.
json::object AiAttempt::stream_record() const {
  auto const& text = answered_ ? answered_->answer.text : relay_.text();
  auto const& reasoning = answered_ ? answered_->answer.reasoning : relay_.reasoning();
  json::object out{{"text", text}, {"generation", relay_.generation()}};
  if (!reasoning.empty()) out["channels"] = json::object{{"reasoning", reasoning}};
  auto const end = text_end();
  if (!end.finish_reason.empty()) out["finishReason"] = end.finish_reason;
  if (!end.model.empty()) out["model"] = end.model;
  auto usage = ledger_.usage();
  if (auto const* fields = usage.if_object()) {
    if (auto const* cost = fields->if_contains("costUsd")) out["costUsd"] = *cost;
    out["usage"] = std::move(usage);
  }
  return out;
}

/// Of the call that gave the answer; without one, of the last.
json::value AiAttempt::cut_report() const {
  if (answered_) return answered_->cut_report;
  return caller_ ? caller_->cut_report() : json::value();
}

json::value AiAttempt::detail() const {
  if (draft_.empty()) return nullptr;
  json::object out;
  if (!prompt_version_.empty()) out["prompt"] = prompt_version_;
  if (answered_) {
    out["model"] = full_name(answered_->model);
    out["finishReason"] = to_string(answered_->answer.finish.reason);
  }
  if (!ledger_.empty() || relay_.has_shown()) out["stream"] = stream_record();
  out["calls"] = ledger_.calls();
  if (!not_remembered_.empty()) out["notRemembered"] = not_remembered_;
  if (!tool_records_.empty()) out["tools"] = tool_records_;
  if (auto cut = cut_report(); !cut.is_null()) out["context"] = std::move(cut);
  json::array messages;
  messages.reserve(draft_.size());
  for (auto const& message : draft_) {
    auto shown = message_json(message.message);
    shown["origin"] = to_string(message.origin);
    if (!message.label.empty()) shown["label"] = message.label;
    messages.push_back(std::move(shown));
  }
  out["messages"] = std::move(messages);
  return out;
}

}  // namespace ropewalk::ai

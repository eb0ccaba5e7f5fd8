#include "server/sim/openai_answer.hpp"

#include "engine/base/json.hpp"
#include "providers/ai/dialects/json_access.hpp"
#include "providers/ai/sim_options.hpp"
#include "server/http/problem_response.hpp"

#include <algorithm>
#include <array>

namespace ropewalk::server {
namespace {

constexpr std::string_view fingerprint = "ropewalk-sim";

std::string_view finish_word(ai::ChatFinish const& finish) {
  switch (finish.reason) {
    case ai::FinishReason::length:
      return "length";
    case ai::FinishReason::tool_calls:
      return "tool_calls";
    case ai::FinishReason::content_filter:
      return finish.refusal.empty() ? "content_filter" : "stop";  // a refusal is in the message
    default:
      return "stop";
  }
}

json::object usage_object(ai::ChatUsage const& usage) {
  auto const input = usage.input.value_or(0);
  auto const output = usage.output.value_or(0);
  return {
      {"prompt_tokens", input}, {"completion_tokens", output}, {"total_tokens", input + output}};
}

json::object head(std::string_view object, std::string const& id, std::int64_t created) {
  return {
      {"id", "chatcmpl-" + id},
      {"object", object},
      {"created", created},
      {"system_fingerprint", fingerprint}};
}

json::object call_object(ai::ToolCallPart const& call) {
  return {
      {"id", call.id},
      {"type", "function"},
      {"function", {{"name", call.name}, {"arguments", call.arguments}}}};
}

struct ErrorForm {
  std::string_view code;  // ours
  unsigned status;
  std::string_view type;
  std::string_view wire_code;
};
constexpr std::array error_forms{
    ErrorForm{"rate_limited", 429, "requests", "rate_limit_exceeded"},
    ErrorForm{"not_found", 404, "invalid_request_error", "model_not_found"},
    ErrorForm{"server_error", 500, "server_error", ""},
    ErrorForm{"overloaded", 503, "server_error", "server_is_overloaded"},
};
constexpr ErrorForm bad_request{"", 400, "invalid_request_error", ""};

ErrorForm form_of(Error const& error) {
  auto const found = std::find_if(error_forms.begin(), error_forms.end(), [&](auto const& form) {
    return form.code == error.code;
  });
  return found == error_forms.end() ? bad_request : *found;
}

json::object error_object(
    std::string_view message, std::string_view type, json::value param, std::string_view code
) {
  json::object about{{"message", message}, {"type", type}, {"param", std::move(param)}};
  about["code"] = code.empty() ? json::value() : json::value(code);
  return {{"error", std::move(about)}};
}

json::object error_object(Error const& error) {
  auto const form = form_of(error);
  json::value param;
  if (auto const* const detail = error.detail.if_object())
    if (auto const* const named = detail->if_contains("param")) param = *named;
  auto const message = error.hint.empty() ? error.message : error.message + " (" + error.hint + ")";
  return error_object(message, form.type, std::move(param), form.wire_code);
}

json::object model_object(std::string_view name, std::int64_t created) {
  return {
      {"id", name},
      {"object", "model"},
      {"created", created},
      {"owned_by", "ropewalk-sim (a simulation)"}};
}

}  // namespace

json::object OpenAiStream::piece(json::object delta) const {
  auto out = head("chat.completion.chunk", id_, created_);
  out["model"] = model_;
  out["choices"] = json::array{json::object{
      {"index", 0},
      {"delta", std::move(delta)},
      {"logprobs", nullptr},
      {"finish_reason", nullptr}}};
  if (with_usage_) out["usage"] = nullptr;
  return out;
}

void OpenAiStream::add_piece(json::object const& piece, std::string& out) const {
  out.append("data: ").append(to_text(piece)).append("\n\n");
}

void OpenAiStream::add_finish(ai::ChatFinish const& finish, std::string& out) const {
  if (!finish.refusal.empty()) add_piece(piece({{"refusal", finish.refusal}}), out);
  auto last = piece({});
  last["choices"].as_array()[0].as_object()["finish_reason"] = finish_word(finish);
  add_piece(last, out);
  if (with_usage_) {
    auto counted = piece({});
    counted["choices"] = json::array();
    counted["usage"] = usage_object(usage_);
    add_piece(counted, out);
  }
  out += "data: [DONE]\n\n";
}

void OpenAiStream::add(ai::ChatEvent const& event, std::string& out) {
  if (auto const* const started = std::get_if<ai::ChatStarted>(&event)) {
    id_ = started->request_id;
    model_ = started->model;
    add_piece(piece({{"role", "assistant"}, {"content", ""}}), out);
  } else if (auto const* const text = std::get_if<ai::TextDelta>(&event)) {
    add_piece(piece({{"content", text->text}}), out);
  } else if (auto const* const call = std::get_if<ai::ToolCallStarted>(&event)) {
    auto begun = call_object({call->id, call->name, ""});
    begun["index"] = call->index;
    add_piece(piece({{"tool_calls", json::array{std::move(begun)}}}), out);
  } else if (auto const* const arguments = std::get_if<ai::ToolArgumentsDelta>(&event)) {
    json::object more{{"index", arguments->index}, {"function", {{"arguments", arguments->text}}}};
    add_piece(piece({{"tool_calls", json::array{std::move(more)}}}), out);
  } else if (auto const* const usage = std::get_if<ai::UsageReported>(&event)) {
    usage_ = usage->usage;
  } else if (auto const* const finish = std::get_if<ai::ChatFinish>(&event)) {
    add_finish(*finish, out);
  } else if (auto const* const failed = std::get_if<ai::ChatFailed>(&event)) {
    if (!is_cut(failed->error)) add_piece(error_object(failed->error), out);
  }
}

json::object openai_completion(ai::ChatAnswer const& answer, std::int64_t created) {
  auto out = head("chat.completion", answer.request_id, created);
  json::object message{{"role", "assistant"}, {"content", answer.text}, {"refusal", nullptr}};
  if (!answer.finish.refusal.empty()) {
    message["content"] = nullptr;
    message["refusal"] = answer.finish.refusal;
  }
  if (!answer.tool_calls.empty()) {
    json::array calls;
    for (auto const& call : answer.tool_calls) calls.push_back(call_object(call));
    message["tool_calls"] = std::move(calls);
  }
  out["model"] = answer.model;
  out["choices"] = json::array{json::object{
      {"index", 0},
      {"message", std::move(message)},
      {"logprobs", nullptr},
      {"finish_reason", finish_word(answer.finish)}}};
  out["usage"] = usage_object(answer.usage);
  return out;
}

bool is_cut(Error const& error) {
  return error.code == "stream_truncated" || error.code == "timeout_idle" ||
         error.code == "cancelled";
}

Response openai_error(Error const& error) {
  auto out = json_response(error_object(error), form_of(error).status);
  if (auto const* const detail = error.detail.if_object())
    if (auto const after = ai::count_at(*detail, "retryAfterMs")) {
      out.headers.push_back(Header{"Retry-After", std::to_string((*after + 999) / 1000)});
      out.headers.push_back(Header{"x-ratelimit-remaining-requests", "0"});
      out.headers.push_back(Header{"x-ratelimit-reset-requests", std::to_string(*after) + "ms"});
    }
  return out;
}

void make_openai_error(Response& response) {
  if (response.content_type != "application/problem+json") return;
  auto const problem = parse_json(response.body, JsonLimits{response.body.size() + 1, 64, 10'000});
  if (!problem || !problem->is_object()) return;
  auto const& told = problem->get_object();
  auto code = ai::text_at(told, "code");
  if (code == "not_found") code = "unknown_url";
  std::string_view const type = response.status >= 500 ? "server_error" : "invalid_request_error";
  response.content_type = "application/json";
  response.body = to_text(error_object(ai::text_at(told, "detail"), type, nullptr, code));
}

json::object openai_models(std::int64_t created) {
  json::array list;
  for (auto const name : ai::sim_models()) list.push_back(model_object(name, created));
  return {{"object", "list"}, {"data", std::move(list)}};
}

Result<json::object> openai_model(std::string_view name, std::int64_t created) {
  ai::ChatRequest request;
  request.model = name;
  auto const known = ai::sim_options({}, request);
  if (!known) return known.error();
  return model_object(name, created);
}

}  // namespace ropewalk::server

#include "providers/ai/dialects/openai_responses_reader.hpp"

#include "providers/ai/dialects/json_access.hpp"

#include <map>
#include <set>

namespace ropewalk::ai {
namespace {

/// Where a piece of text stands: output_index and content_index.
using Place = std::pair<std::uint32_t, std::uint32_t>;

struct Call {
  std::uint32_t index = 0;  // ours
  bool has_arguments = false;
};

class ResponsesReader final : public AnswerReader {
 public:
  void read(json::object const& chunk, AnswerSink& sink) override;
  void end(AnswerSink&) override {}

 private:
  void read_delta(std::string_view type, json::object const& event, AnswerSink& sink);
  void read_item(json::object const& item, std::uint32_t output, bool is_done, AnswerSink& sink);
  void read_message(json::object const& item, std::uint32_t output, AnswerSink& sink);
  void read_reasoning(json::object const& item, std::uint32_t output, AnswerSink& sink);
  void read_call(json::object const& item, std::uint32_t output, bool is_done, AnswerSink& sink);
  void read_response(json::object const& response, AnswerSink& sink);
  static void read_usage(json::object const& response, AnswerSink& sink);

  std::set<Place> told_{};              // texts of which deltas came: the whole must not follow
  bool has_unplaced_ = false;           // a gateway leaves the places out: no whole text may follow
  std::set<std::uint32_t> reasoned_{};  // the same for reasoning, by item
  std::set<std::uint32_t> kept_{};      // reasoning items that were handed over
  std::map<std::uint32_t, Call> calls_{};
};

void start(json::object const& response, AnswerSink& sink) {
  sink.start(text_at(response, "model"), text_at(response, "id"));
}

Place place_of_event(json::object const& event) {
  return {
      index_at(event, "output_index").value_or(0), index_at(event, "content_index").value_or(0)};
}

void ResponsesReader::read(json::object const& chunk, AnswerSink& sink) {
  auto const type = text_at(chunk, "type");
  auto const* response = object_at(chunk, "response");
  if (type.empty() && text_at(chunk, "object") == "response") return read_response(chunk, sink);
  if (type == "response.completed" || type == "response.failed" || type == "response.incomplete") {
    if (response == nullptr)
      return sink.fail(Verdict::malformed_response, "the last event has no response");
    return read_response(*response, sink);
  }
  if (response != nullptr) return start(*response, sink);
  if (type == "response.output_item.added" || type == "response.output_item.done") {
    if (auto const* item = object_at(chunk, "item"))
      read_item(*item, place_of_event(chunk).first, type.ends_with(".done"), sink);
    return;
  }
  read_delta(type, chunk, sink);
}

void ResponsesReader::read_delta(
    std::string_view type, json::object const& event, AnswerSink& sink
) {
  auto const place = place_of_event(event);
  auto const delta = text_at(event, "delta");
  if (!delta.empty() && !event.contains("output_index")) has_unplaced_ = true;
  if (type == "response.output_text.delta") {
    told_.insert(place);
    sink.text(delta);
  } else if (type == "response.refusal.delta") {
    told_.insert(place);
    sink.refusal(delta);
  } else if (type == "response.reasoning_text.delta" ||
             type == "response.reasoning_summary_text.delta") {
    reasoned_.insert(place.first);
    sink.reasoning(delta);
  } else if (type == "response.function_call_arguments.delta") {
    auto const call = calls_.find(place.first);
    if (call == calls_.end() || delta.empty()) return;
    call->second.has_arguments = true;
    sink.arguments(call->second.index, delta);
  }
}

void ResponsesReader::read_item(
    json::object const& item, std::uint32_t output, bool is_done, AnswerSink& sink
) {
  auto const type = text_at(item, "type");
  if (type == "function_call") return read_call(item, output, is_done, sink);
  if (!is_done) return;
  if (type == "message") read_message(item, output, sink);
  if (type == "reasoning") read_reasoning(item, output, sink);
}

void ResponsesReader::read_message(
    json::object const& item, std::uint32_t output, AnswerSink& sink
) {
  auto const* content = array_at(item, "content");
  if (content == nullptr || has_unplaced_) return;
  for (std::uint32_t i = 0; i < content->size(); ++i) {
    auto const* part = (*content)[i].if_object();
    if (part == nullptr || !told_.insert({output, i}).second) continue;
    if (text_at(*part, "type") == "output_text") sink.text(text_at(*part, "text"));
    if (text_at(*part, "type") == "refusal") sink.refusal(text_at(*part, "refusal"));
  }
}

void ResponsesReader::read_reasoning(
    json::object const& item, std::uint32_t output, AnswerSink& sink
) {
  for (std::string_view const key : {"summary", "content"}) {
    auto const* parts = array_at(item, key);
    if (parts == nullptr || reasoned_.contains(output)) continue;
    for (auto const& part : *parts)
      if (auto const* object = part.if_object()) sink.reasoning(text_at(*object, "text"));
  }
  reasoned_.insert(output);
  // Without its encrypted content nothing of it can be sent back: nothing is stored there.
  if (text_at(item, "encrypted_content").empty() || !kept_.insert(output).second) return;
  sink.opaque(item);
}

void ResponsesReader::read_call(
    json::object const& item, std::uint32_t output, bool is_done, AnswerSink& sink
) {
  auto call = calls_.find(output);
  if (call == calls_.end()) {
    auto const index = sink.tool_call(text_at(item, "call_id"), text_at(item, "name"));
    call = calls_.emplace(output, Call{index, false}).first;
  }
  auto const arguments = text_at(item, "arguments");
  if (!is_done || call->second.has_arguments || arguments.empty()) return;
  call->second.has_arguments = true;
  sink.arguments(call->second.index, arguments);
}

void ResponsesReader::read_usage(json::object const& response, AnswerSink& sink) {
  auto const* usage = object_at(response, "usage");
  if (usage == nullptr) return;
  ChatUsage out;
  out.input = count_at(*usage, "input_tokens");
  out.output = count_at(*usage, "output_tokens");
  if (auto const* details = object_at(*usage, "input_tokens_details")) {
    out.cached_input = count_at(*details, "cached_tokens");
    out.cache_write = count_at(*details, "cache_write_tokens");
  }
  if (auto const* details = object_at(*usage, "output_tokens_details"))
    out.reasoning = count_at(*details, "reasoning_tokens");
  sink.usage(out);
}

/// The whole response: the end of a stream, or all there is.
void ResponsesReader::read_response(json::object const& response, AnswerSink& sink) {
  start(response, sink);
  if (auto const* output = array_at(response, "output")) {
    for (std::uint32_t i = 0; i < output->size(); ++i)
      if (auto const* item = (*output)[i].if_object()) read_item(*item, i, true, sink);
    if (sink.is_done()) return;
  }
  read_usage(response, sink);
  auto const status = text_at(response, "status");
  if (is_failure(response)) return sink.fail(response);
  if (status == "completed") return sink.finish(FinishReason::stop, status);
  if (status != "incomplete")
    return sink.fail(
        Verdict::server_error, "the response ended with the status \"" + std::string(status) + "\""
    );
  auto const* details = object_at(response, "incomplete_details");
  auto const reason = details != nullptr ? text_at(*details, "reason") : std::string_view();
  if (reason == "max_output_tokens" || reason == "max_tokens")
    return sink.finish(FinishReason::length, reason);
  if (reason == "content_filter") return sink.finish(FinishReason::content_filter, reason);
  sink.finish(FinishReason::other, reason.empty() ? status : reason);
}

}  // namespace

std::unique_ptr<AnswerReader> make_openai_responses_reader() {
  return std::make_unique<ResponsesReader>();
}

}  // namespace ropewalk::ai

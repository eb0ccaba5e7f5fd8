#include "providers/ai/dialects/anthropic_reader.hpp"

#include "engine/base/json.hpp"
#include "providers/ai/dialects/json_access.hpp"

#include <map>

namespace ropewalk::ai {
namespace {

struct Block {
  std::string type{};
  std::uint32_t call = 0;  // of a tool_use: our index
  bool has_arguments = false;
  std::string input{};     // of a tool_use: what the block began with
  std::string thinking{};  // of a thinking block, to be sent back whole
  std::string signature{};
  json::object whole{};  // of a block that comes as one: redacted_thinking
};

FinishReason finish_reason(std::string_view raw) {
  if (raw == "end_turn" || raw == "stop_sequence") return FinishReason::stop;
  if (raw == "max_tokens") return FinishReason::length;
  if (raw == "tool_use") return FinishReason::tool_calls;
  if (raw == "refusal") return FinishReason::content_filter;
  if (raw == "model_context_window_exceeded") return FinishReason::context_overflow;
  if (raw == "pause_turn") return FinishReason::pause;
  return FinishReason::other;
}

class AnthropicReader final : public AnswerReader {
 public:
  void read(json::object const& chunk, AnswerSink& sink) override;
  void end(AnswerSink&) override {}

 private:
  void read_message(json::object const& message, AnswerSink& sink);
  void open_block(std::uint32_t index, json::object const& block, AnswerSink& sink);
  void read_delta(std::uint32_t index, json::object const& delta, AnswerSink& sink);
  void close_block(std::uint32_t index, AnswerSink& sink);
  void read_stop(json::object const& delta, AnswerSink& sink);
  void read_usage(json::object const& holder, AnswerSink& sink);
  void finish(AnswerSink& sink);

  std::map<std::uint32_t, Block> blocks_{};  // that are open
  // As Anthropic counts: `uncached_` is what was neither read from nor written to the cache.
  std::optional<std::int64_t> uncached_{};
  ChatUsage usage_{};
  std::string stop_reason_{};
};

void AnthropicReader::read(json::object const& chunk, AnswerSink& sink) {
  auto const type = text_at(chunk, "type");
  auto const index = index_at(chunk, "index").value_or(0);
  if (type == "message") {
    read_message(chunk, sink);
    finish(sink);
  } else if (type == "message_start") {
    if (auto const* message = object_at(chunk, "message")) read_message(*message, sink);
  } else if (type == "content_block_start") {
    if (auto const* block = object_at(chunk, "content_block")) open_block(index, *block, sink);
  } else if (type == "content_block_delta") {
    if (auto const* delta = object_at(chunk, "delta")) read_delta(index, *delta, sink);
  } else if (type == "content_block_stop") {
    close_block(index, sink);
  } else if (type == "message_delta") {
    if (auto const* delta = object_at(chunk, "delta")) read_stop(*delta, sink);
    read_usage(chunk, sink);
  } else if (type == "message_stop") {
    finish(sink);
  }  // ping, and what will be added
}

void AnthropicReader::read_message(json::object const& message, AnswerSink& sink) {
  sink.start(text_at(message, "model"), text_at(message, "id"));
  read_usage(message, sink);
  if (auto const* content = array_at(message, "content")) {
    for (std::uint32_t i = 0; i < content->size(); ++i) {
      auto const* block = (*content)[i].if_object();
      if (block == nullptr) continue;
      open_block(i, *block, sink);
      close_block(i, sink);
      if (sink.is_done()) return;
    }
  }
  read_stop(message, sink);
}

void AnthropicReader::open_block(std::uint32_t index, json::object const& block, AnswerSink& sink) {
  auto& open = blocks_[index] = {};
  open.type = text_at(block, "type");
  if (open.type == "text") {
    sink.text(text_at(block, "text"));
  } else if (open.type == "tool_use") {
    open.call = sink.tool_call(text_at(block, "id"), text_at(block, "name"));
    auto const* input = object_at(block, "input");
    if (input != nullptr && !input->empty()) open.input = to_text(*input);
  } else if (open.type == "thinking") {
    open.thinking = text_at(block, "thinking");
    open.signature = text_at(block, "signature");
    sink.reasoning(open.thinking);
  } else if (open.type == "redacted_thinking") {
    open.whole = block;
  }
}

void AnthropicReader::read_delta(std::uint32_t index, json::object const& delta, AnswerSink& sink) {
  auto const found = blocks_.find(index);
  auto const type = text_at(delta, "type");
  // Text needs no block to be understood; some gateways leave the block's start out.
  if (type == "text_delta") return sink.text(text_at(delta, "text"));
  if (type == "thinking_delta") sink.reasoning(text_at(delta, "thinking"));
  if (found == blocks_.end()) return;
  auto& block = found->second;
  if (type == "thinking_delta") {
    block.thinking += text_at(delta, "thinking");
  } else if (type == "signature_delta") {
    block.signature += text_at(delta, "signature");
  } else if (type == "input_json_delta" && block.type == "tool_use") {
    auto const part = text_at(delta, "partial_json");
    block.has_arguments = block.has_arguments || !part.empty();
    sink.arguments(block.call, part);
  }
}

void AnthropicReader::close_block(std::uint32_t index, AnswerSink& sink) {
  auto const found = blocks_.find(index);
  if (found == blocks_.end()) return;
  auto const block = std::move(found->second);
  blocks_.erase(found);
  if (block.type == "tool_use" && !block.has_arguments) sink.arguments(block.call, block.input);
  if (block.type == "thinking" && !block.signature.empty())
    sink.opaque(json::object{
        {"type", "thinking"}, {"thinking", block.thinking}, {"signature", block.signature}});
  if (!block.whole.empty()) sink.opaque(block.whole);
}

void AnthropicReader::read_stop(json::object const& delta, AnswerSink& sink) {
  auto const reason = text_at(delta, "stop_reason");
  if (!reason.empty() && stop_reason_.empty()) stop_reason_ = reason;
  auto const* details = object_at(delta, "stop_details");
  if (details == nullptr || reason != "refusal") return;
  auto const why = text_at(*details, "explanation");
  sink.refusal(why.empty() ? text_at(*details, "category") : why);
}

void AnthropicReader::read_usage(json::object const& holder, AnswerSink& sink) {
  auto const* usage = object_at(holder, "usage");
  if (usage == nullptr) return;
  auto const update = [&](std::optional<std::int64_t>& field, std::string_view key) {
    if (auto const count = count_at(*usage, key)) field = count;
  };
  update(uncached_, "input_tokens");
  update(usage_.cache_write, "cache_creation_input_tokens");
  update(usage_.cached_input, "cache_read_input_tokens");
  update(usage_.output, "output_tokens");
  if (auto const* details = object_at(*usage, "output_tokens_details"))
    if (auto const count = count_at(*details, "thinking_tokens")) usage_.reasoning = count;
  if (uncached_)
    usage_.input = *uncached_ + usage_.cache_write.value_or(0) + usage_.cached_input.value_or(0);
  sink.usage(usage_);
}

void AnthropicReader::finish(AnswerSink& sink) {
  if (stop_reason_.empty())
    return sink.fail(Verdict::malformed_response, "the message ended without a stop reason");
  sink.finish(finish_reason(stop_reason_), stop_reason_);
}

}  // namespace

std::unique_ptr<AnswerReader> make_anthropic_reader() {
  return std::make_unique<AnthropicReader>();
}

}  // namespace ropewalk::ai

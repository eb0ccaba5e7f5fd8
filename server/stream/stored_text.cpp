#include "server/stream/stored_text.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "server/stream/stream_book.hpp"
#include "sql/sha256.hpp"

namespace ropewalk::server {
namespace {

std::string text_at(json::object const& object, std::string_view name) {
  auto const* value = object.if_contains(name);
  auto const* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : repair_utf8(*text);
}

std::uint64_t number_at(json::object const& object, std::string_view name) {
  auto const* value = object.if_contains(name);
  auto const* number = value == nullptr ? nullptr : value->if_int64();
  return number == nullptr || *number < 0 ? 0 : static_cast<std::uint64_t>(*number);
}

StreamView to_view(std::string const& execution, StoredText const& stored) {
  StreamView out;
  StreamHead const head{stored.task, stored.attempt, stored.generation, {}, 0};
  out.head = std::make_shared<StreamHead const>(head);
  std::string_view text;
  for (auto const& [name, content] : stored.channels) {
    if (name == "text") text = content;
    auto log = std::make_shared<TextLog>(name);
    auto const end = log->append(content);
    out.channels.push_back(ChannelView{std::move(log), end, false});
  }
  bool const is_hashed = !stored.sha256.empty();
  auto const hash = is_hashed ? stored.sha256 : sql::sha256_hex(text);
  auto const length = is_hashed ? stored.length : code_points(text);
  auto const json = end_frame(execution, head, stored.status, length, hash, stored.ending);
  out.end = std::make_shared<StreamEnd const>(StreamEnd{json, 0});
  return out;
}

}  // namespace

StoredText read_stored_text(
    std::string task, std::uint32_t attempt, std::string status, std::string_view stream
) {
  StoredText out;
  out.task = std::move(task);
  out.attempt = attempt;
  out.status = std::move(status);
  auto const value = parse_json(stream, JsonLimits{stream.size() + 1, 64, stream.size() + 1});
  auto const* object = value ? value->if_object() : nullptr;
  if (object == nullptr) return out;
  out.generation = static_cast<std::uint32_t>(number_at(*object, "generation"));
  out.channels.emplace_back("text", text_at(*object, "text"));
  auto const* channels = object->if_contains("channels");
  if (channels != nullptr && channels->is_object())
    for (auto const& [name, text] : channels->get_object())
      if (text.is_string() && name != "text")
        out.channels.emplace_back(std::string(name), repair_utf8(text.get_string()));
  out.ending.finish_reason = text_at(*object, "finishReason");
  out.ending.model = text_at(*object, "model");
  auto const* usage = object->if_contains("usage");
  if (usage != nullptr && usage->is_object()) out.ending.usage = to_text(*usage);
  auto const* cost = object->if_contains("costUsd");
  if (cost != nullptr && cost->is_number()) out.ending.cost_usd = cost->to_number<double>();
  out.sha256 = text_at(*object, "sha256");
  out.length = number_at(*object, "length");
  return out;
}

std::shared_ptr<ExecutionStreams> to_streams(
    ExecutionId execution, std::vector<StoredText> const& texts
) {
  StreamUpdate update;
  update.execution = execution;
  update.is_over = true;
  auto out = std::make_shared<ExecutionStreams>(execution);
  for (auto const& text : texts)
    update.streams.emplace_back(
        static_cast<std::uint32_t>(update.streams.size()), to_view(out->execution(), text)
    );
  out->apply(update);
  return out;
}

std::string empty_end_frame(
    ExecutionId execution, std::string const& task, std::uint32_t attempt, std::string_view status
) {
  StreamHead const head{task, attempt, 0, {}, 0};
  return end_frame(execution.to_string(), head, status, 0, sql::sha256_hex({}), TextEnd{});
}

}  // namespace ropewalk::server

#include "providers/ai/dialects/answer_stream.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "providers/ai/dialects/json_splitter.hpp"
#include "providers/ai/dialects/sse_decoder.hpp"
#include "providers/ai/dialects/surrogate_joiner.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/stream_parser.hpp>

#include <algorithm>
#include <array>

namespace ropewalk::ai {
namespace {

constexpr std::size_t answer_bytes_max = 256 * 1024 * 1024;
constexpr std::size_t beginning_bytes_max = 4096;
constexpr std::string_view last_event = "[DONE]";
constexpr std::array<std::string_view, 4> field_names{"data:", "event:", "id:", "retry:"};
constexpr std::size_t lenient_bytes_max = 64 * 1024;
constexpr JsonLimits chunk_limits{
    .bytes_max = SseDecoder::event_bytes_max_default, .depth_max = 64, .nodes_max = 1'000'000};

/// Strict first; then what our own documents may not hold but providers might: a key twice (the
/// last counts), numbers past 64 bits, halves of characters (SurrogateJoiner).
Result<json::value> parse_chunk(std::string_view text) {
  auto strict = parse_json(text, chunk_limits);
  if (strict || text.size() > lenient_bytes_max) return strict;
  json::error_code ec;
  json::parse_options options;
  options.max_depth = chunk_limits.depth_max;
  auto lenient = json::parse(text, ec, {}, options);
  if (ec && is_valid_utf8(text)) {
    options.allow_invalid_utf8 = true;  // but for these halves the text has been found valid
    lenient = json::parse(unescape_halves(text), ec, {}, options);
  }
  if (ec) return strict;
  return lenient;
}

/// Whether `text` is the beginning of a piece whose rest did not come.
bool is_cut(std::string_view text) {
  if (text.empty()) return false;
  if (text.size() < last_event.size() && last_event.starts_with(text)) return true;
  json::parse_options options;
  options.max_depth = chunk_limits.depth_max;
  json::stream_parser parser({}, options);
  json::error_code ec;
  parser.write(text.data(), text.size(), ec);
  return !ec && !parser.done();
}

/// Whether a body that begins so is one of events, as far as can be seen.
bool begins_with_field(std::string_view text) {
  return std::any_of(field_names.begin(), field_names.end(), [text](std::string_view name) {
    return text.starts_with(name) || name.starts_with(text);
  });
}

class AnswerStream final : public AnswerDecoder {
 public:
  AnswerStream(AnswerSink sink, std::unique_ptr<AnswerReader> reader)
      : sink_(std::move(sink)), reader_(std::move(reader)) {}

  void feed(std::string_view bytes, std::vector<ChatEvent>& out) override;
  void end(std::vector<ChatEvent>& out) override;

 private:
  enum class Framing : unsigned char { unknown, events, json };

  void find_framing(std::string_view bytes);
  void take(SseEvent const& event);
  void take_last(SseEvent const& event);
  void take(std::string_view text);
  void take_value(json::value const& value, std::string_view text);
  void fail_framing(Error const& error);
  void finish();

  AnswerSink sink_;
  std::unique_ptr<AnswerReader> reader_;
  SseDecoder events_{};
  JsonSplitter objects_{};
  Framing framing_ = Framing::unknown;
  std::size_t bytes_count_ = 0;
  bool has_object_ = false;
  std::string beginning_{};  // of the body, to show when it is not what was asked for
};

void AnswerStream::find_framing(std::string_view bytes) {
  if (framing_ != Framing::unknown) return;
  auto const first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return;
  bool const is_json = bytes[first] == '{' || bytes[first] == '[';
  framing_ = is_json ? Framing::json : Framing::events;
}

void AnswerStream::feed(std::string_view bytes, std::vector<ChatEvent>& out) {
  if (sink_.is_done()) return;
  sink_.into(out);
  bytes_count_ += bytes.size();
  if (bytes_count_ > answer_bytes_max)
    return sink_.fail(
        Verdict::malformed_response,
        "the answer is longer than " + std::to_string(answer_bytes_max) + " bytes and goes on"
    );
  if (beginning_.size() < beginning_bytes_max)
    beginning_ += bytes.substr(0, beginning_bytes_max - beginning_.size());
  find_framing(bytes);
  if (framing_ == Framing::json) {
    std::vector<std::string> objects;
    auto const fed = objects_.feed(bytes, objects);
    for (auto const& object : objects) take(object);
    if (!fed) fail_framing(fed.error());
  } else {
    // White space before the first byte that tells is the same to both.
    std::vector<SseEvent> events;
    auto const fed = events_.feed(bytes, events);
    for (auto const& event : events) take(event);
    if (!fed) fail_framing(fed.error());
  }
}

void AnswerStream::end(std::vector<ChatEvent>& out) {
  if (sink_.is_done()) return;
  sink_.into(out);
  if (framing_ == Framing::json) {
    // An object that is not closed was cut.
    has_object_ = has_object_ || !objects_.end();
  } else {
    std::vector<SseEvent> events;
    auto const ended = events_.end(events);
    for (auto const& event : events) take_last(event);
    if (!ended) fail_framing(ended.error());
  }
  finish();
}

/// An event that the end of the body left without its blank line: it counts when it is whole.
void AnswerStream::take_last(SseEvent const& event) {
  if (!is_cut(event.data)) return take(event);
  has_object_ = true;
}

void AnswerStream::take(SseEvent const& event) {
  if (!event.data.starts_with(last_event)) return take(event.data);
  has_object_ = true;
  finish();
}

void AnswerStream::take(std::string_view text) {
  if (sink_.is_done() || text.empty()) return;
  has_object_ = true;
  auto const value = parse_chunk(text);
  if (!value)
    return sink_.fail(malformed(
        sink_.context(), "a piece of the answer is not JSON (" + value.error().message + ")", text
    ));
  take_value(*value, text);
}

void AnswerStream::take_value(json::value const& value, std::string_view text) {
  if (auto const* array = value.if_array()) {
    for (auto const& element : *array)
      if (element.is_object()) take_value(element, text);
    return;
  }
  auto const* chunk = value.if_object();
  if (chunk == nullptr)
    return sink_.fail(malformed(sink_.context(), "a piece of the answer is no object", text));
  if (is_failure(*chunk))
    sink_.fail(*chunk);
  else if (!sink_.is_done())
    reader_->read(*chunk, sink_);
}

void AnswerStream::fail_framing(Error const& error) {
  if (!sink_.is_done()) sink_.fail(malformed(sink_.context(), error.message, beginning_));
}

void AnswerStream::finish() {
  if (sink_.is_done()) return;
  reader_->end(sink_);
  if (sink_.is_done()) return;
  auto const first = beginning_.find_first_not_of(" \t\r\n");
  // Comments are what a server says while it thinks.
  bool const is_silent = first == std::string::npos || beginning_[first] == ':' ||
                         begins_with_field(std::string_view(beginning_).substr(first));
  if (has_object_ || is_silent)
    return sink_.fail(
        Verdict::stream_truncated,
        has_object_ ? "the answer broke off before its end" : "the answer ended before it began"
    );
  sink_.fail(malformed(sink_.context(), "no model's answer came", beginning_));
}

}  // namespace

std::unique_ptr<AnswerDecoder> make_decoder(
    CallContext context,
    HttpHeaders const& head,
    BodyRule rule,
    std::unique_ptr<AnswerReader> reader
) {
  AnswerSink sink(std::move(context), request_id_of(head), rule);
  return std::make_unique<AnswerStream>(std::move(sink), std::move(reader));
}

}  // namespace ropewalk::ai

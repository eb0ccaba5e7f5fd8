#include "providers/ai/dialects/sse_decoder.hpp"

#include <algorithm>

namespace ropewalk::ai {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool begins_bare(std::string_view line) {
  return line.front() == '{' || line.front() == '[' || line.front() == '<';
}

bool is_known_field(std::string_view name) {
  return name == "data" || name == "event" || name == "id" || name == "retry";
}

}  // namespace

Result<> SseDecoder::feed(std::string_view bytes, std::vector<SseEvent>& out) {
  skip_mark(bytes);
  while (!bytes.empty()) {
    if (after_return_ && bytes.front() == '\n') {
      after_return_ = false;
      bytes.remove_prefix(1);
      continue;
    }
    after_return_ = false;
    auto const end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    if (auto const done = append(bytes.substr(0, end)); !done) return done.error();
    if (end == bytes.size()) break;
    after_return_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    take_line(out);
  }
  return {};
}

Result<> SseDecoder::end(std::vector<SseEvent>& out) {
  if (!line_.empty()) take_line(out);
  dispatch(out);
  return {};
}

void SseDecoder::skip_mark(std::string_view& bytes) {
  while (mark_bytes_ < byte_order_mark.size() && !bytes.empty()) {
    if (bytes.front() != byte_order_mark[mark_bytes_]) {
      // No mark: what looked like its beginning belongs to the first line.
      line_.assign(byte_order_mark.substr(0, mark_bytes_));
      mark_bytes_ = byte_order_mark.size();
      return;
    }
    ++mark_bytes_;
    bytes.remove_prefix(1);
  }
}

Result<> SseDecoder::append(std::string_view part) {
  if (line_.size() + event_.data.size() + part.size() > event_bytes_max_)
    return Error{
        ErrorClass::transient,
        "malformed_response",
        "an event of the stream is longer than " + std::to_string(event_bytes_max_) + " bytes",
        "check baseUrl: this may be no model's answer"};
  line_ += part;
  return {};
}

void SseDecoder::take_line(std::vector<SseEvent>& out) {
  if (line_.empty()) return dispatch(out);
  auto const name = std::string_view(line_).substr(0, line_.find(':'));
  if (event_.is_bare) {
    if (!is_known_field(name)) {
      event_.data.append("\n").append(line_);
      return line_.clear();
    }
    dispatch(out);
  }
  if (begins_bare(line_)) {
    dispatch(out);
    event_.is_bare = has_data_ = true;
    event_.data = line_;
  } else {
    take_field(line_);
  }
  line_.clear();
}

void SseDecoder::take_field(std::string_view line) {
  auto const colon = line.find(':');
  auto const name = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") event_.type = value;
  if (name != "data") return;
  if (has_data_) event_.data += '\n';
  has_data_ = true;
  event_.data += value;
}

void SseDecoder::dispatch(std::vector<SseEvent>& out) {
  if (has_data_) out.push_back(std::move(event_));
  event_ = {};
  has_data_ = false;
}

}  // namespace ropewalk::ai

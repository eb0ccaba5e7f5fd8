#pragma once
// Server-Sent Events out of bytes that are split anywhere.
//
// After the WHATWG rules: lines end with LF, CR or CRLF, comments are skipped, the data lines of
// one event are joined by LF, a byte order mark at the beginning is skipped. Differences: an event
// that the end of the stream leaves without its blank line counts, `id` and `retry` are ignored,
// and JSON or HTML that stands there without `data:` comes out as an event of its own (Google's
// errors, pages of proxies).
// Pure; one decoder a stream.

#include "engine/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

struct SseEvent {
  std::string type{};  // "" when the event has no `event:` line
  std::string data{};
  bool is_bare = false;  // stood there without `data:`
  bool operator==(SseEvent const&) const = default;
};

class SseDecoder {
 public:
  static constexpr std::size_t event_bytes_max_default = 16 * 1024 * 1024;

  explicit SseDecoder(std::size_t event_bytes_max = event_bytes_max_default)
      : event_bytes_max_(event_bytes_max) {}

  /// Appends the events that `bytes` finish. Errors: malformed_response (an event is too long);
  /// nothing more comes after it.
  Result<> feed(std::string_view bytes, std::vector<SseEvent>& out);
  /// At the end of the stream: the event that stands there unfinished.
  Result<> end(std::vector<SseEvent>& out);

 private:
  void skip_mark(std::string_view& bytes);
  Result<> append(std::string_view part);
  void take_line(std::vector<SseEvent>& out);
  void take_field(std::string_view line);
  void dispatch(std::vector<SseEvent>& out);

  std::size_t event_bytes_max_;
  std::size_t mark_bytes_ = 0;  // bytes of the byte order mark seen so far; 3: past the beginning
  bool after_return_ = false;   // the last byte was "\r": a "\n" belongs to it
  bool has_data_ = false;
  std::string line_{};
  SseEvent event_{};
};

}  // namespace ropewalk::ai

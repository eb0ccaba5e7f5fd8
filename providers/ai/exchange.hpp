#pragma once
// One recorded call, and its JSON form. Pure values.

#include "providers/ai/model_client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::ai {

struct TimedEvent {
  Duration at{};  // from the call
  ChatEvent event{};
};

struct Exchange {
  std::string key{};
  std::string provider{};
  ChatRequest request{};
  std::vector<TimedEvent> events{};
  /// Its `answer` is not kept: it is what the events make.
  ChatOutcome outcome{};
};

/// One event a line, so that people can read it and git can compare it.
std::string to_file_text(Exchange const& exchange);
/// Errors: invalid_record, and those of parse_json().
Result<Exchange> exchange_from_text(std::string_view text);

}  // namespace ropewalk::ai

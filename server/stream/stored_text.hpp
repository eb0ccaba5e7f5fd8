#pragma once
// The text of a task that ended, as it was stored: told to watchers in the same frames as live
// text.

#include "engine/base/ids.hpp"
#include "engine/model/text_end.hpp"
#include "server/stream/task_streams.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ropewalk::server {

struct StoredText {
  std::string task{};
  std::uint32_t attempt = 0;
  std::string status{};
  std::uint32_t generation = 0;  // how often the attempt began its text again
  std::vector<std::pair<std::string, std::string>> channels{};  // name and text, "text" first
  TextEnd ending{};
  std::string sha256{};      // empty: taken from the text
  std::uint64_t length = 0;  // in code points; with sha256
};

/// What a task's `detail.stream` says, as JSON text: {"text", "channels"?: {name: text},
/// "generation"?, "finishReason"?, "usage"?, "costUsd"?, "model"?, "sha256"?, "length"?}. Fields of
/// other types are left out: the text is shown all the same.
StoredText read_stored_text(
    std::string task, std::uint32_t attempt, std::string status, std::string_view stream
);

/// As if it had been streamed and had ended; is_over.
std::shared_ptr<ExecutionStreams> to_streams(
    ExecutionId execution, std::vector<StoredText> const& texts
);

/// The `end` frame of a task that streamed nothing.
std::string empty_end_frame(
    ExecutionId execution, std::string const& task, std::uint32_t attempt, std::string_view status
);

}  // namespace ropewalk::server

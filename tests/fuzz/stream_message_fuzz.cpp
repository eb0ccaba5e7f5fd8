// What a WebSocket client may send: understood, or answered with an error that is JSON itself.
#include "engine/base/json.hpp"
#include "server/stream/protocol.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ropewalk;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const read = server::read_message(fuzz::as_text(data, size));
  if (read.error.code.empty()) return 0;
  auto const text = server::error_answer(read.message.id, read.error);
  JsonLimits const limits{16 * 1024 * 1024, 64, 1'000'000};
  auto const answer = parse_json(text, limits);
  fuzz::require(answer.has_value() && answer->is_object(), "an error is answered in JSON");
  fuzz::require(answer->get_object().contains("code"), "that says which");
  return 0;
}

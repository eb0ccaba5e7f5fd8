// Output of processes: lines do not depend on how the bytes come, and what is logged is clean text.
// The first byte says how small the chunks are, the second how long a line may be.
#include "engine/base/text.hpp"
#include "providers/process/json_line.hpp"
#include "providers/process/line_splitter.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>
#include <vector>

namespace {

using namespace ropewalk;

std::vector<LineSplitter::Line> split(
    std::string_view bytes, std::size_t line_max, std::size_t chunk
) {
  LineSplitter splitter(line_max);
  std::vector<LineSplitter::Line> out;
  while (!bytes.empty()) {
    splitter.feed(bytes.substr(0, chunk));
    bytes.remove_prefix(std::min(chunk, bytes.size()));
    while (auto line = splitter.next()) out.push_back(std::move(*line));
  }
  while (auto line = splitter.finish()) out.push_back(std::move(*line));
  return out;
}

void check(LineSplitter::Line const& line) {
  fuzz::require(is_valid_utf8(line.text), "a line is UTF-8");
  fuzz::require(line.text.find('\0') == std::string::npos, "without NUL");
  fuzz::require(line.text.find('\n') == std::string::npos, "and without a line end");
  auto const logged = make_log_line(line.text, LogLevel::info, line.is_continued);
  fuzz::require(is_valid_utf8(logged.text), "what is logged is UTF-8");
  fuzz::require(logged.text.find('\0') == std::string::npos, "what is logged has no NUL");
  fuzz::require(logged.text.find('\n') == std::string::npos, "what is logged is one line");
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 2) return 0;
  std::size_t const chunk = 1 + data[0] % 64;
  std::size_t const line_max = 8 + data[1];
  auto const bytes = fuzz::as_text(data + 2, size - 2);
  auto const whole = split(bytes, line_max, bytes.size() + 1);
  auto const parts = split(bytes, line_max, chunk);
  fuzz::require(whole.size() == parts.size(), "as many lines however the bytes come");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    fuzz::require(whole[i].text == parts[i].text, "the same lines however the bytes come");
    fuzz::require(whole[i].is_continued == parts[i].is_continued, "cut in the same places");
    check(whole[i]);
  }
  return 0;
}

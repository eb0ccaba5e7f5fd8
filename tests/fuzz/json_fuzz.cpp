// JSON from outside: what is read is written, and read again as the same value.
#include "engine/base/json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <limits>

using namespace ropewalk;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const text = fuzz::as_text(data, size);
  auto value = parse_json(text, JsonLimits{64 * 1024, 32, 10'000});
  if (!value) {
    fuzz::require(!value.error().code.empty(), "an error has a code");
    return 0;
  }
  JsonLimits const wide{16 * 1024 * 1024, 64, 100'000};
  auto const written = to_text(*value);
  fuzz::require(
      text_size(*value, std::numeric_limits<std::size_t>::max()) == written.size(),
      "text_size is the size of to_text"
  );
  auto const again = parse_json(written, wide);
  fuzz::require(again.has_value() && *again == *value, "to_text is read as the same value");
  auto const canonical = to_canonical_text(*value);
  auto const canonical_again = parse_json(canonical, wide);
  fuzz::require(
      canonical_again.has_value() && to_canonical_text(*canonical_again) == canonical,
      "the canonical form is canonical"
  );
  replace_nul(*value);
  fuzz::require(
      to_text(*value).find("\\u0000") == std::string::npos || text.find("\\\\u0000") != text.npos,
      "no NUL is left"
  );
  return 0;
}

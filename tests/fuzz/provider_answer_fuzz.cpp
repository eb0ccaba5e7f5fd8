// Answers of language model providers: they end exactly once, never crash, and say the same however
// the bytes come. The first byte chooses the dialect, the second how small the chunks are.
#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "providers/ai/answer_builder.hpp"
#include "providers/ai/dialect.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <string>
#include <vector>

namespace {

using namespace ropewalk;

struct Outcome {
  ai::ChatAnswer answer{};
  std::string failure{};
  int ends = 0;
};

Outcome decode(ai::Dialect const& dialect, std::string_view bytes, std::size_t chunk) {
  ai::ProviderSettings provider;
  provider.name = "p";
  ai::ChatRequest request;
  request.model = "m";
  auto const decoder = dialect.decoder(provider, request, HttpHeaders{});
  std::vector<ai::ChatEvent> events;
  while (!bytes.empty()) {
    decoder->feed(bytes.substr(0, chunk), events);
    bytes.remove_prefix(std::min(chunk, bytes.size()));
  }
  decoder->end(events);
  Outcome out;
  ai::AnswerBuilder builder;
  for (auto const& event : events) {
    fuzz::require(out.ends == 0, "nothing comes after the end");
    builder.add(event);
    if (std::holds_alternative<ai::ChatFinish>(event)) ++out.ends;
    if (auto const* failed = std::get_if<ai::ChatFailed>(&event)) {
      ++out.ends;
      out.failure = failed->error.code + failed->error.message;
    }
  }
  out.answer = builder.take();
  return out;
}

void check_count(std::optional<std::int64_t> const& count) {
  fuzz::require(!count || *count >= 0, "no count is negative");
}

}  // namespace

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 2) return 0;
  auto const types = ai::dialect_types();
  auto const& dialect = *ai::find_dialect(types[data[0] % types.size()]);
  std::size_t const chunk = 1 + data[1] % 64;
  auto const bytes = fuzz::as_text(data + 2, size - 2);
  auto const whole = decode(dialect, bytes, bytes.size() + 1);
  auto const parts = decode(dialect, bytes, chunk);
  fuzz::require(whole.ends == 1 && parts.ends == 1, "an answer ends once");
  fuzz::require(whole.answer.text == parts.answer.text, "the same text however the bytes come");
  fuzz::require(whole.answer.usage == parts.answer.usage, "the same usage");
  fuzz::require(whole.failure == parts.failure, "the same failure");
  fuzz::require(is_valid_utf8(whole.answer.text), "text is UTF-8");
  fuzz::require(is_valid_utf8(whole.failure), "messages are UTF-8");
  check_count(whole.answer.usage.input);
  check_count(whole.answer.usage.output);
  ai::FailedAnswer failed;
  failed.status = 300U + data[1];
  failed.body = bytes;
  auto const error = dialect.classify(ai::ProviderSettings{}, "m", failed);
  fuzz::require(!error.code.empty(), "every failure has a code");
  fuzz::require(is_valid_utf8(to_text(to_json(error))), "and is UTF-8");
  return 0;
}

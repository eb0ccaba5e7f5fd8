// The configuration file: what is accepted can be shown, and what is shown is accepted.
#include "server/config.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace ropewalk;
using namespace ropewalk::server;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  ConfigSources sources;
  sources.file = "ropewalk.yaml";
  sources.file_text = std::string(fuzz::as_text(data, size));
  auto loaded = load_config(sources);
  for (auto const& problem : loaded.problems)
    fuzz::require(!problem.message.empty(), "a problem says what it is");
  if (!loaded.problems.empty()) return 0;
  (void)to_json(loaded.config);
  Config again;
  for (auto const& field : config_fields()) {
    auto const shown = show_field(loaded.config, field);
    if (field.secret) continue;
    auto const set = set_field(again, field, shown);
    if (!set) std::fprintf(stderr, "%s: %s\n", field.flag.data(), shown.c_str());
    fuzz::require(set.has_value(), "what is shown is accepted");
    fuzz::require(show_field(again, field) == shown, "as the same value");
  }
  return 0;
}

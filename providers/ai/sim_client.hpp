#pragma once
// The provider `sim`: answers without any model, for a fresh machine, for tests and for the page.
//
// Its text is made from the prompt, always the same, and says that it is simulated; it is streamed
// at a chosen speed and fails in chosen ways (sim_options.hpp).
//
// Owner: one client a shard. Shard: all calls on one shard.
// Limits: remembers the failures of the last keys_max idempotency keys.

#include "providers/ai/model_client.hpp"
#include "providers/ai/sim_options.hpp"

#include <deque>
#include <string>
#include <unordered_map>

namespace ropewalk::ai {

class SimClient final : public ModelClient {
 public:
  static constexpr std::size_t keys_max = 10'000;

  /// `options` of the provider in ropewalk.yaml: sim_options.hpp.
  explicit SimClient(json::object options = {});
  Async<ChatOutcome> call(ChatRequest const& request, ChatListener const& listener) override;

 private:
  /// True while `key` has been seen fewer than `times` before.
  bool has_to_fail(std::string const& key, std::int64_t times);

  json::object options_;
  std::unordered_map<std::string, std::int64_t> calls_;  // by key
  std::deque<std::string> keys_;                         // oldest first
};

}  // namespace ropewalk::ai

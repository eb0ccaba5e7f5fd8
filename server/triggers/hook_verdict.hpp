#pragma once
// What is to be done about a delivery to a hook: everything but the I/O. Pure functions.

#include "server/api/backend.hpp"
#include "server/http/message.hpp"
#include "server/triggers/hook_spec.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ropewalk::server {

struct HookVerdict {
  enum class Kind : unsigned char {
    refused,    // it is not by who shares the secret, or it is old
    malformed,  // it is, and cannot be used
    answered,   // the sender only wanted to see that somebody is there
    filtered,
    accepted,
  };
  Kind kind = Kind::refused;
  Error error{};           // refused and malformed; of `refused` nothing for strangers
  Response answer{};       // answered
  std::string reason{};    // filtered
  StartRequest request{};  // accepted; without its idempotency key
  std::string delivery{};  // the sender's id; empty: it has none
  std::string event{};
};

/// The keys that secrets are, as the scheme has them written. Errors: invalid_secret, which does
/// not repeat it.
Result<std::vector<std::string>> hook_keys(HookScheme scheme, std::vector<std::string> secrets);

HookVerdict judge_delivery(
    HookSpec const& spec, std::vector<std::string> const& keys, Request const& request, Instant now
);

/// By what a delivery with this id starts one execution, however often it comes.
std::string delivery_key(std::string const& hook, std::int64_t id, std::string const& delivery);

}  // namespace ropewalk::server

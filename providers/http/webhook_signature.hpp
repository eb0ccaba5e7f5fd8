#pragma once
// Signatures of webhooks by the Standard Webhooks scheme, in both directions.
//
// What is signed is "<id>.<timestamp>.<body>", by HMAC-SHA256 with a shared key; the timestamp
// keeps an old message from being sent again. Any thread: pure functions.

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

#include <span>
#include <string>
#include <string_view>

namespace ropewalk::http {

inline constexpr Duration webhook_tolerance = std::chrono::minutes(5);

/// The headers webhook-id, webhook-timestamp (seconds since 1970) and webhook-signature.
struct WebhookHeaders {
  std::string id{};
  std::string timestamp{};
  std::string signature{};  // one or several, with blanks between
};

/// The bytes of a secret, "whsec_" and Base64; the prefix may be left out. Errors: invalid_secret
/// (permanent), which does not repeat it.
Result<std::string> webhook_key(std::string_view secret);

/// The value of webhook-signature: "v1,…" for each key. REQUIRES: no '.' in `id`.
std::string sign_webhook(
    std::span<std::string const> keys, WebhookHeaders const& headers, std::string_view body
);

/// A message is good when one of its signatures is by one of the keys, and its time is near `now`.
/// Errors (permanent): missing_signature, expired_signature, invalid_signature.
Result<> verify_webhook(
    std::span<std::string const> keys,
    WebhookHeaders const& headers,
    std::string_view body,
    Instant now,
    Duration tolerance = webhook_tolerance
);

}  // namespace ropewalk::http

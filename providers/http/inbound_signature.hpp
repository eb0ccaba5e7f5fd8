#pragma once
// Whether a message that came in was sent by who shares a secret with us, by the schemes of those
// who send most of them. Standard Webhooks: webhook_signature.hpp.
//
// `body` are the bytes as they came. A message is good when it is by one of the secrets: two while
// one changes. Any thread: pure functions.
//
// Errors (permanent), none of which repeats what was sent: missing_signature, expired_signature,
// invalid_signature.

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

#include <span>
#include <string>
#include <string_view>

namespace ropewalk::http {

/// X-Hub-Signature-256: "sha256=" and hexadecimal.
Result<> verify_github(
    std::span<std::string const> secrets, std::string_view signature, std::string_view body
);

/// Stripe-Signature: "t=SECONDS,v1=HEX", with any number of v1 and others.
Result<> verify_stripe(
    std::span<std::string const> secrets,
    std::string_view signature,
    std::string_view body,
    Instant now,
    Duration tolerance
);

/// X-Slack-Signature: "v0=HEX", X-Slack-Request-Timestamp: seconds.
Result<> verify_slack(
    std::span<std::string const> secrets,
    std::string_view signature,
    std::string_view timestamp,
    std::string_view body,
    Instant now,
    Duration tolerance
);

/// Authorization: "Bearer SECRET".
Result<> verify_bearer(std::span<std::string const> secrets, std::string_view authorization);

}  // namespace ropewalk::http

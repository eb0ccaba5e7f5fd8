#include "providers/http/inbound_signature.hpp"

#include "engine/base/text.hpp"
#include "providers/http/hmac.hpp"
#include "providers/http/http_error.hpp"

#include <vector>

namespace ropewalk::http {
namespace {

Error refused(std::string code, std::string message, std::string hint) {
  return http_error(ErrorClass::permanent, std::move(code), std::move(message), std::move(hint));
}

Error missing(std::string_view header) {
  return refused(
      "missing_signature",
      "the message has no usable " + std::string(header),
      "look at how the sender is told to sign"
  );
}

Error expired(Duration tolerance) {
  return refused(
      "expired_signature",
      "the message's time is not within " + format_duration(tolerance) + " of this machine's",
      "it was sent again by somebody, or a clock is wrong"
  );
}

Error invalid() {
  return refused(
      "invalid_signature",
      "no signature of the message is by a secret that is known",
      "compare secrets, and look for a proxy that changes bodies"
  );
}

std::string hex_hmac(std::string const& secret, std::string_view content) {
  auto const digest = hmac_sha256(secret, content);
  return to_hex({reinterpret_cast<unsigned char const*>(digest.data()), digest.size()});
}

/// All of them are compared: how long it takes tells nothing.
bool has_good_one(
    std::span<std::string const> secrets,
    std::span<std::string_view const> signatures,
    std::string_view content
) {
  bool is_good = false;
  for (auto const& secret : secrets) {
    auto const expected = hex_hmac(secret, content);
    for (auto const each : signatures)
      if (is_same_secret(each, expected)) is_good = true;
  }
  return is_good;
}

struct StripeHeader {
  std::string_view timestamp{};
  std::vector<std::string_view> signatures{};
};

StripeHeader read_stripe(std::string_view header) {
  constexpr std::size_t signatures_max = 16;
  StripeHeader out;
  while (!header.empty()) {
    auto const end = header.find(',');
    auto item = header.substr(0, end);
    header = end == header.npos ? std::string_view() : header.substr(end + 1);
    while (item.starts_with(' ')) item.remove_prefix(1);
    if (item.starts_with("t=")) out.timestamp = item.substr(2);
    if (item.starts_with("v1=") && out.signatures.size() < signatures_max)
      out.signatures.push_back(item.substr(3));
  }
  return out;
}

}  // namespace

Result<> verify_github(
    std::span<std::string const> secrets, std::string_view signature, std::string_view body
) {
  constexpr std::string_view prefix = "sha256=";
  if (!signature.starts_with(prefix)) return missing("X-Hub-Signature-256");
  auto const hex = signature.substr(prefix.size());
  return has_good_one(secrets, {&hex, 1}, body) ? Result<>() : invalid();
}

Result<> verify_stripe(
    std::span<std::string const> secrets,
    std::string_view signature,
    std::string_view body,
    Instant now,
    Duration tolerance
) {
  auto const header = read_stripe(signature);
  if (header.timestamp.empty() || header.signatures.empty()) return missing("Stripe-Signature");
  if (!is_near(header.timestamp, now, tolerance)) return expired(tolerance);
  std::string content(header.timestamp);
  content.append(".").append(body);
  return has_good_one(secrets, header.signatures, content) ? Result<>() : invalid();
}

Result<> verify_slack(
    std::span<std::string const> secrets,
    std::string_view signature,
    std::string_view timestamp,
    std::string_view body,
    Instant now,
    Duration tolerance
) {
  constexpr std::string_view prefix = "v0=";
  if (!signature.starts_with(prefix) || timestamp.empty()) return missing("X-Slack-Signature");
  if (!is_near(timestamp, now, tolerance)) return expired(tolerance);
  std::string content("v0:");
  content.append(timestamp).append(":").append(body);
  auto const hex = signature.substr(prefix.size());
  return has_good_one(secrets, {&hex, 1}, content) ? Result<>() : invalid();
}

Result<> verify_bearer(std::span<std::string const> secrets, std::string_view authorization) {
  constexpr std::string_view prefix = "bearer ";
  auto const scheme = authorization.substr(0, prefix.size());
  bool is_bearer = scheme.size() == prefix.size();
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if ((scheme[i] | 0x20) != prefix[i]) is_bearer = false;
  if (!is_bearer) return missing("Authorization");
  auto const token = authorization.substr(prefix.size());
  bool is_good = false;
  // By their digests: how long the secret is shows in no time that is taken.
  for (auto const& secret : secrets)
    if (is_same_secret(hmac_sha256("token", token), hmac_sha256("token", secret))) is_good = true;
  return is_good ? Result<>() : invalid();
}

}  // namespace ropewalk::http

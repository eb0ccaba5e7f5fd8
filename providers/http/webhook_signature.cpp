#include "providers/http/webhook_signature.hpp"

#include "engine/model/cel/base64.hpp"
#include "providers/http/hmac.hpp"
#include "providers/http/http_error.hpp"

namespace ropewalk::http {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::string_view version = "v1,";

/// In Base64.
std::string signature_of(
    std::string const& key, WebhookHeaders const& headers, std::string_view body
) {
  std::string content = headers.id;
  content.append(".").append(headers.timestamp).append(".").append(body);
  return cel::to_base64(hmac_sha256(key, content));
}

Error refused(std::string code, std::string message, std::string hint) {
  return http_error(ErrorClass::permanent, std::move(code), std::move(message), std::move(hint));
}

}  // namespace

Result<std::string> webhook_key(std::string_view secret) {
  if (secret.starts_with(prefix)) secret.remove_prefix(prefix.size());
  auto key = cel::from_base64(secret);
  if (!key || key->empty() || key->size() > 1024)
    return refused(
        "invalid_secret",
        "the secret of the webhook is not Base64",
        "a secret of Standard Webhooks is whsec_ and 24 to 64 random bytes in Base64"
    );
  return std::move(*key);
}

std::string sign_webhook(
    std::span<std::string const> keys, WebhookHeaders const& headers, std::string_view body
) {
  std::string out;
  for (auto const& key : keys) {
    if (!out.empty()) out += ' ';
    out.append(version).append(signature_of(key, headers, body));
  }
  return out;
}

Result<> verify_webhook(
    std::span<std::string const> keys,
    WebhookHeaders const& headers,
    std::string_view body,
    Instant now,
    Duration tolerance
) {
  if (headers.id.empty() || headers.timestamp.empty() || headers.signature.empty())
    return refused(
        "missing_signature",
        "the message has no webhook-id, webhook-timestamp or webhook-signature",
        "sign it by Standard Webhooks"
    );
  if (!is_near(headers.timestamp, now, tolerance))
    return refused(
        "expired_signature",
        "webhook-timestamp is not within " + format_duration(tolerance) + " of this machine's time",
        "look at the clocks of both machines"
    );
  bool is_good = false;
  for (auto const& key : keys) {
    auto const expected = signature_of(key, headers, body);
    std::string_view rest = headers.signature;
    while (!rest.empty()) {
      auto const end = rest.find(' ');
      auto const each = rest.substr(0, end);
      rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
      if (each.starts_with(version) && is_same_secret(each.substr(version.size()), expected))
        is_good = true;
    }
  }
  if (is_good) return {};
  return refused(
      "invalid_signature",
      "no signature of the message is by a key that is known",
      "compare secrets"
  );
}

}  // namespace ropewalk::http

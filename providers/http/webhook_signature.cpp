#include "providers/http/webhook_signature.hpp"

#include "engine/model/cel/base64.hpp"
#include "providers/http/http_error.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <optional>

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
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  auto const* const bytes = reinterpret_cast<unsigned char const*>(content.data());
  auto const* const made = ::HMAC(
      ::EVP_sha256(),
      key.data(),
      static_cast<int>(key.size()),
      bytes,
      content.size(),
      digest.data(),
      &size
  );
  ROPEWALK_CHECK(made != nullptr);
  return cel::to_base64({reinterpret_cast<char const*>(digest.data()), size});
}

/// Takes the same time wherever they differ.
bool is_same(std::string_view one, std::string_view other) {
  return one.size() == other.size() && ::CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::optional<Instant> time_of(std::string_view text) {
  constexpr std::int64_t seconds_max = 253'402'300'799;  // the year 9999
  std::int64_t seconds = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  bool const is_time = read.ec == std::errc() && read.ptr == text.data() + text.size() &&
                       seconds >= 0 && seconds <= seconds_max;
  if (!is_time) return std::nullopt;
  return Instant(std::chrono::seconds(seconds));
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
  auto const sent = time_of(headers.timestamp);
  if (!sent || *sent < now - tolerance || *sent > now + tolerance)
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
      if (each.starts_with(version) && is_same(each.substr(version.size()), expected))
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

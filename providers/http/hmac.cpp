#include "providers/http/hmac.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace ropewalk::http {

std::string hmac_sha256(std::string_view key, std::string_view content) {
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
  return {reinterpret_cast<char const*>(digest.data()), size};
}

bool is_same_secret(std::string_view one, std::string_view other) {
  return one.size() == other.size() && ::CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

bool is_near(std::string_view seconds, Instant now, Duration tolerance) {
  constexpr std::int64_t seconds_max = 253'402'300'799;  // the year 9999
  std::int64_t value = 0;
  auto const read = std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
  bool const is_time = read.ec == std::errc() && read.ptr == seconds.data() + seconds.size() &&
                       value >= 0 && value <= seconds_max;
  if (!is_time) return false;
  auto const at = Instant(std::chrono::seconds(value));
  return at >= now - tolerance && at <= now + tolerance;
}

}  // namespace ropewalk::http

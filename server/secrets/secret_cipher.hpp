#pragma once
// Encrypts secrets for the database: AES-256-GCM, a fresh random nonce for each, bound to its name
// and version, so that no row can be put in the place of another.
//
// Any thread: plain values.

#include "engine/base/error.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::server {

struct SecretKey {
  std::array<unsigned char, 32> bytes{};

  /// From the system's generator.
  static SecretKey random();
  /// What rows name it by: the beginning of a hash of it, in hexadecimal.
  std::string id() const;
};

/// What an encrypted value is bound to.
struct SecretBinding {
  std::string_view name{};
  std::int64_t version = 0;
};

/// Base64 of nonce, ciphertext and tag.
std::string seal_secret(SecretKey const& key, SecretBinding const& binding, std::string_view value);
/// Errors: secret_tampered (permanent) for anything but what seal_secret gave for this key and this
/// binding.
Result<std::string> open_secret(
    SecretKey const& key, SecretBinding const& binding, std::string_view sealed
);

/// Keys as a file holds them: a line of base64 each, the last one in use; what begins with '#' and
/// empty lines are left out. Errors: secret_key_invalid (permanent), which says the line.
Result<std::vector<SecretKey>> read_keys(std::string_view text);
std::string key_line(SecretKey const& key);

}  // namespace ropewalk::server

#include "server/secrets/secret_cipher.hpp"

#include "engine/base/text.hpp"
#include "engine/model/cel/base64.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <span>

namespace ropewalk::server {
namespace {

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t id_bytes = 8;

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char const* bytes_of(std::string_view text) {
  return reinterpret_cast<unsigned char const*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
int size_of(std::string_view text) {
  return static_cast<int>(text.size());
}

void fill_random(std::span<unsigned char> out) {
  ROPEWALK_CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

/// No two bindings read the same: the version has no other digits than its own, and a name no NUL.
std::string bound_text(SecretBinding const& binding) {
  std::string out = "ropewalk-secret-1";
  out += '\0';
  out += binding.name;
  out += '\0';
  return out + std::to_string(binding.version);
}

Error tampered(SecretBinding const& binding) {
  return Error{
      ErrorClass::permanent,
      "secret_tampered",
      "the stored secret \"" + std::string(binding.name) +
          "\" is not what was written, or not with the key of this server",
      "set it again: ropewalk secret set " + std::string(binding.name)};
}

Error invalid_key(std::size_t line) {
  return Error{
      ErrorClass::permanent,
      "secret_key_invalid",
      "line " + std::to_string(line) + " of the file of keys is no key",
      "a key is the Base64 of 32 bytes (44 characters): head -c 32 /dev/urandom | base64"};
}

}  // namespace

SecretKey SecretKey::random() {
  SecretKey out;
  fill_random(out.bytes);
  return out;
}

std::string SecretKey::id() const {
  std::string text = "ropewalk-key-id";
  text.append(bytes.begin(), bytes.end());
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  int const ok = EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  ROPEWALK_CHECK(ok == 1);
  return to_hex(std::span<unsigned char const>(digest).first(id_bytes));
}

std::string seal_secret(
    SecretKey const& key, SecretBinding const& binding, std::string_view value
) {
  std::string out(nonce_size + value.size() + tag_size, '\0');
  auto* const nonce = bytes_of(out);
  fill_random({nonce, nonce_size});
  auto* const text = nonce + nonce_size;
  auto const bound = bound_text(binding);
  CipherContext const context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  auto* const with = context.get();
  int size = 0;
  int rest = 0;
  bool const ok =
      with != nullptr &&
      EVP_EncryptInit_ex(with, EVP_aes_256_gcm(), nullptr, key.bytes.data(), nonce) == 1 &&
      EVP_EncryptUpdate(with, nullptr, &size, bytes_of(bound), size_of(bound)) == 1 &&
      EVP_EncryptUpdate(with, text, &size, bytes_of(value), size_of(value)) == 1 &&
      EVP_EncryptFinal_ex(with, text + size, &rest) == 1 &&
      EVP_CIPHER_CTX_ctrl(
          with, EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_size), text + value.size()
      ) == 1;
  ROPEWALK_CHECK(ok);
  return cel::to_base64(out);
}

Result<std::string> open_secret(
    SecretKey const& key, SecretBinding const& binding, std::string_view sealed
) {
  auto bytes = cel::from_base64(sealed);
  if (!bytes || bytes->size() < nonce_size + tag_size) return tampered(binding);
  std::string_view const all = *bytes;
  auto const text = all.substr(nonce_size, all.size() - nonce_size - tag_size);
  std::string tag(all.substr(all.size() - tag_size));
  auto const bound = bound_text(binding);
  std::string out(text.size(), '\0');
  CipherContext const context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  auto* const with = context.get();
  ROPEWALK_CHECK(with != nullptr);
  int size = 0;
  int rest = 0;
  bool const ok =
      EVP_DecryptInit_ex(with, EVP_aes_256_gcm(), nullptr, key.bytes.data(), bytes_of(all)) == 1 &&
      EVP_DecryptUpdate(with, nullptr, &size, bytes_of(bound), size_of(bound)) == 1 &&
      EVP_DecryptUpdate(with, bytes_of(out), &size, bytes_of(text), size_of(text)) == 1 &&
      EVP_CIPHER_CTX_ctrl(with, EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_size), bytes_of(tag)) ==
          1 &&
      EVP_DecryptFinal_ex(with, bytes_of(out) + size, &rest) == 1;
  if (!ok) return tampered(binding);
  return out;
}

Result<std::vector<SecretKey>> read_keys(std::string_view text) {
  std::vector<SecretKey> out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto const end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    auto const bytes = cel::from_base64(line);
    SecretKey key;
    if (!bytes || bytes->size() != key.bytes.size()) return invalid_key(number);
    std::ranges::copy(*bytes, key.bytes.begin());
    out.push_back(key);
  }
  return out;
}

std::string key_line(SecretKey const& key) {
  return cel::to_base64(std::string(key.bytes.begin(), key.bytes.end())) + "\n";
}

}  // namespace ropewalk::server

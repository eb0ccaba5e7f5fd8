#include "sql/sha256.hpp"

#include "engine/base/error.hpp"
#include "engine/base/text.hpp"

#include <openssl/evp.h>

#include <array>

namespace ropewalk::sql {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  int const ok =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  ROPEWALK_CHECK(ok == 1 && size == digest.size());
  return to_hex(digest);
}

}  // namespace ropewalk::sql

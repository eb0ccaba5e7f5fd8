#include "providers/process/sha256.hpp"

#include "engine/base/error.hpp"
#include "engine/base/text.hpp"

#include <openssl/evp.h>

#include <array>

namespace ropewalk {

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  ROPEWALK_CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::string_view bytes) {
  ROPEWALK_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  ROPEWALK_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1);
  return to_hex(digest);
}

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.add(text);
  return hash.hex();
}

}  // namespace ropewalk

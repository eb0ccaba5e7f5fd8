#include "server/stream/text_hash.hpp"

#include "engine/base/error.hpp"
#include "engine/base/text.hpp"
#include "sql/sha256.hpp"

#include <openssl/evp.h>

#include <array>

namespace ropewalk::server {

void TextHash::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

void TextHash::add(std::string_view text) {
  if (!context_) {
    context_.reset(EVP_MD_CTX_new());
    ROPEWALK_CHECK(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  ROPEWALK_CHECK(EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1);
}

std::string TextHash::hex() const {
  if (!context_) return sql::sha256_hex({});
  std::unique_ptr<evp_md_ctx_st, Free> const copy(EVP_MD_CTX_new());
  ROPEWALK_CHECK(copy && EVP_MD_CTX_copy_ex(copy.get(), context_.get()) == 1);
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  ROPEWALK_CHECK(EVP_DigestFinal_ex(copy.get(), digest.data(), &size) == 1);
  return to_hex(digest);
}

}  // namespace ropewalk::server

#include "providers/ai/request_key.hpp"

#include "engine/base/json.hpp"
#include "engine/base/text.hpp"
#include "providers/ai/chat_json.hpp"

#include <openssl/evp.h>

#include <array>

namespace ropewalk::ai {

std::string request_key(std::string_view provider, ChatRequest const& request) {
  json::object form = to_json(request);
  form.erase("stream");
  form["provider"] = provider;
  std::string const text = to_canonical_text(form);
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  int const ok = EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  ROPEWALK_CHECK(ok == 1 && size == digest.size());
  return to_hex(digest);
}

}  // namespace ropewalk::ai

#include "sql/text_key.hpp"

#include "engine/base/text.hpp"
#include "sql/sha256.hpp"

namespace ropewalk::sql {
namespace {

constexpr std::size_t key_bytes_max = 512;
constexpr std::string_view hash_prefix = "sha256:";

}  // namespace

std::string text_key(std::string_view key) {
  bool const is_plain = key.size() <= key_bytes_max && !key.starts_with(hash_prefix) &&
                        key.find('\0') == std::string_view::npos && is_valid_utf8(key);
  if (is_plain) return std::string(key);
  return std::string(hash_prefix) + sha256_hex(key);
}

}  // namespace ropewalk::sql

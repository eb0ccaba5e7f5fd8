#include "engine/base/ids.hpp"

#include <cstring>

namespace ropewalk {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::array<std::size_t, 4> dashes{8, 13, 18, 23};

}  // namespace

ExecutionId ExecutionId::make(
    Instant now,
    std::array<std::uint64_t, 2> random,
    std::uint32_t shard,
    std::uint32_t shards_count
) {
  ROPEWALK_CHECK(shards_count > 0 && shards_count <= 128 && shard < shards_count);
  ExecutionId id;
  auto const millis = static_cast<std::uint64_t>(now.time_since_epoch().count()) / 1000;
  for (std::size_t i = 0; i < 6; ++i)
    id.bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
  std::memcpy(id.bytes.data() + 6, random.data(), 8);
  std::memcpy(id.bytes.data() + 14, random.data() + 1, 2);
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x70);  // version 7
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);  // RFC 9562 variant
  std::uint32_t const rounds = 256 / shards_count;
  id.bytes[15] = static_cast<std::uint8_t>((id.bytes[15] % rounds) * shards_count + shard);
  return id;
}

std::optional<ExecutionId> ExecutionId::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  ExecutionId id;
  std::size_t byte = 0;
  for (std::size_t at = 0; at < text.size();) {
    bool const dash = at == dashes[0] || at == dashes[1] || at == dashes[2] || at == dashes[3];
    if (dash) {
      if (text[at++] != '-') return std::nullopt;
      continue;
    }
    int const high = hex_value(text[at]), low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[byte++] = static_cast<std::uint8_t>(high * 16 + low);
    at += 2;
  }
  return id;
}

std::string ExecutionId::to_string() const {
  constexpr char const* digits = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

}  // namespace ropewalk

std::size_t std::hash<ropewalk::ExecutionId>::operator()(ropewalk::ExecutionId const& id
) const noexcept {
  std::uint64_t words[2];
  std::memcpy(words, id.bytes.data(), sizeof words);
  return static_cast<std::size_t>(words[0] * 0x9e3779b97f4a7c15U ^ words[1]);
}

#pragma once
// Execution ids: 128-bit, ordered by time of creation (UUID version 7, RFC 9562), written as
// 8-4-4-4-12 hexadecimal.
//
// The last byte carries the home shard: shard = last byte modulo the number of shards. Whoever
// accepts an execution can so give it a home on its own shard (`ExecutionId::make`), and any other
// thread can tell where it lives.

#include "engine/base/time.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ropewalk {

struct ExecutionId {
  std::array<std::uint8_t, 16> bytes{};

  /// `random` supplies 74 random bits (the caller's generator: the engine has none of its own).
  static ExecutionId make(
      Instant now,
      std::array<std::uint64_t, 2> random,
      std::uint32_t shard,
      std::uint32_t shards_count
  );
  /// Reads the 36-character form, either case. nullopt when it is anything else.
  static std::optional<ExecutionId> parse(std::string_view text);

  std::string to_string() const;
  std::uint32_t shard(std::uint32_t shards_count) const { return bytes[15] % shards_count; }
  bool is_nil() const { return bytes == std::array<std::uint8_t, 16>{}; }

  auto operator<=>(ExecutionId const&) const = default;
};

}  // namespace ropewalk

template <>
struct std::hash<ropewalk::ExecutionId> {
  std::size_t operator()(ropewalk::ExecutionId const& id) const noexcept;
};

#pragma once
// Numbers that depend on nothing but a seed: the simulation says the same to the same prompt,
// everywhere and always. (SplitMix64; the standard's distributions differ between libraries.)

#include <cstdint>
#include <string_view>

namespace ropewalk::ai {

class SimRandom {
 public:
  explicit SimRandom(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15U);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
  }
  /// 0 … count − 1. REQUIRES: count > 0.
  std::uint64_t below(std::uint64_t count) { return next() % count; }

 private:
  std::uint64_t state_;
};

/// FNV-1a, 64 bits.
inline std::uint64_t hash_text(std::string_view text, std::uint64_t from = 0xcbf29ce484222325U) {
  for (char const byte : text) from = (from ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  return from;
}

}  // namespace ropewalk::ai

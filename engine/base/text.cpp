#include "engine/base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace ropewalk {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

unsigned char byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// How long a sequence its first byte announces (0: no sequence begins so), and what may follow it.
struct Lead {
  std::size_t size = 0;
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xbf;
};

Lead lead_of(unsigned char first) {
  if (first < 0x80) return {1};
  if (first < 0xc2) return {0};  // a continuation byte, or an overlong form
  if (first < 0xe0) return {2};
  if (first == 0xe0) return {3, 0xa0, 0xbf};  // no overlong forms
  if (first == 0xed) return {3, 0x80, 0x9f};  // no surrogates
  if (first < 0xf0) return {3};
  if (first == 0xf0) return {4, 0x90, 0xbf};
  if (first < 0xf4) return {4};
  if (first == 0xf4) return {4, 0x80, 0x8f};  // nothing past U+10FFFF
  return {0};
}

/// How many bytes at `at` are a valid beginning of the announced sequence, its first byte included.
std::size_t valid_prefix(std::string_view bytes, std::size_t at, Lead const& lead) {
  std::size_t count = 1;
  while (count < lead.size && at + count < bytes.size()) {
    unsigned char const next = byte_at(bytes, at + count);
    unsigned char const low = count == 1 ? lead.second_min : 0x80;
    unsigned char const high = count == 1 ? lead.second_max : 0xbf;
    if (next < low || next > high) break;
    ++count;
  }
  return count;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Edits (insert, remove, replace, swap neighbours) between two words, case ignored; gives up past
/// `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    std::size_t best = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      bool const same = lower(a[i - 1]) == lower(b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      bool const swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
      best = std::min(best, now[j]);
    }
    if (best > limit) return limit + 1;
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::size_t utf8_sequence_size(std::string_view bytes, std::size_t at) {
  Lead const lead = lead_of(byte_at(bytes, at));
  return lead.size > 0 && valid_prefix(bytes, at, lead) == lead.size ? lead.size : 0;
}

std::size_t invalid_utf8_size(std::string_view bytes, std::size_t at) {
  Lead const lead = lead_of(byte_at(bytes, at));
  return lead.size == 0 ? 1 : valid_prefix(bytes, at, lead);
}

std::string repair_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t const size = utf8_sequence_size(bytes, at);
    if (size == 0) {
      out += replacement;
      at += invalid_utf8_size(bytes, at);
    } else {
      if (bytes[at] == '\0') {
        out += replacement;
      } else {
        out += bytes.substr(at, size);
      }
      at += size;
    }
  }
  return out;
}

bool is_valid_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t const size = utf8_sequence_size(bytes, at);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

std::size_t unfinished_utf8_tail(std::string_view bytes) {
  std::size_t const back_max = std::min<std::size_t>(3, bytes.size());
  for (std::size_t back = 1; back <= back_max; ++back) {
    std::size_t const at = bytes.size() - back;
    Lead const lead = lead_of(byte_at(bytes, at));
    if (lead.size == 0 && (byte_at(bytes, at) & 0xc0) == 0x80) continue;  // look for its first byte
    return lead.size > back && valid_prefix(bytes, at, lead) == back ? back : 0;
  }
  return 0;
}

std::string shorten(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t cut = bytes_max;
  while (cut > 0 && (byte_at(text, cut) & 0xc0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + "…";
}

std::string_view closest_match(
    std::string_view word, std::span<std::string_view const> candidates
) {
  // A slip of the hand changes one letter of a short word, and up to three of a long one.
  std::size_t limit = word.size() <= 2 ? 1 : std::min<std::size_t>(3, 1 + word.size() / 4);
  std::string_view best{};
  for (std::string_view const candidate : candidates) {
    std::size_t const longer = std::max(word.size(), candidate.size());
    std::size_t const shorter = std::min(word.size(), candidate.size());
    if (shorter == 0 || longer > 256 || longer - shorter > limit) continue;
    std::size_t const distance = edit_distance(word, candidate, limit);
    if (distance > limit || distance >= longer) continue;
    best = candidate;
    if (distance == 0) break;
    limit = distance - 1;
  }
  return best;
}

bool is_identifier(std::string_view text, std::size_t size_max) {
  auto const is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || text.size() > size_max || !is_letter(text.front())) return false;
  return std::ranges::all_of(text, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string to_hex(std::span<unsigned char const> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (unsigned char const byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace ropewalk

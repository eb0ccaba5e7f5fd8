#include "providers/ai/dialects/surrogate_joiner.hpp"

#include <charconv>
#include <utility>

namespace ropewalk::ai {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";
constexpr std::size_t half_size = 3;

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// The half that stands at `at`, from 0xd800 to 0xdfff; 0 when there is none.
unsigned half_at(std::string_view text, std::size_t at) {
  if (at + half_size > text.size() || byte_at(text, at) != 0xed || byte_at(text, at + 1) < 0xa0)
    return 0;
  return 0xd000U | (byte_at(text, at + 1) & 0x3fU) << 6U | (byte_at(text, at + 2) & 0x3fU);
}

bool is_first(unsigned half) {
  return half >= 0xd800 && half < 0xdc00;
}

/// The same of an escape, "\\ud83d".
unsigned escaped_half_at(std::string_view json, std::size_t at) {
  constexpr std::size_t escape_size = 6;
  if (at + escape_size > json.size() || json[at] != '\\' || json[at + 1] != 'u') return 0;
  unsigned code = 0;
  auto const* const end = json.data() + at + escape_size;
  auto const read = std::from_chars(json.data() + at + 2, end, code, 16);
  bool const is_half = read.ptr == end && code >= 0xd800 && code < 0xe000;
  return is_half ? code : 0;
}

void append_half(unsigned half, std::string& out) {
  out += '\xed';
  out += static_cast<char>(0x80U | (half >> 6U & 0x3fU));
  out += static_cast<char>(0x80U | (half & 0x3fU));
}

void append_pair(unsigned first, unsigned second, std::string& out) {
  unsigned const point = 0x10000U + ((first & 0x3ffU) << 10U) + (second & 0x3ffU);
  out += static_cast<char>(0xf0U | point >> 18U);
  out += static_cast<char>(0x80U | (point >> 12U & 0x3fU));
  out += static_cast<char>(0x80U | (point >> 6U & 0x3fU));
  out += static_cast<char>(0x80U | (point & 0x3fU));
}

}  // namespace

std::string SurrogateJoiner::join(std::string_view delta) {
  if (delta.empty() || (kept_.empty() && delta.find('\xed') == std::string_view::npos))
    return std::string(delta);
  std::string const text = std::exchange(kept_, {}).append(delta);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto const half = half_at(text, at);
    if (half == 0) {
      out += text[at++];
      continue;
    }
    at += half_size;
    if (is_first(half) && at == text.size()) {
      kept_ = text.substr(at - half_size);
      break;
    }
    auto const next = half_at(text, at);
    if (is_first(half) && next != 0 && !is_first(next)) {
      append_pair(half, next, out);
      at += half_size;
    } else {
      out += replacement;
    }
  }
  return out;
}

std::string SurrogateJoiner::end() {
  return std::exchange(kept_, {}).empty() ? std::string() : std::string(replacement);
}

std::string unescape_halves(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    auto const half = escaped_half_at(json, at);
    auto const next = half == 0 ? 0 : escaped_half_at(json, at + 6);
    bool const is_pair = is_first(half) && next != 0 && !is_first(next);
    if (half != 0 && !is_pair) {
      append_half(half, out);
      at += 6;
      continue;
    }
    std::size_t size = 1;
    if (is_pair)
      size = 12;
    else if (json[at] == '\\')
      size = 2;  // what is escaped is no beginning of an escape
    out += json.substr(at, size);
    at += size;
  }
  return out;
}

std::string join_surrogates(std::string_view text) {
  SurrogateJoiner joiner;
  auto out = joiner.join(text);
  return out + joiner.end();
}

}  // namespace ropewalk::ai

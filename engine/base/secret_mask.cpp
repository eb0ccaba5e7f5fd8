#include "engine/base/secret_mask.hpp"

#include "engine/base/json.hpp"
#include "engine/base/mask_stream.hpp"
#include "engine/base/text.hpp"

#include <algorithm>
#include <array>

namespace ropewalk {
namespace {

constexpr std::size_t encoded_size_min = 8;       // shorter ones stand in too many other texts
constexpr std::string_view frame_sign = "-----";  // "-----BEGIN PRIVATE KEY-----" says nothing
constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  auto const begin = text.find_first_not_of(blanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// The characters that `bytes` alone decides, when `skipped` (0 to 2) other bytes stand before it;
/// with the last one when none stand behind it.
std::string inner_base64(std::string_view bytes, std::size_t skipped, bool is_end) {
  std::string out;
  std::size_t const bits_end = (skipped + bytes.size()) * 8;
  for (std::size_t at = (skipped * 8 + 5) / 6; at * 6 < bits_end; ++at) {
    if ((at + 1) * 6 > bits_end && !is_end) break;
    unsigned value = 0;
    for (std::size_t bit = at * 6; bit < (at + 1) * 6; ++bit) {
      value *= 2;
      if (bit >= bits_end) continue;
      auto const byte = static_cast<unsigned char>(bytes[bit / 8 - skipped]);
      value += (byte >> (7 - bit % 8)) & 1U;
    }
    out += base64_alphabet[value];
  }
  return out;
}

bool is_inside_character(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
}

/// Long texts in pieces of what a matcher takes, cut between characters; the last one reaches back.
void add_pieces(std::string_view text, std::vector<std::string>& out) {
  constexpr auto most = ByteMatcher::pattern_bytes_max;
  constexpr std::size_t character_bytes_max = 4;
  for (std::size_t at = 0; at + most < text.size();) {
    std::size_t end = at + most;
    while (is_inside_character(text, end) && at + most - end < character_bytes_max) --end;
    out.emplace_back(text, at, end - at);
    at = end;
  }
  std::size_t begin = text.size() - std::min(text.size(), most);
  while (is_inside_character(text, begin) && begin + most < text.size() + character_bytes_max)
    ++begin;
  out.emplace_back(text.substr(begin));
}

bool may_be_number(std::string_view text) {
  return text.find_first_not_of("0123456789+-.eE") == text.npos;
}

void drop_repeats(std::vector<std::string>& texts) {
  std::ranges::sort(texts);
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

}  // namespace

void SecretMask::note(std::string_view secret, std::size_t at_least) {
  secret = trimmed(secret);
  if (secret.size() < std::max(at_least, bytes_min)) return;
  add_pieces(secret, plain_);
  has_number_ = has_number_ || may_be_number(secret);
  for (std::size_t skipped = 0; skipped < 3; ++skipped)
    for (bool const is_end : {false, true}) {
      auto const encoded = inner_base64(secret, skipped, is_end);
      if (encoded.size() >= encoded_size_min) add_pieces(encoded, base64_);
    }
  std::vector<unsigned char> const bytes(secret.begin(), secret.end());
  add_pieces(to_hex(bytes), hex_);
  if (secret.find('\n') == secret.npos) return;
  while (!secret.empty()) {
    auto const end = std::min(secret.find('\n'), secret.size());
    auto const line = trimmed(secret.substr(0, end));
    if (!line.starts_with(frame_sign)) note(line, std::max(at_least, bytes_min_everywhere));
    secret.remove_prefix(std::min(end + 1, secret.size()));
  }
}

void SecretMask::build() {
  for (auto* texts : {&plain_, &base64_, &hex_}) drop_repeats(*texts);
  plain_matcher_ = ByteMatcher(plain_);
  base64_matcher_ = ByteMatcher(base64_);
  hex_matcher_ = ByteMatcher(hex_);
  shortest_ = ByteMatcher::pattern_bytes_max;
  for (auto const& text : plain_) shortest_ = std::min(shortest_, text.size());
}

void SecretMask::add(std::string_view secret, std::size_t at_least) {
  note(secret, at_least);
  build();
}

void SecretMask::add_all(std::span<std::string const> secrets, std::size_t at_least) {
  for (auto const& secret : secrets) note(secret, at_least);
  build();
}

std::string SecretMask::masked(std::string_view text) const {
  if (is_empty() || text.size() < shortest_) return std::string(text);
  MaskStream stream(std::shared_ptr<SecretMask const>(std::shared_ptr<void>(), this));
  std::string out(stream.feed(text));
  out += stream.finish();
  return out;
}

void SecretMask::mask(json::value& value) const {
  if (is_empty()) return;
  if (auto* text = value.if_string()) {
    auto const clean = masked(*text);
    if (clean != std::string_view(*text)) *text = clean;
  } else if (auto* list = value.if_array()) {
    for (auto& each : *list) mask(each);
  } else if (auto* object = value.if_object()) {
    bool has_bad_key = false;
    for (auto& member : *object) {
      mask(member.value());
      has_bad_key = has_bad_key || masked(member.key()) != std::string_view(member.key());
    }
    if (!has_bad_key) return;
    json::object renamed;
    for (auto& member : *object) renamed[masked(member.key())] = std::move(member.value());
    *object = std::move(renamed);
  } else if (has_number_ && value.is_number()) {
    auto const number = to_text(value);
    if (masked(number) != number) value = shown;
  }
}

void SecretMask::mask(Error& error) const {
  if (is_empty()) return;
  error.message = masked(error.message);
  error.hint = masked(error.hint);
  mask(error.detail);
}

}  // namespace ropewalk

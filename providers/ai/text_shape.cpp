// What a text is made of: one pass over its code points.

#include "engine/base/text.hpp"
#include "providers/ai/token_estimate.hpp"

namespace ropewalk::ai {
namespace {

enum class Sign : unsigned char {
  lower,
  upper,
  accent,
  digit,
  punctuation,
  blank,
  line_break,
  han,
  kana,
  hangul,
  letter,
  other_letter,
  symbol
};

Sign ascii_sign(char c) {
  if (c >= 'a' && c <= 'z') return Sign::lower;
  if (c >= 'A' && c <= 'Z') return Sign::upper;
  if (c >= '0' && c <= '9') return Sign::digit;
  if (c == '\n' || c == '\r') return Sign::line_break;
  if (c == ' ' || c == '\t') return Sign::blank;
  return Sign::punctuation;
}

/// Blocks of Unicode, up to and with `last`, in order.
struct Block {
  char32_t last = 0;
  Sign sign = Sign::symbol;
};
constexpr Block blocks[] = {{0x00bf, Sign::symbol},  // signs of Latin-1
                            {0x02af, Sign::accent},  // Latin
                            {0x036f, Sign::symbol},  // modifiers
                            {0x06ff, Sign::letter},  // Greek, Cyrillic, Armenian, Hebrew, Arabic
                            {0x109f, Sign::other_letter},  // Indic, Thai, Lao, Tibetan, Burmese
                            {0x10ff, Sign::letter},        // Georgian
                            {0x11ff, Sign::hangul},        // Jamo
                            {0x1dff, Sign::other_letter},  // Ethiopic, Khmer, Mongolian, …
                            {0x1eff, Sign::accent},        // Latin, with the letters of Vietnamese
                            {0x1fff, Sign::letter},        // Greek
                            {0x2e7f, Sign::symbol},  // punctuation, arrows, mathematics, boxes
                            {0x2fff, Sign::han},     // radicals
                            {0x303f, Sign::han},     // punctuation of Chinese and Japanese
                            {0x30ff, Sign::kana},         {0x312f, Sign::han},
                            {0x318f, Sign::hangul},       {0xa4cf, Sign::han},
                            {0xabff, Sign::other_letter}, {0xd7ff, Sign::hangul},
                            {0xf8ff, Sign::symbol},       {0xfaff, Sign::han},
                            {0xfdff, Sign::letter},                             // Arabic forms
                            {0xfeff, Sign::symbol},       {0xff60, Sign::han},  // full width
                            {0xff9f, Sign::kana},         {0xffff, Sign::symbol},
                            {0x1ffff, Sign::symbol},  // emoji
                            {0x3ffff, Sign::han},         {0x10ffff, Sign::symbol}};

Sign wide_sign(char32_t code) {
  for (Block const& block : blocks)
    if (code <= block.last) return block.sign;
  return Sign::symbol;
}

char32_t decode(std::string_view text, std::size_t at, std::size_t size) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  char32_t code = size == 2 ? byte(0) & 0x1f : size == 3 ? byte(0) & 0x0f : byte(0) & 0x07;
  for (std::size_t i = 1; i < size; ++i) code = (code << 6) | (byte(i) & 0x3f);
  return code;
}

class ShapeCounter {
 public:
  void take(Sign sign, bool is_tab) {
    switch (sign) {
      case Sign::lower:
      case Sign::upper:
      case Sign::accent:
        take_letter(sign);
        break;
      case Sign::digit:
        if (sign != last_ || run_ % 3 == 0) add(TextTrait::digit_groups);
        add(TextTrait::digits);
        break;
      case Sign::punctuation:
        if (sign != last_) add(TextTrait::sign_runs);
        add(TextTrait::signs);
        break;
      case Sign::line_break:
        if (sign != last_) add(TextTrait::line_breaks);
        break;
      case Sign::blank:
        if ((sign == last_ && run_ == 1) || (is_tab && sign != last_)) add(TextTrait::indents);
        break;
      case Sign::han:
        add(TextTrait::han);
        break;
      case Sign::kana:
        add(TextTrait::kana);
        break;
      case Sign::hangul:
        add(TextTrait::hangul);
        break;
      case Sign::letter:
        add(TextTrait::letters);
        break;
      case Sign::other_letter:
        add(TextTrait::other_letters);
        break;
      case Sign::symbol:
        add(TextTrait::symbols);
        break;
    }
    run_ = sign == last_ ? run_ + 1 : 1;
    last_ = sign;
  }

  TextShape const& shape() const { return shape_; }

 private:
  static bool is_latin(Sign sign) { return sign <= Sign::accent; }

  void take_letter(Sign sign) {
    bool const is_hump = sign == Sign::upper && last_ == Sign::lower;
    if (!is_latin(last_) || is_hump) {
      add(TextTrait::words);
      word_ = 0;
    }
    if (++word_ > 7) add(TextTrait::long_letters);
    if (sign == Sign::accent) add(TextTrait::accents);
  }

  void add(TextTrait trait) { ++shape_[static_cast<std::size_t>(trait)]; }

  TextShape shape_{};
  Sign last_ = Sign::line_break;
  std::uint64_t run_ = 0;   // how many of last_ in a row
  std::uint64_t word_ = 0;  // letters of the word
};

}  // namespace

TextShape shape_of(std::string_view text) {
  ShapeCounter counter;
  for (std::size_t at = 0; at < text.size();) {
    auto const first = static_cast<unsigned char>(text[at]);
    if (first < 0x80) {
      counter.take(ascii_sign(text[at]), text[at] == '\t');
      ++at;
      continue;
    }
    std::size_t const size = utf8_sequence_size(text, at);
    counter.take(size == 0 ? Sign::symbol : wide_sign(decode(text, at, size)), false);
    at += size == 0 ? invalid_utf8_size(text, at) : size;
  }
  return counter.shape();
}

}  // namespace ropewalk::ai

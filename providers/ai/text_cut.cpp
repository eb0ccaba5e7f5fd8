#include "providers/ai/text_cut.hpp"

#include <algorithm>

namespace ropewalk::ai {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

std::string_view first_bytes(std::string_view text, std::size_t size) {
  while (size > 0 && size < text.size() && continues(text[size])) --size;
  return text.substr(0, size);
}

std::string_view last_bytes(std::string_view text, std::size_t size) {
  std::size_t at = text.size() - std::min(size, text.size());
  while (at > 0 && at < text.size() && continues(text[at])) ++at;
  return text.substr(at);
}

struct Kept {
  std::string_view head{};
  std::string_view tail{};
};

Kept keep(std::string_view text, std::size_t bytes, CutAt where) {
  switch (where) {
    case CutAt::beginning:
      return {{}, last_bytes(text, bytes)};
    case CutAt::end:
      return {first_bytes(text, bytes), {}};
    case CutAt::middle:
      break;
  }
  return {first_bytes(text, bytes - bytes / 2), last_bytes(text, bytes / 2)};
}

std::string mark(std::size_t characters, CutAt where) {
  std::string out = where == CutAt::beginning ? "" : "\n";
  out += "[… ";
  out += std::to_string(characters);
  out += " characters left out …]";
  if (where != CutAt::end) out += "\n";
  return out;
}

}  // namespace

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !continues(c); })
  );
}

CutText cut_text(std::string_view text, std::int64_t tokens_max, CutAt where, TokenFamily family) {
  if (estimate_tokens(family, text) <= tokens_max) return {std::string(text), 0};
  // The two rounding estimates of head and tail, and a run at the seam.
  std::int64_t const room = tokens_max - estimate_tokens(family, mark(text.size(), where)) - 2;
  std::size_t kept_min = 0;
  std::size_t kept_max = text.size();
  while (kept_min < kept_max) {
    std::size_t const middle = kept_min + (kept_max - kept_min + 1) / 2;
    Kept const kept = keep(text, middle, where);
    bool const fits =
        estimate_tokens(family, kept.head) + estimate_tokens(family, kept.tail) <= room;
    if (fits) {
      kept_min = middle;
    } else {
      kept_max = middle - 1;
    }
  }
  Kept const kept = keep(text, kept_min, where);
  CutText out;
  out.characters_cut =
      count_characters(text) - count_characters(kept.head) - count_characters(kept.tail);
  out.text = kept.head;
  out.text += mark(out.characters_cut, where);
  out.text += kept.tail;
  return out;
}

std::vector<std::string_view> split_text(
    std::string_view text, std::int64_t tokens_max, TokenFamily family
) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    std::string_view piece = first_bytes(text, static_cast<std::size_t>(tokens_max) * 4);
    // No sign costs more tokens than it has bytes, so this ends while there is something left.
    while (piece.size() > 4 && estimate_tokens(family, piece) > tokens_max)
      piece = first_bytes(text, piece.size() / 4 * 3);
    out.push_back(piece);
    text.remove_prefix(piece.size());
  }
  return out;
}

}  // namespace ropewalk::ai

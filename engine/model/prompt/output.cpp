#include "engine/model/prompt/output.hpp"

namespace ropewalk::prompt {

void Output::write(std::string_view text, Origin const& origin) {
  std::size_t const begin = text_.size();
  text_ += text;
  wrote_since(begin, origin);
}

void Output::wrote_since(std::size_t begin, Origin const& origin) {
  if (begin == text_.size()) return;
  bool const goes_on =
      pieces_.size() > begun_ && pieces_.back().mark < 0 && pieces_.back().origin == origin;
  if (goes_on)
    pieces_.back().end = text_.size();
  else
    pieces_.push_back({begin, text_.size(), origin});
}

void Output::mark(Mark mark) {
  auto const index = static_cast<std::int32_t>(marks_.size());
  marks_.push_back(std::move(mark));
  pieces_.push_back({text_.size(), text_.size(), {}, index});
}

void Output::indent_since(std::size_t first, std::string_view indent) {
  if (first == pieces_.size()) return;
  begun_ = first;
  std::size_t const begin = pieces_[first].begin;
  std::string const written = text_.substr(begin);
  std::vector<Piece> const pieces(
      pieces_.begin() + static_cast<std::ptrdiff_t>(first), pieces_.end()
  );
  text_.resize(begin);
  pieces_.resize(first);
  bool is_line_start = true;
  for (Piece const& piece : pieces) {
    if (piece.mark >= 0) {
      if (is_line_start) write(indent);
      is_line_start = false;
      pieces_.push_back({text_.size(), text_.size(), {}, piece.mark});
      continue;
    }
    std::size_t const at = text_.size();
    for (char const c :
         std::string_view(written).substr(piece.begin - begin, piece.end - piece.begin)) {
      if (is_line_start) text_ += indent;
      is_line_start = c == '\n';
      text_ += c;
    }
    wrote_since(at, piece.origin);
  }
}

}  // namespace ropewalk::prompt

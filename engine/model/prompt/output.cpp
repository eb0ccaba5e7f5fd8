#include "engine/model/prompt/output.hpp"

namespace ropewalk::prompt {

void Output::mark(Mark mark) {
  auto const index = static_cast<std::int32_t>(marks_.size());
  marks_.push_back(std::move(mark));
  auto const at = static_cast<std::uint32_t>(text_.size());
  pieces_.push_back({at, at, {}, index});
}

void Output::indent_since(Place const& from, std::string_view indent) {
  std::string const written = text_.substr(from.text);
  text_.resize(from.text);
  auto const here = [this] { return static_cast<std::uint32_t>(text_.size()); };
  std::size_t beginning = from.piece;  // the next piece to begin, and to end
  std::size_t ending = from.piece;
  bool is_line_start = true;
  for (std::size_t i = 0; i <= written.size(); ++i) {
    std::size_t const at = from.text + i;
    for (; ending < beginning && pieces_[ending].end == at; ++ending) pieces_[ending].end = here();
    for (; beginning < pieces_.size() && pieces_[beginning].begin == at; ++beginning) {
      Piece& piece = pieces_[beginning];
      bool const is_mark = piece.mark >= 0;
      if (is_mark && is_line_start) text_ += indent;
      is_line_start = is_line_start && !is_mark;
      piece.begin = here();
      if (is_mark) pieces_[ending++].end = here();
    }
    if (i == written.size()) break;
    if (is_line_start) text_ += indent;
    is_line_start = written[i] == '\n';
    text_ += written[i];
  }
}

}  // namespace ropewalk::prompt

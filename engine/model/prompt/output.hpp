#pragma once
// What rendering writes: text in which every value is known, and marks between. What comes from a
// value is never looked at again, so that nothing in it can become a mark.
//
// Owner: one rendering.

#include "engine/model/prompt/source.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::prompt {

/// The expression that inserted a value.
struct Origin {
  Source const* source = nullptr;
  std::uint32_t offset = 0;  // of the expression
};

enum class MarkKind : unsigned char { role, history, section, media };

struct Mark {
  MarkKind kind{};
  std::string name{};  // of the role or section; of media the url
  std::string content_type{};
};

/// A value in the text, or a mark between; what no piece covers is the template's own text.
struct Piece {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  Origin origin{};
  std::int32_t mark = -1;  // an index, for pieces that are marks and no text
};

class Output {
 public:
  struct Place {
    std::size_t text = 0;
    std::size_t piece = 0;
  };

  /// Room for what a template of `size` bytes is likely to become.
  void expect(std::size_t size) {
    text_.reserve(size + size / 2);
    pieces_.reserve(64);
  }
  /// The template's own text.
  void write(std::string_view text) { text_.append(text); }
  /// `text()` has grown since it was `begin` bytes long: by a value that the expression at `offset`
  /// of `source` inserted.
  void wrote_value(std::size_t begin, Source const& source, std::uint32_t offset) {
    if (begin == text_.size()) return;
    // Field by field: copying a piece that was just written stalls the processor.
    Piece& piece = pieces_.emplace_back();
    piece.begin = static_cast<std::uint32_t>(begin);
    piece.end = static_cast<std::uint32_t>(text_.size());
    piece.origin.source = &source;
    piece.origin.offset = offset;
  }
  void mark(Mark mark);

  Place place() const { return {text_.size(), pieces_.size()}; }
  /// Puts `indent` before every line since `from`, as partials that stand alone want it; before the
  /// last one only if there is something in it.
  void indent_since(Place const& from, std::string_view indent);

  std::string& text() { return text_; }
  std::string const& text() const { return text_; }
  std::vector<Piece> const& pieces() const { return pieces_; }  // in order
  std::vector<Mark> const& marks() const { return marks_; }

 private:
  std::string text_{};
  std::vector<Piece> pieces_{};
  std::vector<Mark> marks_{};
};

}  // namespace ropewalk::prompt

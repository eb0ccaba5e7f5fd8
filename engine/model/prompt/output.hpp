#pragma once
// What rendering writes: text whose origin is known, and marks between. What comes from a value is
// never looked at again, so that nothing in it can become a mark.
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
  Source const* source = nullptr;  // null: the template's own text
  std::uint32_t offset = 0;
  std::string_view name{};

  bool operator==(Origin const&) const = default;
};

enum class MarkKind : unsigned char { role, history, section, media };

struct Mark {
  MarkKind kind{};
  std::string name{};  // of the role or section; of media the url
  std::string content_type{};
};

struct Piece {
  std::size_t begin = 0;
  std::size_t end = 0;
  Origin origin{};
  std::int32_t mark = -1;  // an index, for pieces that are marks and no text
};

class Output {
 public:
  void write(std::string_view text, Origin const& origin = {});
  /// `text()` has grown since it was `begin` bytes long: that is one piece.
  void wrote_since(std::size_t begin, Origin const& origin);
  void mark(Mark mark);

  /// What is written next is a piece of its own: its index.
  std::size_t begin_piece() { return begun_ = pieces_.size(); }
  /// Puts `indent` before every line since begin_piece() gave `first`, as partials that stand alone
  /// want it; before the last one only if there is something in it.
  void indent_since(std::size_t first, std::string_view indent);

  std::string& text() { return text_; }
  std::string const& text() const { return text_; }
  std::vector<Piece> const& pieces() const { return pieces_; }
  std::vector<Mark> const& marks() const { return marks_; }

 private:
  std::string text_{};
  std::vector<Piece> pieces_{};
  std::vector<Mark> marks_{};
  std::size_t begun_ = 0;  // pieces before this one do not grow
};

}  // namespace ropewalk::prompt

#pragma once
// Collects the problems of one definition while it is checked, and puts them in their places at the
// end.
//
// Owner: the loader; one thread. Keeps the first problems_max and counts the rest; of warnings it
// keeps the first warnings_max.

#include "engine/base/json.hpp"
#include "engine/model/problem.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::load {

/// A place in the document, as a chain on the stack: costs nothing until a problem is found there.
struct Path {
  Path const* parent = nullptr;  // null: the whole document
  std::string_view name{};       // empty: an element of a list
  std::size_t index = 0;

  Path field(std::string_view field_name) const { return {this, field_name}; }
  Path element(std::size_t element_index) const { return {this, {}, element_index}; }
};

using Steps = std::vector<std::string>;
/// "[2]" for list elements, names as they are.
Steps steps_of(Path const& path);
std::string path_text(Steps const& steps);

enum class Spot : unsigned char { value, key };

struct Finding {
  std::string code{};
  std::string message{};
  std::string hint{};
  Spot spot = Spot::value;
  std::optional<TextPlace> inside{};  // of a string value
  std::string content{};              // that string, when `inside` is given
};

enum class SourceKind : unsigned char { none, json, yaml };

class Problems {
 public:
  static constexpr std::size_t problems_max = 1000;
  static constexpr std::size_t warnings_max = 100;

  void add(Path const& path, Finding finding) { add(steps_of(path), std::move(finding)); }
  void add(Steps steps, Finding finding);
  /// No problem that keeps the definition from being used; there may be warnings.
  bool is_empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }  // without warnings

  /// "did you mean `x`?", or `otherwise` when nothing is near. Gives up once too many words were
  /// compared in total.
  std::string suggest(
      std::string_view word,
      std::span<std::string_view const> candidates,
      std::string otherwise = {}
  );

  /// Sorted by place; the last one says how many are not shown.
  std::vector<Problem> take(std::string_view text, SourceKind kind);

 private:
  struct Entry {
    Steps steps{};
    Finding finding{};
  };

  std::vector<Entry> entries_{};
  std::size_t count_ = 0;
  std::size_t warnings_count_ = 0;
  std::size_t comparisons_left_ = 2'000'000;
};

}  // namespace ropewalk::load

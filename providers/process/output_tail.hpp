#pragma once
// The end of an output, in bounded memory: what results and error reports are made from.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

/// The last `bytes_max` bytes of a stream.
class OutputTail {
 public:
  explicit OutputTail(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void feed(std::string_view chunk);
  std::string_view bytes() const;
  std::uint64_t total_bytes() const { return total_bytes_; }
  bool is_cut() const { return total_bytes_ > bytes().size(); }
  /// The last `count` lines that are not empty, repaired and shortened, oldest first.
  std::vector<std::string> last_lines(std::size_t count) const;

 private:
  std::size_t bytes_max_;
  std::string bytes_{};
  std::uint64_t total_bytes_ = 0;
};

/// The last line of a stream that is not blank, when it is no longer than `bytes_max`.
class LastLine {
 public:
  explicit LastLine(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void feed(std::string_view chunk);
  /// Empty when there is none, or it is too long. Call it at the end of the stream.
  std::string_view text() const;

 private:
  void append(std::string_view part);
  void complete();

  std::size_t bytes_max_;
  std::string whole_{};    // the last line that was ended
  std::string current_{};  // what came after its end
  bool whole_is_too_long_ = false;
  bool current_is_too_long_ = false;
};

}  // namespace ropewalk

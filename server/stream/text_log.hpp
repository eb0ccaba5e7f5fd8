#pragma once
// Text that one shard writes and all shards read: one copy for however many watch.
//
// It only grows, in blocks that never move. A reader may read what lies before a position that
// reached it by a message from the writer, and nothing else: the message orders the two, so no lock
// is needed. Block k holds twice as much as block k-1, so finding a position is arithmetic and the
// table of blocks never moves either.
//
// Shard: append on the writer's; the rest on any, within positions that it was told.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ropewalk::server {

/// A place between two code points of a text, counted in both.
struct TextPosition {
  std::uint64_t bytes = 0;
  std::uint64_t points = 0;
  bool operator==(TextPosition const&) const = default;
};

/// REQUIRES: `text` is valid UTF-8, cut between code points.
std::uint64_t code_points(std::string_view text);

class TextLog {
 public:
  explicit TextLog(std::string channel) : channel_(std::move(channel)) {}
  TextLog(TextLog const&) = delete;
  TextLog& operator=(TextLog const&) = delete;

  std::string const& channel() const { return channel_; }

  /// REQUIRES: `text` is valid UTF-8, cut between code points. Returns the new end.
  TextPosition append(std::string_view text);
  /// Appends what lies between two positions to `out`.
  void read(TextPosition from, TextPosition to, std::string& out) const;
  /// The furthest position that is at most `bytes_max` bytes after `from`, and not past `to`.
  TextPosition cut(TextPosition from, TextPosition to, std::uint64_t bytes_max) const;
  /// Where `points` code points have passed. REQUIRES: points <= end.points.
  TextPosition find(std::uint64_t points, TextPosition end) const;

  /// What the text takes in memory. Writer's shard.
  std::uint64_t bytes_held() const;

 private:
  static constexpr std::uint64_t first_block = 1024;
  static constexpr std::size_t blocks_max = 40;
  struct Place {
    std::size_t block = 0;
    std::uint64_t offset = 0;
    std::uint64_t room = 0;  // in the block from there on
  };
  static Place place(std::uint64_t position);
  char at(std::uint64_t position) const;

  std::string channel_;
  TextPosition end_{};  // the writer's
  std::array<std::unique_ptr<char[]>, blocks_max> blocks_{};
};

}  // namespace ropewalk::server

#pragma once
// Takes secrets out of a text that comes in pieces, wherever it is cut.
//
// What might be the beginning of a secret is held back until it is known: at most 64 characters of
// whatever form it is written in, and usually none. What comes out does not depend on how the text
// was cut. Over line ends Base64 and hexadecimal are followed once there are six characters of a
// secret, so that a line of other text is never held back for the next one.
//
// Owner: one stream; one thread.

#include "engine/base/secret_mask.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ropewalk {

class MaskStream {
 public:
  /// Null: everything passes as it is.
  explicit MaskStream(std::shared_ptr<SecretMask const> mask) : mask_(std::move(mask)) {}

  /// What can be shown by now. Valid until the next call, and as long as `bytes`.
  std::string_view feed(std::string_view bytes);
  /// The rest; then it begins anew. `is_cut`: the text was broken off, so that its end may be the
  /// beginning of a secret; four characters of one are taken for that.
  std::string_view finish(bool is_cut = false);

 private:
  using Place = std::uint64_t;  // a byte of the stream
  static constexpr Place nowhere = ~Place{0};

  /// One character of one way to read the stream, and the bytes that it was made from.
  struct Unit {
    unsigned char byte = 0;
    Place begin = 0;
    Place end = 0;
  };
  /// Follows a matcher through one way to read the stream.
  struct Track {
    ByteMatcher::State state = ByteMatcher::start;
    std::uint32_t count = 0;
    std::array<Place, ByteMatcher::pattern_bytes_max> begins{};

    Place begin_of(std::size_t size) const { return begins[(count - size) % begins.size()]; }
  };
  /// Base64 or hexadecimal, which go on over line ends.
  struct Encoded {
    Track track{};
    Place floor = 0;  // what stands before was shown already
    unsigned line_ends = 0;
  };

  bool has_mask() const { return mask_ && !mask_->is_empty(); }
  void take(unsigned char byte);
  void unescape(Unit unit);  // JSON
  bool try_escape();         // false: what is pending can be no escape
  void flush_escape();
  void unpercent(Unit unit);  // URLs
  void flush_percent();
  void emit(Unit unit);                               // out of unescape()
  void emit_plain(Unit unit, unsigned char as_text);  // out of unpercent()
  void step(ByteMatcher const& matcher, Track& track, Unit unit, Place floor = 0);
  /// `character`: as the matcher knows it; 0: this is no part of it.
  void follow(ByteMatcher const& matcher, Encoded& encoded, Unit unit, unsigned char character);
  /// The beginning of what may not be shown yet: where so much of a secret may have begun.
  Place hold(std::size_t depth_min) const;
  void release(Place limit);
  void reset();

  std::shared_ptr<SecretMask const> mask_;
  std::string held_{};  // from base_ on
  Place base_ = 0;
  Place end_ = 0;
  bool was_masked_ = false;  // what was shown last was a mask
  std::vector<std::pair<Place, Place>> hits_{};
  std::string out_{};

  Track raw_{};
  Track unescaped_{};
  Track unpercented_{};
  std::uint32_t unescaped_left_ = 0;  // characters until this reading is that of raw_ again
  std::uint32_t unpercented_left_ = 0;
  Encoded base64_{};
  Encoded hex_{};
  std::vector<Unit> escape_{};   // "\u12…" as far as it came
  std::uint32_t high_ = 0;       // the first half of a surrogate pair; the pair is in escape_
  std::vector<Unit> percent_{};  // "%4…"
};

}  // namespace ropewalk

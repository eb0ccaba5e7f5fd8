#include "engine/base/mask_stream.hpp"

#include <algorithm>

namespace ropewalk {
namespace {

/// After so many characters a reading that met no escape is the plain one again.
constexpr std::uint32_t characters_apart = ByteMatcher::pattern_bytes_max;
constexpr std::size_t encoded_depth_min = 6;  // that are followed over a line end
constexpr unsigned line_ends_max = 2;         // "\r\n"
constexpr std::size_t cut_depth_min = 4;
constexpr std::size_t short_escape_size = 2;    // "\n"
constexpr std::size_t unicode_escape_size = 6;  // "\u00e4"

int hex_digit(unsigned char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  unsigned char const lower = byte | 0x20U;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// As Base64 for URLs is looked for; 0 for what is no character of either.
unsigned char base64_character(unsigned char byte) {
  bool const is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  if (is_letter || (byte >= '0' && byte <= '9') || byte == '+' || byte == '/') return byte;
  if (byte == '-') return '+';
  return byte == '_' ? '/' : 0;
}

unsigned char hex_character(unsigned char byte) {
  if (hex_digit(byte) < 0) return 0;
  return byte >= 'A' && byte <= 'F' ? byte | 0x20U : byte;
}

/// What stands behind the backslash of a short escape; 0 when it is none.
unsigned char short_escape(unsigned char byte) {
  switch (byte) {
    case '"':
    case '\\':
    case '/':
      return byte;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

std::string to_utf8(std::uint32_t code) {
  auto const tail = [code](unsigned shift) {
    return static_cast<char>(0x80U | ((code >> shift) & 0x3fU));
  };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xc0U | (code >> 6U)), tail(0)};
  if (code < 0x10000) return {static_cast<char>(0xe0U | (code >> 12U)), tail(6), tail(0)};
  return {static_cast<char>(0xf0U | (code >> 18U)), tail(12), tail(6), tail(0)};
}

bool is_high_surrogate(std::uint32_t code) {
  return code >= 0xd800 && code < 0xdc00;
}
bool is_low_surrogate(std::uint32_t code) {
  return code >= 0xdc00 && code < 0xe000;
}

}  // namespace

void MaskStream::step(ByteMatcher const& matcher, Track& track, Unit unit, Place floor) {
  track.begins[track.count++ % track.begins.size()] = unit.begin;
  track.state = matcher.next(track.state, unit.byte);
  auto const size = matcher.match_size(track.state);
  if (size > 0) hits_.emplace_back(std::max(track.begin_of(size), floor), unit.end);
}

void MaskStream::take(unsigned char byte) {
  Unit const unit{byte, end_, end_ + 1};
  ++end_;
  unescape(unit);  // first: it may go on from where raw_ stands
  step(mask_->plain_matcher_, raw_, unit);
}

void MaskStream::unescape(Unit unit) {
  bool const is_begin = escape_.empty();
  if (is_begin && unit.byte != '\\') return emit(unit);
  if (is_begin) {
    if (unescaped_left_ == 0) unescaped_ = raw_;
    unescaped_left_ = characters_apart;
  }
  escape_.push_back(unit);
  if (!try_escape()) flush_escape();
}

bool MaskStream::try_escape() {
  std::size_t const skipped = high_ != 0 ? unicode_escape_size : 0;
  std::size_t const size = escape_.size() - skipped;
  unsigned char const last = escape_.back().byte;
  if (size == 1) return last == '\\';
  std::uint32_t code = 0;
  if (size == short_escape_size) {
    if (last == 'u') return true;
    code = high_ != 0 ? 0U : short_escape(last);
    if (code == 0) return false;
  } else {
    if (hex_digit(last) < 0) return false;
    if (size < unicode_escape_size) return true;
    for (auto i = escape_.size() - 4; i < escape_.size(); ++i)
      code = code * 16 + static_cast<std::uint32_t>(hex_digit(escape_[i].byte));
    if (high_ == 0 && is_high_surrogate(code)) {
      high_ = code;
      return true;
    }
    if (is_low_surrogate(code) != (high_ != 0)) return false;
    if (high_ != 0) code = 0x10000 + ((high_ - 0xd800) << 10U) + (code - 0xdc00);
  }
  Place const begin = escape_.front().begin;
  Place const end = escape_.back().end;
  escape_.clear();
  high_ = 0;
  for (char const c : to_utf8(code)) emit(Unit{static_cast<unsigned char>(c), begin, end});
  unescaped_left_ = characters_apart;
  return true;
}

/// It was none after all: its first character, or the half of a pair, stands for itself.
void MaskStream::flush_escape() {
  auto const units = std::exchange(escape_, {});
  bool const has_half = std::exchange(high_, 0) != 0;
  std::size_t const done = has_half ? unicode_escape_size : 1;
  for (std::size_t i = 0; i < done; ++i) emit(units[i]);
  for (std::size_t i = done; i < units.size(); ++i) unescape(units[i]);
}

void MaskStream::emit(Unit unit) {
  unpercent(unit);  // first: it may go on from where unescaped_ stands
  if (unescaped_left_ == 0) return;
  --unescaped_left_;
  step(mask_->plain_matcher_, unescaped_, unit);
}

void MaskStream::unpercent(Unit unit) {
  bool const is_begin = percent_.empty();
  if (is_begin && unit.byte != '%' && unit.byte != '+') return emit_plain(unit, unit.byte);
  if (is_begin) {
    if (unpercented_left_ == 0) unpercented_ = unescaped_left_ > 0 ? unescaped_ : raw_;
    unpercented_left_ = characters_apart;
    if (unit.byte == '+') {  // a blank, as forms write it
      emit_plain(unit, ' ');
      unpercented_left_ = characters_apart;
      return;
    }
  }
  percent_.push_back(unit);
  if (!is_begin && hex_digit(unit.byte) < 0) return flush_percent();
  if (percent_.size() < 3) return;
  int const code = hex_digit(percent_[1].byte) * 16 + hex_digit(percent_[2].byte);
  Unit const out{static_cast<unsigned char>(code), percent_.front().begin, unit.end};
  percent_.clear();
  emit_plain(out, out.byte);
  unpercented_left_ = characters_apart;
}

void MaskStream::flush_percent() {
  auto const units = std::exchange(percent_, {});
  emit_plain(units.front(), units.front().byte);
  for (std::size_t i = 1; i < units.size(); ++i) unpercent(units[i]);
}

void MaskStream::emit_plain(Unit unit, unsigned char as_text) {
  if (unpercented_left_ > 0) {
    --unpercented_left_;
    step(mask_->plain_matcher_, unpercented_, Unit{as_text, unit.begin, unit.end});
  }
  follow(mask_->base64_matcher_, base64_, unit, base64_character(unit.byte));
  follow(mask_->hex_matcher_, hex_, unit, hex_character(unit.byte));
}

void MaskStream::follow(
    ByteMatcher const& matcher, Encoded& encoded, Unit unit, unsigned char character
) {
  auto& track = encoded.track;
  if (character != 0) {
    encoded.line_ends = 0;
    return step(matcher, track, Unit{character, unit.begin, unit.end}, encoded.floor);
  }
  bool const is_line_end = unit.byte == '\n' || unit.byte == '\r';
  if (!is_line_end || ++encoded.line_ends > line_ends_max) {
    track.state = ByteMatcher::start;
  } else if (matcher.depth(track.state) < encoded_depth_min) {
    encoded.floor = unit.end;
  }
}

MaskStream::Place MaskStream::hold(std::size_t depth_min) const {
  Place out = end_;
  auto const look = [&](ByteMatcher const& matcher, Track const& track, Place floor) {
    auto const depth = matcher.depth(track.state);
    if (depth >= depth_min) out = std::min(out, std::max(track.begin_of(depth), floor));
  };
  look(mask_->plain_matcher_, raw_, 0);
  if (unescaped_left_ > 0) look(mask_->plain_matcher_, unescaped_, 0);
  if (unpercented_left_ > 0) look(mask_->plain_matcher_, unpercented_, 0);
  look(mask_->base64_matcher_, base64_.track, base64_.floor);
  look(mask_->hex_matcher_, hex_.track, hex_.floor);
  if (depth_min > 1) return out;
  if (!escape_.empty()) out = std::min(out, escape_.front().begin);
  if (!percent_.empty()) out = std::min(out, percent_.front().begin);
  return out;
}

void MaskStream::release(Place limit) {
  std::ranges::sort(hits_);
  Place at = base_;
  auto const show_until = [&](Place end) {
    if (end <= at) return;
    out_.append(held_, at - base_, end - at);
    at = end;
    was_masked_ = false;
  };
  for (auto const& [begin, end] : hits_) {
    if (end <= at || begin >= limit) continue;
    show_until(begin);
    if (!was_masked_) out_ += SecretMask::shown;
    was_masked_ = true;
    at = std::min(end, limit);
  }
  show_until(limit);
  held_.erase(0, at - base_);
  base_ = at;
  std::erase_if(hits_, [this](auto const& hit) { return hit.second <= base_; });
}

std::string_view MaskStream::feed(std::string_view bytes) {
  if (!has_mask() || bytes.empty()) return bytes;
  for (char const c : bytes) take(static_cast<unsigned char>(c));
  auto const limit = hold(1);
  if (held_.empty() && hits_.empty() && limit == end_) {
    base_ = end_;
    was_masked_ = false;
    return bytes;
  }
  out_.clear();
  held_ += bytes;
  release(limit);
  return out_;
}

std::string_view MaskStream::finish(bool is_cut) {
  if (!has_mask()) return {};
  while (!escape_.empty()) flush_escape();
  while (!percent_.empty()) flush_percent();
  if (is_cut) {
    auto const begin = hold(cut_depth_min);
    if (begin < end_) hits_.emplace_back(begin, end_);
  }
  out_.clear();
  release(end_);
  reset();
  return out_;
}

void MaskStream::reset() {
  base_ = end_;
  was_masked_ = false;
  hits_.clear();
  for (Track* track : {&raw_, &unescaped_, &unpercented_, &base64_.track, &hex_.track})
    track->state = ByteMatcher::start;
  unescaped_left_ = unpercented_left_ = 0;
  base64_.line_ends = hex_.line_ends = 0;
}

}  // namespace ropewalk

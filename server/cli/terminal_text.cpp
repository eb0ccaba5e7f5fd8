#include "server/cli/terminal_text.hpp"

#include "engine/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace ropewalk::cli {
namespace {

constexpr char escape = '\x1b';

struct CodePoint {
  char32_t value = 0;
  std::size_t size = 0;  // bytes
};

/// REQUIRES: valid UTF-8 from `at` on.
CodePoint code_point_at(std::string_view text, std::size_t at) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  auto const tail = [&](std::size_t i) { return char32_t{byte(i)} & 0x3FU; };
  if (byte(0) < 0x80) return {byte(0), 1};
  if (byte(0) < 0xE0) return {(char32_t{byte(0)} & 0x1FU) << 6U | tail(1), 2};
  if (byte(0) < 0xF0) return {(char32_t{byte(0)} & 0x0FU) << 12U | tail(1) << 6U | tail(2), 3};
  return {(char32_t{byte(0)} & 0x07U) << 18U | tail(1) << 12U | tail(2) << 6U | tail(3), 4};
}

struct Range {
  char32_t first = 0;
  char32_t last = 0;
};

template <std::size_t Size>
bool is_in(std::array<Range, Size> const& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [c](Range r) {
    return c >= r.first && c <= r.last;
  });
}

constexpr std::array zero_width{
    Range{0x0300, 0x036F}, Range{0x200B, 0x200D}, Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F}};
constexpr std::array double_width{
    Range{0x1100, 0x115F},
    Range{0x2E80, 0xA4CF},
    Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},
    Range{0xFE30, 0xFE6F},
    Range{0xFF00, 0xFF60},
    Range{0xFFE0, 0xFFE6},
    Range{0x1F300, 0x1FAFF},
    Range{0x20000, 0x3FFFD}};
// C0, DEL and C1, and the marks that change the direction of text.
constexpr std::array unsafe{
    Range{0x00, 0x1F},
    Range{0x7F, 0x9F},
    Range{0x200E, 0x200F},
    Range{0x2028, 0x202E},
    Range{0x2066, 0x2069},
    Range{0xFEFF, 0xFEFF}};

std::size_t width_of(char32_t c) {
  if (is_in(zero_width, c)) return 0;
  return is_in(double_width, c) ? 2 : 1;
}

/// Bytes of the escape sequence that begins at `at`, where there is an ESC.
std::size_t sequence_size(std::string_view text, std::size_t at) {
  auto const rest = text.substr(at);
  if (rest.size() < 2) return rest.size();
  if (rest[1] == '[') {  // CSI: parameters, then one final byte
    std::size_t end = 2;
    while (end < rest.size() && rest[end] >= 0x20 && rest[end] <= 0x3F) ++end;
    return std::min(end + 1, rest.size());
  }
  bool const is_string = std::string_view("]PX^_").find(rest[1]) != std::string_view::npos;
  if (!is_string) return 1;
  for (std::size_t end = 2; end < rest.size(); ++end) {  // up to BEL or ESC backslash
    if (rest[end] == '\a') return end + 1;
    if (rest[end] == escape) return std::min(end + 2, rest.size());
  }
  return 1;  // never ended: drop only the ESC, show the rest
}

std::string local_time(Instant at, char const* format) {
  auto const seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  auto const time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  localtime_r(&time, &parts);
  std::array<char, 32> out{};
  auto const size = std::strftime(out.data(), out.size(), format, &parts);
  return std::string(out.data(), size);
}

}  // namespace

std::string strip_control(std::string_view bytes) {
  auto const text = repair_utf8(bytes);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == escape) {
      at += sequence_size(text, at);
      continue;
    }
    auto const point = code_point_at(text, at);
    if (point.value == '\t' || point.value == '\n') {
      out += ' ';
    } else if (!is_in(unsafe, point.value)) {
      out.append(text, at, point.size);
    }
    at += point.size;
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    auto const point = code_point_at(text, at);
    width += width_of(point.value);
    at += point.size;
  }
  return width;
}

std::string fit(std::string_view text, std::size_t width, Style style) {
  if (display_width(text) <= width) return std::string(text);
  std::string_view const mark = style.unicode ? "…" : "...";
  if (width <= display_width(mark)) return std::string(mark.substr(0, style.unicode ? 3 : width));
  std::size_t const room = width - display_width(mark);
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    auto const point = code_point_at(text, at);
    if (used + width_of(point.value) > room) break;
    used += width_of(point.value);
    at += point.size;
  }
  return std::string(text.substr(0, at)) + std::string(mark);
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> out;
  std::size_t begin = 0;  // of the piece that is being filled
  std::size_t blank = 0;  // the last one in it; at `begin`: there is none
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size();) {
    auto const point = code_point_at(text, at);
    auto const columns = width_of(point.value);
    if (text[at] == ' ') blank = at;
    if (used + columns > width && at > begin) {
      auto const end = blank > begin ? blank : at;
      out.emplace_back(text.substr(begin, end - begin));
      begin = end == blank ? blank + 1 : end;
      blank = begin;
      used = begin > at ? 0 : display_width(text.substr(begin, at - begin));
    }
    if (begin <= at) used += columns;
    at += point.size;
  }
  if (begin < text.size()) out.emplace_back(text.substr(begin));
  return out;
}

std::string pad(std::string_view text, std::size_t width) {
  auto const used = display_width(text);
  return std::string(text) + std::string(used < width ? width - used : 0, ' ');
}

std::string paint(std::string_view text, Colour colour, Style style) {
  constexpr std::array<std::string_view, 7> codes{"", "31", "32", "33", "34", "90", "1"};
  auto const code = codes[static_cast<std::size_t>(colour)];
  if (!style.colour || code.empty() || text.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

Colour colour_of(Status status) {
  switch (status) {
    case Status::running:
      return Colour::blue;
    case Status::retrying:
      return Colour::yellow;
    case Status::completed:
      return Colour::green;
    case Status::failed:
      return Colour::red;
    case Status::cancelled:
      return Colour::yellow;
    case Status::pending:
    case Status::skipped:
      return Colour::grey;
  }
  return Colour::none;
}

std::string sign_of(Status status, unsigned tick, Style style) {
  constexpr std::array<std::string_view, 10> dots{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  constexpr std::string_view bars = "|/-\\";
  switch (status) {
    case Status::pending:
      return style.unicode ? "·" : ".";
    case Status::running:
      return style.unicode ? std::string(dots[tick % dots.size()])
                           : std::string(1, bars[tick % bars.size()]);
    case Status::retrying:
      return style.unicode ? "↻" : "~";
    case Status::completed:
      return style.unicode ? "✓" : "+";
    case Status::failed:
      return style.unicode ? "✗" : "x";
    case Status::skipped:
      return style.unicode ? "–" : "-";
    case Status::cancelled:
      return style.unicode ? "⊘" : "c";
  }
  return "?";
}

std::string duration_text(Duration duration) {
  auto const tenths = std::max<std::int64_t>(0, duration.count() / 100'000);
  auto const seconds = tenths / 10;
  std::array<char, 40> out{};
  auto const print = [&](char const* format, auto first, auto second) {
    auto const size = std::snprintf(
        out.data(),
        out.size(),
        format,
        static_cast<long long>(first),
        static_cast<long long>(second)
    );
    return std::string(out.data(), static_cast<std::size_t>(size));
  };
  if (seconds < 60) return print("%lld.%llds", seconds, tenths % 10);
  if (seconds < 3600) return print("%lldm %02llds", seconds / 60, seconds % 60);
  return print("%lldh %02lldm", seconds / 3600, seconds / 60 % 60);
}

std::string clock_text(Instant at) {
  return local_time(at, "%H:%M:%S");
}

std::string date_text(Instant at) {
  return local_time(at, "%Y-%m-%d %H:%M:%S");
}

std::vector<std::string> table(
    std::vector<std::vector<std::string>> const& rows, std::size_t width, Style style
) {
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> cells;
  for (auto const& row : rows) {
    auto& clean = cells.emplace_back();
    for (auto const& cell : row) clean.push_back(strip_control(cell));
    widths.resize(std::max(widths.size(), clean.size()));
    for (std::size_t i = 0; i < clean.size(); ++i)
      widths[i] = std::max(widths[i], display_width(clean[i]));
  }
  std::vector<std::string> out;
  for (auto const& row : cells) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      bool const is_last = i + 1 == row.size();
      line += is_last ? row[i] : pad(row[i], widths[i] + 2);
    }
    while (line.ends_with(' ')) line.pop_back();
    if (width != 0) line = fit(line, width, style);
    out.push_back(out.empty() ? paint(line, Colour::bold, style) : line);
  }
  return out;
}

}  // namespace ropewalk::cli

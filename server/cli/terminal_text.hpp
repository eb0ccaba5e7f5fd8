#pragma once
// Text for a terminal: safe to print, measured in columns, coloured or not. Pure functions.

#include "engine/base/time.hpp"
#include "engine/model/status.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::cli {

/// What the terminal that is written to can show.
struct Style {
  bool colour = false;
  bool unicode = false;  // signs and spinner beyond ASCII
};

/// Without escape sequences, control characters and marks that reorder text: what a task prints
/// must not steer the terminal. Tabs and line ends become blanks; the result is valid UTF-8.
std::string strip_control(std::string_view text);

/// Columns that `text` takes, as terminals count them. REQUIRES: no control characters.
std::size_t display_width(std::string_view text);
/// `text`, cut to at most `width` columns with an ellipsis where something was cut.
std::string fit(std::string_view text, std::size_t width, Style style);
/// `text` in pieces of at most `width` columns (at least one character each); none for no text.
std::vector<std::string> wrap(std::string_view text, std::size_t width);
/// `text` with blanks up to `width` columns; never cut.
std::string pad(std::string_view text, std::size_t width);

enum class Colour : unsigned char { none, red, green, yellow, blue, grey, bold };
std::string paint(std::string_view text, Colour colour, Style style);
Colour colour_of(Status status);
/// A call that failed is told to its caller: by itself it is no failure of the execution.
inline Colour colour_of(Status status, bool is_call) {
  return is_call && status == Status::failed ? Colour::yellow : colour_of(status);
}

/// One column that shows the status; `tick` turns the spinner of what runs.
std::string sign_of(Status status, unsigned tick, Style style);

/// "0.4s", "12.3s", "2m 05s", "1h 02m".
std::string duration_text(Duration duration);
/// "12:01:07" in local time.
std::string clock_text(Instant at);
/// "2026-01-31 12:01:07" in local time.
std::string date_text(Instant at);

/// Columns side by side, two blanks apart; the first row is the head. Cells are stripped of control
/// characters. The last column is not padded, and no line is longer than `width` (0: any length).
std::vector<std::string> table(
    std::vector<std::vector<std::string>> const& rows, std::size_t width, Style style
);

}  // namespace ropewalk::cli

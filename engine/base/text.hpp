#pragma once
// Small text helpers: UTF-8 repair, quoting for people, did-you-mean, identifiers.
//
// Any thread: pure functions.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

/// `bytes` with every invalid UTF-8 sequence and every NUL replaced by U+FFFD.
std::string repair_utf8(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);

/// Bytes of the UTF-8 sequence at `at`; 0 when none that is valid and complete begins there.
/// REQUIRES: at < bytes.size().
std::size_t utf8_sequence_size(std::string_view bytes, std::size_t at);
/// Bytes at `at` that one U+FFFD stands for, where utf8_sequence_size is 0 (the "maximal subpart"
/// of the Unicode standard).
std::size_t invalid_utf8_size(std::string_view bytes, std::size_t at);

/// How many bytes at the end of `bytes` begin a UTF-8 sequence that is not finished yet (0 to 3).
std::size_t unfinished_utf8_tail(std::string_view bytes);

/// The first `bytes_max` bytes of `text`, cut at a code point, with "…" where something was cut.
std::string shorten(std::string_view text, std::size_t bytes_max);

/// The candidate nearest to `word` by edit distance, or empty when none is near enough to be a slip
/// of the hand.
std::string_view closest_match(std::string_view word, std::span<std::string_view const> candidates);

/// Letters, digits, '_', '-', starting with a letter or '_', at most `size_max` bytes: what a task
/// id may be.
bool is_identifier(std::string_view text, std::size_t size_max = 128);

/// Lower-case hexadecimal.
std::string to_hex(std::span<unsigned char const> bytes);

}  // namespace ropewalk

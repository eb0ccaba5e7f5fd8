#pragma once
// Takes secrets out of everything that is kept or shown: logs, outputs, errors, texts as they come.
//
// A secret is found as it is and as others write it: in JSON (any escapes), in URLs (any choice of
// what is escaped), in Base64 (standard and for URLs, wherever in the encoded bytes it begins, also
// over line ends), in hexadecimal (either case, also over line ends), and through several of these
// where URLs or JSON hold Base64 or hexadecimal. Each line of a secret of several lines is one as
// well. The cost is linear in the text, whatever there is to find; nothing to find costs nothing.
//
// Any thread for what is const; add() belongs to the owner.

#include "engine/base/byte_matcher.hpp"
#include "engine/base/error.hpp"

#include <boost/json/value.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk {

class SecretMask {
 public:
  static constexpr std::string_view shown = "***";
  /// Shorter ones are too common in other texts to be taken out of them everywhere.
  static constexpr std::size_t bytes_min_everywhere = 8;
  /// Shorter ones are no secrets at all.
  static constexpr std::size_t bytes_min = 4;

  /// What is shorter than `at_least` is left alone.
  void add(std::string_view secret, std::size_t at_least = bytes_min_everywhere);
  void add_all(std::span<std::string const> secrets, std::size_t at_least = bytes_min_everywhere);
  bool is_empty() const { return plain_.empty(); }

  std::string masked(std::string_view text) const;
  /// In every text, every key, and every number that is one.
  void mask(boost::json::value& value) const;
  void mask(Error& error) const;

 private:
  friend class MaskStream;

  void note(std::string_view secret, std::size_t at_least);
  void build();

  std::vector<std::string> plain_{};  // what each of the three looks for
  std::vector<std::string> base64_{};
  std::vector<std::string> hex_{};
  ByteMatcher plain_matcher_{};
  ByteMatcher base64_matcher_{};
  ByteMatcher hex_matcher_{};
  std::size_t shortest_ = 0;
  bool has_number_ = false;  // one of them may be written as a number
};

}  // namespace ropewalk

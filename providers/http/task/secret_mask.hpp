#pragma once
// Takes what was sent in secret out of everything that is kept or shown: outputs, errors, records.
//
// Owner: one attempt.

#include "engine/base/error.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::http {

class SecretMask {
 public:
  /// Also as a URL, JSON and Base64 write it. What is shorter than `bytes_min` is no secret: to
  /// take it out would spoil texts that have nothing to do with it.
  void add(std::string_view secret, std::size_t bytes_min = 8);
  bool is_empty() const { return secrets_.empty(); }

  std::string masked(std::string_view text) const;
  /// In every text and every key.
  void mask(boost::json::value& value) const;
  void mask(Error& error) const;

 private:
  std::vector<std::string> secrets_{};  // the longest first
};

}  // namespace ropewalk::http

#pragma once
// Numbers and truth values as JavaScript writes them, which is how templates print them.
//
// Any thread: pure functions.

#include <boost/json/value.hpp>

#include <string>

namespace ropewalk::prompt {

/// 2.0 → "2", 1e21 → "1e+21", 0.1 → "0.1".
void append_number(double number, std::string& out);

/// A number or truth value; integers exactly. REQUIRES: `value` is one.
void append_scalar(boost::json::value const& value, std::string& out);

}  // namespace ropewalk::prompt

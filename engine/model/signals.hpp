#pragma once
// What others tell an execution: signals, and answers of people. Plain values.

#include <boost/json/value.hpp>

#include <string>

namespace ropewalk {

struct SignalCall {
  std::string name{};
  boost::json::value payload{};
  std::string key{};           // of its sender (Idempotency-Key); empty: none
  std::string request_hash{};  // of what was sent with the key
};

enum class SignalFate : unsigned char {
  taken,  // by a task that waited for it
  kept,   // for one that will
};

/// What a person says to a task that asks (`wait` with `approval`).
struct Decision {
  std::string answer{};
  std::string comment{};  // empty: none
  std::string by{};
};

}  // namespace ropewalk

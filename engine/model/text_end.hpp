#pragma once
// How the text that an attempt streamed came to its end.

#include <optional>
#include <string>

namespace ropewalk {

struct TextEnd {
  std::string finish_reason{};       // "stop", "length", …; empty: not known
  std::string usage{};               // JSON text of an object; empty: not known
  std::optional<double> cost_usd{};  // not set: not known, which is not the same as nothing
  std::string model{};               // who answered; empty: not known
};

}  // namespace ropewalk

// Strings of the simulation: formats and lengths.
#include "providers/ai/sim_schema.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace ropewalk::ai {
namespace {

namespace json = boost::json;

constexpr std::size_t length_max = 10'000;

std::string two_digits(std::uint64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

std::string uuid(SimRandom& random) {
  std::array<char, 40> text{};
  auto const high = random.next();
  auto const low = random.next();
  std::snprintf(
      text.data(),
      text.size(),
      "%08x-%04x-4%03x-8%03x-%012llx",
      static_cast<unsigned>(high >> 32),
      static_cast<unsigned>(high >> 16 & 0xffff),
      static_cast<unsigned>(high & 0xfff),
      static_cast<unsigned>(low >> 52),
      static_cast<unsigned long long>(low & 0xffffffffffffU)
  );
  return text.data();
}

std::string of_format(std::string_view format, SimRandom& random) {
  std::string day =
      "2026-" + two_digits(1 + random.below(12)) + "-" + two_digits(1 + random.below(28));
  std::string time = two_digits(random.below(24)) + ":" + two_digits(random.below(60)) + ":" +
                     two_digits(random.below(60)) + "Z";
  if (format == "date-time") return day + "T" + time;
  if (format == "date") return day;
  if (format == "time") return time;
  if (format == "email") return "simulated" + std::to_string(random.below(100)) + "@example.com";
  if (format == "uri" || format == "url")
    return "https://example.com/simulated/" + std::to_string(random.below(1000));
  if (format == "hostname") return "simulated.example.com";
  if (format == "ipv4") return "192.0.2." + std::to_string(1 + random.below(254));
  if (format == "ipv6") return "2001:db8::" + std::to_string(1 + random.below(9));
  if (format == "uuid") return uuid(random);
  return {};
}

std::size_t length_of(json::object const& schema, std::string_view name, std::size_t otherwise) {
  auto const* const value = schema.if_contains(name);
  if (!value || !value->is_number()) return otherwise;
  double const number = std::clamp(value->to_number<double>(), 0.0, 1e9);
  return static_cast<std::size_t>(number);
}

}  // namespace

std::string string_for_schema(json::object const& schema, SimRandom& random) {
  if (auto const* const format = schema.if_contains("format"); format && format->is_string()) {
    std::string text = of_format(format->get_string(), random);
    if (!text.empty()) return text;
  }
  constexpr std::array words{
      "amber", "cable", "delta", "harbor", "meadow", "north", "quartz", "river"};
  std::size_t const longest = length_of(schema, "maxLength", length_max);
  std::size_t const shortest = std::min({length_of(schema, "minLength", 0), longest, length_max});
  std::string const word = words[random.below(words.size())];
  std::string text = "(simulated) " + word;
  if (text.size() > longest) text = word;
  while (text.size() < shortest) text.append(" ").append(words[random.below(words.size())]);
  if (text.size() > longest) text.resize(longest);
  return text;
}

}  // namespace ropewalk::ai

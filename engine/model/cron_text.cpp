#include "engine/base/text.hpp"
#include "engine/model/cron.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>
#include <vector>

namespace ropewalk {
namespace {

constexpr std::size_t text_size_max = 256;

constexpr std::array<std::string_view, 12> month_names{
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names{
    "sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  std::string_view name;
  unsigned min;
  unsigned max;
  std::span<std::string_view const> words;  // the first stands for `min`
};
constexpr std::array<Field, 5> fields{{
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day of the month", 1, 31, {}},
    {"month", 1, 12, month_names},
    {"day of the week", 0, 7, weekday_names},
}};

struct Shorthand {
  std::string_view name;
  std::string_view stands_for;
};
constexpr std::array<Shorthand, 7> shorthands{{
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
}};

Error invalid(std::string message, std::string hint) {
  return Error{ErrorClass::permanent, "invalid_cron", std::move(message), std::move(hint)};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> out;
  std::size_t at = 0;
  for (;;) {
    auto const end = std::min(text.find_first_of(separators, at), text.size());
    out.push_back(text.substr(at, end - at));
    if (end == text.size()) return out;
    at = end + 1;
  }
}

std::optional<unsigned> digits(std::string_view text) {
  unsigned out = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  bool const is_number = ec == std::errc() && end == text.data() + text.size() && text.size() <= 4;
  return is_number ? std::optional(out) : std::nullopt;
}

Error bad_part(Field const& field, std::string_view part) {
  std::string const range = std::to_string(field.min) + " to " + std::to_string(field.max);
  std::string const words = field.words.empty() ? ""
                                                : ", " + std::string(field.words.front()) + " to " +
                                                      std::string(field.words.back());
  return invalid(
      "`" + shorten(part, 40) + "` is no " + std::string(field.name) + " of a cron expression",
      "write *, a number (" + range + words + "), a-b, */n, a-b/n, or a list of these"
  );
}

Result<unsigned> value(Field const& field, std::string_view text) {
  auto const word = std::find(field.words.begin(), field.words.end(), text);
  if (word != field.words.end())
    return field.min + static_cast<unsigned>(word - field.words.begin());
  auto const number = digits(text);
  if (!number || *number < field.min || *number > field.max) return bad_part(field, text);
  return *number;
}

/// `*`, `a`, `a-b`, each maybe with `/n`.
Result<std::uint64_t> part_bits(Field const& field, std::string_view part) {
  auto const slash = part.find('/');
  auto const range = part.substr(0, slash);
  unsigned step = 1;
  if (slash != part.npos) {
    auto const number = digits(part.substr(slash + 1));
    if (!number || *number == 0) return bad_part(field, part);
    step = *number;
  }
  unsigned first = field.min;
  unsigned last = field.max;
  if (range != "*") {
    auto const dash = range.find('-');
    TRY(first, value(field, range.substr(0, dash)));
    if (dash != range.npos) {
      TRY(last, value(field, range.substr(dash + 1)));
    } else if (slash == part.npos) {
      last = first;
    }
    if (last < first)
      return invalid(
          "`" + shorten(part, 40) + "` ends before it begins (" + std::string(field.name) + ")",
          "write it as two: a-" + std::to_string(field.max) + "," + std::to_string(field.min) + "-b"
      );
  }
  std::uint64_t bits = 0;
  for (unsigned n = first; n <= last; n += step) bits |= std::uint64_t{1} << n;
  return bits;
}

Result<std::uint64_t> field_bits(Field const& field, std::string_view text) {
  std::uint64_t bits = 0;
  for (auto const part : split(text, ",")) {
    TRY(auto const more, part_bits(field, part));
    bits |= more;
  }
  return bits;
}

/// No month that is asked for has such a day.
bool is_never(std::uint64_t days, std::uint64_t months) {
  constexpr std::array<unsigned, 13> longest{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (unsigned month = 1; month <= 12; ++month) {
    std::uint64_t const its_days = (std::uint64_t{1} << (longest.at(month) + 1)) - 2;
    if ((months >> month & 1U) != 0 && (days & its_days) != 0) return false;
  }
  return true;
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  if (text.size() > text_size_max)
    return invalid(
        "a cron expression of " + std::to_string(text.size()) + " bytes",
        "at most " + std::to_string(text_size_max)
    );
  std::string expression = lower(text);
  for (auto const& shorthand : shorthands)
    if (expression == shorthand.name) expression = shorthand.stands_for;
  auto parts = split(expression, " \t");
  std::erase(parts, "");
  if (parts.size() != fields.size())
    return invalid(
        "`" + shorten(text, 80) + "` has " + std::to_string(parts.size()) + " fields, not 5",
        parts.size() == 6 ? "there are no seconds: minute hour day month weekday"
                          : "minute hour day month weekday, as in `30 6 * * mon-fri`"
    );
  Cron out;
  std::array<std::uint64_t*, 5> const bits{
      &out.minutes_, &out.hours_, &out.days_, &out.months_, &out.weekdays_};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    TRY(*bits.at(i), field_bits(fields.at(i), parts[i]));
  }
  if ((out.weekdays_ & 0x80U) != 0) out.weekdays_ = (out.weekdays_ | 1U) & 0x7fU;
  out.either_day_ = parts[2] != "*" && parts[4] != "*";
  if (!out.either_day_ && is_never(out.days_, out.months_))
    return invalid("`" + shorten(text, 80) + "` never comes", "no such month has such a day");
  return out;
}

}  // namespace ropewalk

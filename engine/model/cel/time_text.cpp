#include "engine/model/cel/time_text.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace ropewalk::cel {
namespace {

constexpr std::int64_t second_in_ns = 1'000'000'000;
constexpr std::int64_t timestamp_min = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t timestamp_max = 253'402'300'799;  // 9999-12-31T23:59:59Z

// Reads fixed-width numbers and single characters from the front of a text; sticks at the first
// failure.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  int number(std::size_t width) {
    int value = 0;
    for (std::size_t index = 0; index < width; ++index) {
      if (index >= text_.size() || text_[index] < '0' || text_[index] > '9') {
        ok_ = false;
        return 0;
      }
      value = value * 10 + (text_[index] - '0');
    }
    text_.remove_prefix(width);
    return value;
  }
  bool take(std::string_view any_of) {
    if (text_.empty() || any_of.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any_of) { ok_ = take(any_of) && ok_; }
  bool next_is_digit() const { return !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; }
  bool is_done() const { return ok_ && text_.empty(); }
  bool ok() const { return ok_; }

 private:
  std::string_view text_;
  bool ok_ = true;
};

std::int32_t read_fraction(Reader& reader) {
  std::int32_t nanoseconds = 0;
  std::int32_t unit = second_in_ns / 10;
  if (!reader.next_is_digit()) reader.expect("0");
  for (; reader.next_is_digit() && unit > 0; unit /= 10) nanoseconds += unit * reader.number(1);
  return nanoseconds;
}

std::string fraction_text(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "";
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), ".%09d", static_cast<int>(nanoseconds));
  std::string text(buffer.data());
  while (text.ends_with("000")) text.resize(text.size() - 3);
  return text;
}

struct Unit {
  std::string_view name{};
  std::int64_t nanoseconds{};
};

constexpr std::array<Unit, 8> units{{
    {"ns", 1},
    {"us", 1'000},
    {"\xC2\xB5s", 1'000},  // micro sign
    {"\xCE\xBCs", 1'000},  // Greek mu
    {"ms", 1'000'000},
    {"h", 3600 * second_in_ns},
    {"m", 60 * second_in_ns},
    {"s", second_in_ns},
}};

// False when the number grows out of range.
bool append_digit(std::int64_t& number, char digit) {
  constexpr std::int64_t base = 10;
  std::int64_t const unit = digit - '0';
  return !__builtin_mul_overflow(number, base, &number) &&
         !__builtin_add_overflow(number, unit, &number);
}

// One "1.5h" from the front of `text`, added to `total`. False when it is not well-formed or out of
// range.
bool read_duration_part(std::string_view& text, std::int64_t& total) {
  std::uint32_t digits_count = 0;
  std::int64_t whole = 0;
  double fraction = 0;
  double scale = 1;
  bool in_fraction = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    char const character = text.front();
    if (character == '.' && !in_fraction) {
      in_fraction = true;
    } else if (character < '0' || character > '9') {
      break;
    } else if (++digits_count; in_fraction) {
      scale /= 10;
      fraction += scale * (character - '0');
    } else if (!append_digit(whole, character)) {
      return false;
    }
  }
  if (digits_count == 0) return false;
  for (Unit const& unit : units) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    auto const part =
        std::llround(fraction * static_cast<double>(unit.nanoseconds));
    return !__builtin_mul_overflow(whole, unit.nanoseconds, &whole) &&
           !__builtin_add_overflow(total, whole, &total) &&
           !__builtin_add_overflow(total, part, &total);
  }
  return false;
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  Reader reader(text);
  int const year = reader.number(4);
  reader.expect("-");
  int const month = reader.number(2);
  reader.expect("-");
  int const day = reader.number(2);
  reader.expect("Tt");
  int const hours = reader.number(2);
  reader.expect(":");
  int const minutes = reader.number(2);
  reader.expect(":");
  int const seconds = reader.number(2);
  Timestamp result;
  if (reader.take(".")) result.nanoseconds = read_fraction(reader);
  int offset = 0;
  if (!reader.take("Zz")) {
    bool const is_west = reader.take("-");
    if (!is_west) reader.expect("+");
    int const offset_hours = reader.number(2);
    reader.expect(":");
    int const offset_minutes = reader.number(2);
    if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
    offset = (offset_hours * 60 + offset_minutes) * (is_west ? -60 : 60);
  }
  std::chrono::year_month_day const date{
      std::chrono::year(year),
      std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(day))};
  if (!reader.is_done() || !date.ok() || hours > 23 || minutes > 59 || seconds > 59) {
    return std::nullopt;
  }
  std::int64_t const days = std::chrono::sys_days(date).time_since_epoch().count();
  result.seconds = days * 86'400 + hours * 3600 + minutes * 60 + seconds - offset;
  if (!is_in_range(result)) return std::nullopt;
  return result;
}

std::string format_timestamp(Timestamp timestamp) {
  std::chrono::sys_seconds const time{std::chrono::seconds(timestamp.seconds)};
  auto const days = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day const date(days);
  auto const second_of_day = static_cast<int>((time - days).count());
  std::array<char, 64> buffer{};
  std::snprintf(
      buffer.data(),
      buffer.size(),
      "%04d-%02u-%02uT%02d:%02d:%02d",
      static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()),
      second_of_day / 3600,
      second_of_day / 60 % 60,
      second_of_day % 60
  );
  return std::string(buffer.data()) + fraction_text(timestamp.nanoseconds) + "Z";
}

std::optional<Nanoseconds> parse_duration_text(std::string_view text) {
  bool const is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return Nanoseconds(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    if (!read_duration_part(text, total)) return std::nullopt;
  }
  return Nanoseconds(is_negative ? -total : total);
}

std::string format_duration_text(Nanoseconds duration) {
  std::int64_t const seconds = duration.count() / second_in_ns;
  std::int64_t const rest = duration.count() % second_in_ns;
  std::string const sign = duration.count() < 0 && seconds == 0 ? "-" : "";
  return sign + std::to_string(seconds) + fraction_text(rest < 0 ? -rest : rest) + "s";
}

bool is_in_range(Timestamp timestamp) {
  return timestamp.seconds >= timestamp_min && timestamp.seconds <= timestamp_max;
}

std::optional<Timestamp> shift(Timestamp timestamp, Nanoseconds by, bool backwards) {
  std::int64_t const sign = backwards ? -1 : 1;
  Timestamp result;
  result.seconds = timestamp.seconds + sign * (by.count() / second_in_ns);
  std::int64_t nanoseconds = timestamp.nanoseconds + sign * (by.count() % second_in_ns);
  if (nanoseconds < 0) {
    nanoseconds += second_in_ns;
    result.seconds -= 1;
  } else if (nanoseconds >= second_in_ns) {
    nanoseconds -= second_in_ns;
    result.seconds += 1;
  }
  result.nanoseconds = static_cast<std::int32_t>(nanoseconds);
  if (!is_in_range(result)) return std::nullopt;
  return result;
}

std::optional<Nanoseconds> distance(Timestamp to, Timestamp from) {
  std::int64_t total = 0;
  std::int64_t const rest = std::int64_t{to.nanoseconds} - from.nanoseconds;
  if (__builtin_mul_overflow(to.seconds - from.seconds, second_in_ns, &total) ||
      __builtin_add_overflow(total, rest, &total)) {
    return std::nullopt;
  }
  return Nanoseconds(total);
}

}  // namespace ropewalk::cel

// The extension strings: positions and sizes count code points.

#include "engine/model/cel/format.hpp"
#include "engine/model/cel/functions.hpp"
#include "engine/model/cel/operators.hpp"
#include "engine/model/cel/utf8.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ropewalk::cel {
namespace {

using std::string_view;

bool all_are(Call const& call, std::initializer_list<Kind> kinds) {
  std::size_t index = 0;
  for (Kind const kind : kinds) {
    if (index < call.size() && !call.is(index, kind)) return false;
    ++index;
  }
  return true;
}

Result<> charge_text(Call const& call, std::size_t bytes) {
  if (call.budget.charge_bytes(bytes)) return {};
  return expression_too_costly();
}

// The byte offset of the position in argument `index`. Error when it is outside 0 … size of the
// text.
Result<std::size_t> position(Call const& call, std::size_t index) {
  string_view const text = call[0].text();
  std::int64_t const wanted = call[index].as<std::int64_t>();
  if (wanted >= 0 && std::cmp_less_equal(wanted, text.size())) {
    std::size_t const count = static_cast<std::size_t>(wanted);
    std::size_t const offset = byte_offset(text, count);
    if (offset < text.size() || count_code_points(text) == count) return offset;
  }
  return expression_failed("position out of range: " + std::to_string(wanted));
}

Result<Value> char_at(Call const& call) {
  if (!all_are(call, {Kind::string, Kind::integer})) return no_such_overload(call);
  if (auto paid = charge_text(call, call[0].text().size()); !paid) return paid.error();
  TRY(auto const offset, position(call, 1));
  string_view const text = call[0].text();
  std::size_t const size = offset == text.size() ? 0 : code_point_size(text, offset);
  return Value(call[0].as<Text>().part(offset, size));
}

Result<Value> find_text(Call const& call, bool from_end) {
  if (!all_are(call, {Kind::string, Kind::string, Kind::integer})) return no_such_overload(call);
  string_view const text = call[0].text();
  if (auto paid = charge_text(call, text.size() * 2); !paid) return paid.error();
  std::size_t start = from_end ? text.size() : 0;
  if (call.size() == 3) {
    TRY(start, position(call, 2));
  }
  std::size_t const found =
      from_end ? text.rfind(call[1].text(), start) : text.find(call[1].text(), start);
  if (found == string_view::npos) return Value(std::int64_t{-1});
  return Value(static_cast<std::int64_t>(count_code_points(text.substr(0, found))));
}

Result<Value> index_of(Call const& call) {
  return find_text(call, false);
}
Result<Value> last_index_of(Call const& call) {
  return find_text(call, true);
}

Result<Value> substring(Call const& call) {
  if (!all_are(call, {Kind::string, Kind::integer, Kind::integer})) return no_such_overload(call);
  if (auto paid = charge_text(call, call[0].text().size() * 2); !paid) return paid.error();
  TRY(auto const first, position(call, 1));
  std::size_t last = call[0].text().size();
  if (call.size() == 3) {
    TRY(last, position(call, 2));
  }
  if (last < first) return expression_failed("the substring ends before it begins");
  return Value(call[0].as<Text>().part(first, last - first));
}

Result<Value> change_case(Call const& call, char first, char last, int by) {
  if (!call.is(0, Kind::string)) return no_such_overload(call);
  if (auto paid = charge_text(call, call[0].text().size()); !paid) return paid.error();
  std::string text(call[0].text());
  for (char& letter : text) {
    if (letter >= first && letter <= last) letter = static_cast<char>(letter + by);
  }
  return Value(std::move(text));
}

Result<Value> lower_ascii(Call const& call) {
  return change_case(call, 'A', 'Z', 'a' - 'A');
}
Result<Value> upper_ascii(Call const& call) {
  return change_case(call, 'a', 'z', 'A' - 'a');
}

// -1 for "all": how many pieces split() and replace() may make.
std::int64_t count_argument(Call const& call, std::size_t index) {
  return index < call.size() ? call[index].as<std::int64_t>() : -1;
}

// Between code points when nothing is sought.
std::size_t find_next(string_view text, string_view part, std::size_t from) {
  if (!part.empty()) return text.find(part, from);
  return from < text.size() ? from + code_point_size(text, from) : string_view::npos;
}

Result<Value> replace(Call const& call) {
  if (!all_are(call, {Kind::string, Kind::string, Kind::string, Kind::integer})) {
    return no_such_overload(call);
  }
  string_view const text = call[0].text();
  string_view const sought = call[1].text();
  std::int64_t left = count_argument(call, 3);
  if (auto paid = charge_text(call, text.size()); !paid) return paid.error();
  std::string result;
  std::size_t done = 0;
  std::size_t found = sought.empty() ? 0 : text.find(sought);
  while (found != string_view::npos && left != 0) {
    if (auto paid = charge_text(call, call[2].text().size()); !paid) return paid.error();
    result += text.substr(done, found - done);
    result += call[2].text();
    done = found + sought.size();
    found = find_next(text, sought, done);
    left -= left > 0 ? 1 : 0;
  }
  result += text.substr(done);
  return Value(std::move(result));
}

Result<Value> split(Call const& call) {
  if (!all_are(call, {Kind::string, Kind::string, Kind::integer})) return no_such_overload(call);
  Text const& whole = call[0].as<Text>();
  string_view const text = whole.view();
  string_view const separator = call[1].text();
  std::int64_t left = count_argument(call, 2);
  if (auto paid = charge_text(call, text.size()); !paid) return paid.error();
  std::vector<Value> parts;
  if (left == 0 || (separator.empty() && text.empty())) return Value(List(std::move(parts)));
  std::size_t done = 0;
  std::size_t found = find_next(text, separator, 0);
  while (found < text.size() && left != 1) {
    if (!call.budget.charge(1)) return expression_too_costly();
    parts.emplace_back(whole.part(done, found - done));
    done = found + separator.size();
    found = find_next(text, separator, done);
    left -= left > 0 ? 1 : 0;
  }
  parts.emplace_back(whole.part(done, text.size() - done));
  return Value(List(std::move(parts)));
}

Result<Value> join(Call const& call) {
  if (!all_are(call, {Kind::list, Kind::string})) return no_such_overload(call);
  List const& list = call[0].as<List>();
  string_view const separator = call.size() > 1 ? call[1].text() : string_view();
  std::string text;
  for (std::size_t index = 0; index < list.size(); ++index) {
    Value const item = list.at(index);
    if (!item.is(Kind::string)) {
      return expression_failed(
          "join() needs texts, not a value of type " + std::string(to_string(item.kind()))
      );
    }
    if (auto paid = charge_text(call, item.text().size() + separator.size()); !paid) {
      return paid.error();
    }
    if (index > 0) text += separator;
    text += item.text();
  }
  return Value(std::move(text));
}

bool is_space(char32_t code_point) {
  return (code_point >= 0x09 && code_point <= 0x0D) || code_point == 0x20 || code_point == 0x85 ||
         code_point == 0xA0 || code_point == 0x1680 ||
         (code_point >= 0x2000 && code_point <= 0x200A) || code_point == 0x2028 ||
         code_point == 0x2029 || code_point == 0x202F || code_point == 0x205F ||
         code_point == 0x3000;
}

Result<Value> trim(Call const& call) {
  if (!call.is(0, Kind::string)) return no_such_overload(call);
  string_view const text = call[0].text();
  if (auto paid = charge_text(call, text.size()); !paid) return paid.error();
  std::size_t first = text.size();
  std::size_t last = 0;
  for (std::size_t offset = 0; offset < text.size();) {
    std::size_t const size = code_point_size(text, offset);
    if (!is_space(code_point_at(text, offset))) {
      first = std::min(first, offset);
      last = offset + size;
    }
    offset += size;
  }
  return Value(call[0].as<Text>().part(first, last > first ? last - first : 0));
}

Result<Value> reverse(Call const& call) {
  if (!call.is(0, Kind::string)) return no_such_overload(call);
  string_view const text = call[0].text();
  if (auto paid = charge_text(call, text.size()); !paid) return paid.error();
  std::string result(text.size(), '\0');
  for (std::size_t offset = 0; offset < text.size();) {
    std::size_t const size = code_point_size(text, offset);
    result.replace(text.size() - offset - size, size, text.substr(offset, size));
    offset += size;
  }
  return Value(std::move(result));
}

Result<Value> quote(Call const& call) {
  if (!call.is(0, Kind::string)) return no_such_overload(call);
  if (auto paid = charge_text(call, call[0].text().size() * 2); !paid) return paid.error();
  constexpr string_view special = "\a\b\f\n\r\t\v\\\"";
  constexpr string_view letters = "abfnrtv\\\"";
  std::string text = "\"";
  for (char const character : call[0].text()) {
    auto const index = special.find(character);
    if (index != string_view::npos) text += '\\';
    text += index == string_view::npos ? character : letters[index];
  }
  return Value(text + '"');
}

Result<Value> format(Call const& call) {
  if (!all_are(call, {Kind::string, Kind::list})) return no_such_overload(call);
  TRY(auto text, format_text(call[0].text(), call[1].as<List>(), call.budget));
  return Value(std::move(text));
}

constexpr std::array<FunctionEntry, 13> table{{
    {"charAt", CallStyle::receiver, 2, 2, char_at},
    {"indexOf", CallStyle::receiver, 2, 3, index_of},
    {"lastIndexOf", CallStyle::receiver, 2, 3, last_index_of},
    {"substring", CallStyle::receiver, 2, 3, substring},
    {"lowerAscii", CallStyle::receiver, 1, 1, lower_ascii},
    {"upperAscii", CallStyle::receiver, 1, 1, upper_ascii},
    {"replace", CallStyle::receiver, 3, 4, replace},
    {"split", CallStyle::receiver, 2, 3, split},
    {"join", CallStyle::receiver, 1, 2, join},
    {"trim", CallStyle::receiver, 1, 1, trim},
    {"reverse", CallStyle::receiver, 1, 1, reverse},
    {"strings.quote", CallStyle::global, 1, 1, quote},
    {"format", CallStyle::receiver, 2, 2, format},
}};

}  // namespace

std::span<FunctionEntry const> string_functions() {
  return table;
}

}  // namespace ropewalk::cel

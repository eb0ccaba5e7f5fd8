#include "engine/model/cel/functions.hpp"

#include "engine/model/cel/base64.hpp"
#include "engine/model/cel/utf8.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace ropewalk::cel {
namespace {

Result<Value> size(Call const& call) {
  Value const& value = call[0];
  std::size_t count = 0;
  if (value.is(Kind::string)) {
    if (!call.budget.charge_bytes(value.text().size())) return expression_too_costly();
    count = count_code_points(value.text());
  } else if (auto const* bytes = value.get<Bytes>()) {
    count = bytes->content.view().size();
  } else if (auto const* list = value.get<List>()) {
    count = list->size();
  } else if (auto const* map = value.get<Map>()) {
    count = map->size();
  } else {
    return no_such_overload(call);
  }
  return Value(static_cast<std::int64_t>(count));
}

template <class Test>
Result<Value> test_text(Call const& call, Test test) {
  if (!call.is(0, Kind::string) || !call.is(1, Kind::string)) return no_such_overload(call);
  if (!call.budget.charge_bytes(call[0].text().size())) return expression_too_costly();
  return Value(bool{test(call[0].text(), call[1].text())});
}

Result<Value> contains(Call const& call) {
  return test_text(call, [](std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

Result<Value> starts_with(Call const& call) {
  return test_text(call, [](std::string_view text, std::string_view part) {
    return text.starts_with(part);
  });
}

Result<Value> ends_with(Call const& call) {
  return test_text(call, [](std::string_view text, std::string_view part) {
    return text.ends_with(part);
  });
}

// Linear in the text, times the size of the compiled pattern in the worst case.
Result<Value> match(Call const& call, Regex const& regex) {
  std::string_view const text = call[0].text();
  if (!call.budget.charge((1 + text.size() / 16) * (1 + regex.size() / 16))) {
    return expression_too_costly();
  }
  return Value(regex.matches(text));
}

Result<Value> matches(Call const& call) {
  if (!call.is(0, Kind::string) || !call.is(1, Kind::string)) return no_such_overload(call);
  if (call.regex != nullptr) return match(call, *call.regex);
  // A short pattern can grow into a large program before its size is known.
  constexpr std::size_t compile_cost = 2000;
  std::string_view const pattern = call[1].text();
  if (!call.budget.charge(compile_cost + pattern.size())) return expression_too_costly();
  TRY(auto const regex, Regex::compile(pattern));
  return match(call, *regex);
}

Result<Value> base64_encode(Call const& call) {
  auto const* bytes = call[0].get<Bytes>();
  if (bytes == nullptr) return no_such_overload(call);
  if (!call.budget.charge_bytes(bytes->content.view().size())) return expression_too_costly();
  return Value(to_base64(bytes->content.view()));
}

Result<Value> base64_decode(Call const& call) {
  if (!call.is(0, Kind::string)) return no_such_overload(call);
  if (!call.budget.charge_bytes(call[0].text().size())) return expression_too_costly();
  auto decoded = from_base64(call[0].text());
  if (!decoded) return expression_failed("the text is not base64");
  return Value(Bytes{Text(std::move(*decoded))});
}

constexpr std::array<FunctionEntry, 7> table{{
    {"size", CallStyle::both, 1, 1, size},
    {"contains", CallStyle::receiver, 2, 2, contains},
    {"startsWith", CallStyle::receiver, 2, 2, starts_with},
    {"endsWith", CallStyle::receiver, 2, 2, ends_with},
    {"matches", CallStyle::both, 2, 2, matches},
    {"base64.encode", CallStyle::global, 1, 1, base64_encode},
    {"base64.decode", CallStyle::global, 1, 1, base64_decode},
}};

std::array<std::span<FunctionEntry const>, 5> all_tables() {
  return {
      core_functions(),
      conversion_functions(),
      time_functions(),
      string_functions(),
      math_functions()};
}

std::string lower_letters(std::string_view text) {
  std::string letters;
  for (char const character : text) {
    if (character == '_') continue;
    bool const is_upper = character >= 'A' && character <= 'Z';
    letters += is_upper ? static_cast<char>(character - 'A' + 'a') : character;
  }
  return letters;
}

}  // namespace

std::span<FunctionEntry const> core_functions() {
  return table;
}

FunctionEntry const* find_function(std::string_view name, bool has_receiver) {
  for (auto const functions : all_tables()) {
    for (FunctionEntry const& entry : functions) {
      bool const fits =
          entry.style == CallStyle::both || (entry.style == CallStyle::receiver) == has_receiver;
      if (fits && entry.name == name) return &entry;
    }
  }
  return nullptr;
}

// Names that differ in case and underscores only, and those that other languages use.
std::string_view similar_function(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> foreign{{
      {"length", "size"},
      {"len", "size"},
      {"includes", "contains"},
      {"tolower", "lowerAscii"},
      {"lower", "lowerAscii"},
      {"toupper", "upperAscii"},
      {"upper", "upperAscii"},
      {"tostring", "string"},
      {"any", "exists"},
      {"foreach", "map"},
  }};
  std::string const letters = lower_letters(name);
  for (auto const& [other, ours] : foreign) {
    if (other == letters) return ours;
  }
  for (auto const functions : all_tables()) {
    for (FunctionEntry const& entry : functions) {
      std::string_view const unqualified = entry.name.substr(entry.name.find('.') + 1);
      if (lower_letters(entry.name) == letters || lower_letters(unqualified) == letters) {
        return entry.name;
      }
    }
  }
  return {};
}

Error no_such_overload(std::string_view name, std::span<Value const> arguments) {
  std::string message = "no such overload: " + std::string(name) + "(";
  for (std::size_t index = 0; index < arguments.size(); ++index) {
    if (index > 0) message += ", ";
    message += to_string(arguments[index].kind());
  }
  return expression_failed(message + ")");
}

}  // namespace ropewalk::cel

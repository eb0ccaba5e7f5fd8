#include "engine/base/json.hpp"
#include "engine/base/text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace ropewalk {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// Collects text.
struct TextSink {
  std::string text{};
  void write(std::string_view bytes) { text.append(bytes); }
  static constexpr bool is_full() { return false; }
};

/// Counts bytes, up to a bound.
struct CountSink {
  std::size_t stop_after = 0;
  std::size_t count = 0;
  void write(std::string_view bytes) { count += bytes.size(); }
  bool is_full() const { return count > stop_after; }
};

bool is_plain(char c) {
  auto const byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

template <class Sink>
void write_escape(Sink& sink, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      return sink.write("\\\"");
    case '\\':
      return sink.write("\\\\");
    case '\b':
      return sink.write("\\b");
    case '\f':
      return sink.write("\\f");
    case '\n':
      return sink.write("\\n");
    case '\r':
      return sink.write("\\r");
    case '\t':
      return sink.write("\\t");
    default:
      break;
  }
  auto const byte = static_cast<unsigned char>(c);
  std::array<char, 6> const escape{'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
  sink.write({escape.data(), escape.size()});
}

/// Strings that programs made may hold bytes that are no UTF-8: they must not make the document
/// invalid.
template <class Sink>
void write_string(Sink& sink, std::string_view text) {
  sink.write("\"");
  std::size_t written = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (is_plain(text[at])) {
      ++at;
      continue;
    }
    std::size_t const size = utf8_sequence_size(text, at);
    if (size > 1) {
      at += size;
      continue;
    }
    sink.write(text.substr(written, at - written));
    if (size == 1) {
      write_escape(sink, text[at]);
      ++at;
    } else {
      sink.write(replacement);
      at += invalid_utf8_size(text, at);
    }
    written = at;
  }
  sink.write(text.substr(written));
  sink.write("\"");
}

template <class Sink>
void write_double(Sink& sink, double number) {
  if (!std::isfinite(number)) return sink.write("null");
  std::array<char, 64> buffer{};
  double const size = std::abs(number);
  // Written out between these bounds, as JavaScript does; with an exponent outside of them.
  bool const fixed = size == 0 || (size >= 1e-6 && size < 1e21);
  auto const form = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  auto const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, form).ptr;
  std::string_view const text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  if (fixed) {
    sink.write(text);
    if (text.find('.') == std::string_view::npos) sink.write(".0");
    return;
  }
  std::size_t const exponent = text.find('e') + 1;  // "e+300" is written e300, "e-07" e-7
  sink.write(text.substr(0, exponent));
  if (text[exponent] == '-') sink.write("-");
  sink.write(text.substr(text.find_first_not_of("+-0", exponent)));
}

template <class Sink, class Integer>
void write_integer(Sink& sink, Integer number) {
  std::array<char, 24> buffer{};
  auto const end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  sink.write({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

template <class Sink>
class Writer {
 public:
  Writer(Sink& sink, bool sorted) : sink_(sink), sorted_(sorted) {}

  void write(json::value const& value) {
    switch (value.kind()) {
      case json::kind::null:
        return sink_.write("null");
      case json::kind::bool_:
        return sink_.write(value.get_bool() ? "true" : "false");
      case json::kind::int64:
        return write_integer(sink_, value.get_int64());
      case json::kind::uint64:
        return write_integer(sink_, value.get_uint64());
      case json::kind::double_:
        return write_double(sink_, value.get_double());
      case json::kind::string:
        return write_string(sink_, value.get_string());
      case json::kind::array:
        return write_array(value.get_array());
      case json::kind::object:
        return write_object(value.get_object());
    }
  }

 private:
  void write_array(json::array const& array) {
    sink_.write("[");
    bool first = true;
    for (json::value const& element : array) {
      if (sink_.is_full()) return;
      if (!first) sink_.write(",");
      first = false;
      write(element);
    }
    sink_.write("]");
  }

  void write_object(json::object const& object) {
    sink_.write("{");
    bool first = true;
    auto const write_member = [&](json::key_value_pair const& member) {
      if (!first) sink_.write(",");
      first = false;
      write_string(sink_, member.key());
      sink_.write(":");
      write(member.value());
    };
    if (sorted_) {
      std::vector<json::key_value_pair const*> members;
      members.reserve(object.size());
      for (auto const& member : object) members.push_back(&member);
      std::ranges::sort(members, [](auto const* a, auto const* b) {
        return std::string_view(a->key()) < std::string_view(b->key());
      });
      for (auto const* member : members) write_member(*member);
    } else {
      for (auto const& member : object) {
        if (sink_.is_full()) return;
        write_member(member);
      }
    }
    sink_.write("}");
  }

  Sink& sink_;
  bool sorted_;
};

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

std::string without_nul(std::string_view text) {
  std::string out;
  for (char const c : text) {
    if (c == '\0') {
      out += replacement;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string to_text(json::value const& value) {
  TextSink sink;
  Writer<TextSink>(sink, false).write(value);
  return std::move(sink.text);
}

std::string to_canonical_text(json::value const& value) {
  TextSink sink;
  Writer<TextSink>(sink, true).write(value);
  return std::move(sink.text);
}

std::size_t text_size(json::value const& value, std::size_t stop_after) {
  CountSink sink{stop_after};
  Writer<CountSink>(sink, false).write(value);
  return sink.count;
}

void replace_nul(json::value& value) {
  if (auto* text = value.if_string()) {
    if (has_nul(*text)) *text = without_nul(*text);
  } else if (auto* array = value.if_array()) {
    for (auto& element : *array) replace_nul(element);
  } else if (auto* object = value.if_object()) {
    bool rename = false;
    for (auto& member : *object) {
      rename = rename || has_nul(member.key());
      replace_nul(member.value());
    }
    if (!rename) return;
    json::object renamed(object->storage());
    for (auto& member : *object)
      renamed.insert_or_assign(without_nul(member.key()), std::move(member.value()));
    *object = std::move(renamed);
  }
}

}  // namespace ropewalk

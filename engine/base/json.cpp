#include "engine/base/json.hpp"

#include "engine/base/text.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <charconv>
#include <cmath>
#include <optional>
#include <set>

namespace ropewalk {
namespace {

enum class Refusal : unsigned char { none, too_many_nodes, integer_too_big, not_finite, duplicate };

/// What both passes over a text have in common: the parser's limits and the events that carry
/// nothing.
struct HandlerBase {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  Refusal refusal = Refusal::none;

  bool refuse(Refusal why, json::error_code& ec) {
    refusal = why;
    ec = json::error::syntax;
    return false;
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

/// Builds the value, within the budget of nodes.
struct Builder : HandlerBase {
  explicit Builder(std::size_t nodes_max) : nodes_left(nodes_max) { stack.reset(); }

  json::value_stack stack{};
  std::size_t nodes_left;
  std::size_t keys_count = 0;

  bool count(json::error_code& ec) {
    if (nodes_left == 0) return refuse(Refusal::too_many_nodes, ec);
    --nodes_left;
    return true;
  }

  bool on_object_begin(json::error_code& ec) { return count(ec); }
  bool on_array_begin(json::error_code& ec) { return count(ec); }
  bool on_object_end(std::size_t n, json::error_code&) { return stack.push_object(n), true; }
  bool on_array_end(std::size_t n, json::error_code&) { return stack.push_array(n), true; }
  bool on_key_part(json::string_view s, std::size_t, json::error_code&) {
    return stack.push_chars(s), true;
  }
  bool on_key(json::string_view s, std::size_t, json::error_code& ec) {
    stack.push_key(s);
    ++keys_count;
    return count(ec);
  }
  bool on_string_part(json::string_view s, std::size_t, json::error_code&) {
    return stack.push_chars(s), true;
  }
  bool on_string(json::string_view s, std::size_t, json::error_code& ec) {
    return stack.push_string(s), count(ec);
  }
  bool on_int64(std::int64_t i, json::string_view, json::error_code& ec) {
    return stack.push_int64(i), count(ec);
  }
  bool on_uint64(std::uint64_t u, json::string_view, json::error_code& ec) {
    return stack.push_uint64(u), count(ec);
  }
  bool on_double(double rough, json::string_view text, json::error_code& ec) {
    // The library's own reading may be off in the last digit, and turns 30-digit integers into
    // doubles.
    if (text.find_first_of(".eE") == json::string_view::npos)
      return refuse(Refusal::integer_too_big, ec);
    double number = 0;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), number);
    bool const tiny = read.ec == std::errc::result_out_of_range && std::abs(rough) < 1;
    if ((read.ec != std::errc() && !tiny) || !std::isfinite(number))
      return refuse(Refusal::not_finite, ec);
    return stack.push_double(number), count(ec);
  }
  bool on_bool(bool b, json::error_code& ec) { return stack.push_bool(b), count(ec); }
  bool on_null(json::error_code& ec) { return stack.push_null(), count(ec); }
};

/// Finds the first duplicate key. Only runs when there is one: keeping a set of keys a level is
/// slow.
struct DuplicateFinder : HandlerBase {
  std::vector<std::set<std::string>> levels{};
  std::string key{};

  bool on_object_begin(json::error_code&) { return levels.emplace_back(), true; }
  bool on_object_end(std::size_t, json::error_code&) { return levels.pop_back(), true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view s, std::size_t, json::error_code&) {
    return key.append(s), true;
  }
  bool on_key(json::string_view s, std::size_t, json::error_code& ec) {
    key.append(s);
    if (!levels.back().insert(key).second) return refuse(Refusal::duplicate, ec);
    key.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
};

json::parse_options options_for(JsonLimits const& limits) {
  json::parse_options options;
  options.max_depth = limits.depth_max;
  return options;
}

Error bad_json(std::string code, std::string message, std::string hint = {}) {
  return Error{ErrorClass::permanent, std::move(code), std::move(message), std::move(hint)};
}

/// The message ends with the place, and the detail holds it.
Error bad_json_at(TextPlace at, std::string code, std::string message, std::string hint = {}) {
  message += " at line " + std::to_string(at.line) + ", column " + std::to_string(at.column);
  Error error = bad_json(std::move(code), std::move(message), std::move(hint));
  error.detail = json::object{{"line", at.line}, {"column", at.column}};
  return error;
}

Error explain(Refusal refusal, json::error_code ec, TextPlace at, JsonLimits const& limits) {
  if (refusal == Refusal::too_many_nodes)
    return bad_json_at(
        at, "too_large", "more than " + std::to_string(limits.nodes_max) + " JSON values"
    );
  if (refusal == Refusal::integer_too_big)
    return bad_json_at(
        at, "invalid_json", "an integer does not fit 64 bits", "write it as a string"
    );
  if (refusal == Refusal::not_finite)
    return bad_json_at(
        at, "invalid_json", "a number is too large for a double", "write it as a string"
    );
  if (ec == json::error::too_deep)
    return bad_json_at(
        at, "too_large", "arrays and objects nest deeper than " + std::to_string(limits.depth_max)
    );
  if (ec == json::error::incomplete)
    return bad_json_at(at, "invalid_json", "the JSON ends too early");
  if (ec == json::error::extra_data)
    return bad_json_at(at, "invalid_json", "something follows the JSON document");
  return bad_json_at(at, "invalid_json", "not valid JSON: " + ec.message());
}

/// How many keys the value holds: fewer than were read when one was there twice.
std::size_t count_keys(json::value const& value) {
  std::size_t count = 0;
  if (auto const* object = value.if_object()) {
    count += object->size();
    for (auto const& member : *object)
      if (member.value().is_structured()) count += count_keys(member.value());
  } else if (auto const* array = value.if_array()) {
    for (auto const& element : *array)
      if (element.is_structured()) count += count_keys(element);
  }
  return count;
}

Error duplicate_key(std::string_view text, JsonLimits const& limits) {
  json::basic_parser<DuplicateFinder> finder(options_for(limits));
  json::error_code ec;
  std::size_t const end = finder.write_some(false, text.data(), text.size(), ec);
  std::size_t at = std::min(end, text.size());
  // The parser stops behind the key: go back to the quote that opens it.
  if (at > 0 && text[at - 1] == '"') --at;
  auto const escaped = [&](std::size_t quote) {
    std::size_t slashes = 0;
    while (slashes < quote && text[quote - slashes - 1] == '\\') ++slashes;
    return slashes % 2 == 1;
  };
  while (at > 0 && (text[at - 1] != '"' || escaped(at - 1))) --at;
  if (at > 0) --at;
  return bad_json_at(
      place_of(text, at),
      "duplicate_key",
      "the key \"" + shorten(finder.handler().key, 100) + "\" is there twice",
      "keep one of them"
  );
}

}  // namespace

TextPlace place_of(std::string_view text, std::size_t offset) {
  TextPlace at;
  for (char const c : text.substr(0, offset)) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++at.column;
    }
  }
  return at;
}

Result<json::value> parse_json(std::string_view text, JsonLimits const& limits) {
  if (text.size() > limits.bytes_max)
    return bad_json(
        "too_large",
        std::to_string(text.size()) + " bytes of JSON, where " + std::to_string(limits.bytes_max) +
            " are allowed"
    );
  json::basic_parser<Builder> parser(options_for(limits), limits.nodes_max);
  json::error_code ec;
  std::size_t const at = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && at < text.size()) ec = json::error::extra_data;
  if (ec) return explain(parser.handler().refusal, ec, place_of(text, at), limits);
  json::value value = parser.handler().stack.release();
  if (count_keys(value) != parser.handler().keys_count) return duplicate_key(text, limits);
  return value;
}

}  // namespace ropewalk

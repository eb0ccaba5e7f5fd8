#include "providers/ai/json_extract.hpp"

#include "engine/base/text.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>

namespace ropewalk::ai {
namespace {

constexpr std::string_view blanks = " \t\r\n";

/// Only finds where a value ends.
struct Skipper {
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t, json::error_code&) { return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_key(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

struct Scan {
  bool is_complete = false;
  std::size_t size = 0;  // bytes read
};

Scan scan_value(std::string_view text, std::size_t depth_max) {
  json::parse_options options;
  options.max_depth = depth_max;
  json::basic_parser<Skipper> parser(options);
  json::error_code ec;
  std::size_t const size = parser.write_some(false, text.data(), text.size(), ec);
  return {!ec, std::min(size, text.size())};
}

std::string_view trimmed(std::string_view text) {
  std::size_t const first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

Error no_json(std::string_view text, std::size_t at, std::string const& why) {
  TextPlace const place = place_of(text, at);
  json::object detail;
  detail["line"] = place.line;
  detail["column"] = place.column;
  std::string message = "the answer holds no JSON value: " + why;
  message += " (line " + std::to_string(place.line);
  message += ", column " + std::to_string(place.column) + ")";
  return {
      .code = "invalid_output",
      .message = std::move(message),
      .hint = "ask for JSON only, give a schema, or raise `repair`",
      .detail = std::move(detail)};
}

/// The error of a value that ends but cannot be read (a key twice, a number too large, …).
Error unreadable(std::string_view text, std::size_t at, Error const& error) {
  Error out = no_json(text, at, error.message);
  out.message = "the JSON in the answer cannot be used: " + error.message;
  return out;
}

struct Fence {
  std::string_view body{};
  std::size_t end = 0;  // behind the block
};

/// The fenced block whose opening marks stand at `at`; nullopt when it does not end.
std::optional<Fence> read_fence(std::string_view text, std::size_t at, bool& is_json) {
  std::size_t const label_at = at + 3;
  std::size_t const line_end = text.find('\n', label_at);
  if (line_end == std::string_view::npos) return std::nullopt;
  std::string_view const label = trimmed(text.substr(label_at, line_end - label_at));
  is_json =
      label.empty() || label == "json" || label == "JSON" || label == "json5" || label == "jsonc";
  std::size_t const close = text.find("\n```", line_end);
  if (close == std::string_view::npos) return std::nullopt;
  std::string_view body;
  if (close > line_end) body = text.substr(line_end + 1, close - line_end - 1);
  return Fence{body, close + 4};
}

std::optional<json::value> from_fences(std::string_view text, JsonLimits const& limits) {
  std::size_t at = text.find("```");
  while (at != std::string_view::npos) {
    bool is_json = false;
    auto const fence = read_fence(text, at, is_json);
    if (!fence) return std::nullopt;
    std::string_view const body = trimmed(fence->body);
    if (is_json && !body.empty())
      if (auto value = parse_json(body, limits)) return std::move(*value);
    at = text.find("```", fence->end);
  }
  return std::nullopt;
}

/// From each '{' and '['. A start inside what was read is only tried when that did not end; it is
/// then complete itself, or deeper than depth_max: so each byte is read a bounded number of times.
/// The budgets make that sure, and keep a hostile answer from holding the shard.
Result<json::value> first_value(std::string_view text, JsonLimits const& limits) {
  std::size_t bytes_left = 16 * text.size() + 4096;
  std::size_t starts_left = 20'000;
  std::size_t farthest = 0;
  std::size_t at = text.find_first_of("{[");
  bool const has_start = at != std::string_view::npos;
  while (at != std::string_view::npos) {
    Scan const scan = scan_value(text.substr(at), limits.depth_max);
    if (scan.is_complete) {
      std::string_view const found = trimmed(text.substr(at, scan.size));
      auto value = parse_json(found, limits);
      if (!value) return unreadable(text, at, value.error());
      return value;
    }
    farthest = std::max(farthest, at + scan.size);
    if (scan.size > bytes_left || --starts_left == 0) break;
    bytes_left -= scan.size;
    at = text.find_first_of("{[", at + 1);
  }
  if (!has_start) return no_json(text, 0, "there is no object and no list in it");
  return no_json(
      text,
      farthest,
      farthest == text.size() ? "it ends in the middle of one" : "something else is here"
  );
}

std::string schema_words(std::optional<json::object> const& schema) {
  if (!schema) return "one JSON value and nothing else: no words before or after it, no fences";
  std::string out =
      "one JSON value that conforms to this JSON Schema and nothing else, no words before or after "
      "it, no fences:\n";
  out += to_text(json::value(*schema));
  return out;
}

}  // namespace

JsonLimits answer_json_limits() {
  JsonLimits limits;
  limits.bytes_max = 8 * 1024 * 1024;
  return limits;
}

Result<json::value> extract_json(std::string_view text, JsonLimits const& limits) {
  std::string_view const whole = trimmed(text);
  if (whole.empty()) return no_json(text, 0, "it is empty");
  if (whole.size() > limits.bytes_max)
    return no_json(
        text.substr(0, 1),
        0,
        std::to_string(text.size()) + " bytes, where " + std::to_string(limits.bytes_max) +
            " are allowed"
    );
  if (auto value = parse_json(whole, limits)) return value;
  if (auto value = from_fences(whole, limits)) return std::move(*value);
  return first_value(text, limits);
}

std::string json_instructions(std::optional<json::object> const& schema) {
  return "Answer with " + schema_words(schema);
}

Error schema_violated(std::vector<SchemaViolation> const& violations) {
  ROPEWALK_CHECK(!violations.empty());
  json::array list;
  for (SchemaViolation const& violation : violations) {
    json::object entry;
    entry["path"] = violation.path;
    entry["message"] = shorten(violation.message, 500);
    list.push_back(std::move(entry));
  }
  SchemaViolation const& first = violations.front();
  std::string message = "the answer does not conform to the schema: ";
  if (!first.path.empty()) message += "`" + shorten(first.path, 200) + "`: ";
  message += shorten(first.message, 500);
  if (violations.size() > 1) message += " (and " + std::to_string(violations.size() - 1) + " more)";
  json::object detail;
  detail["violations"] = std::move(list);
  return {
      .code = "invalid_output",
      .message = std::move(message),
      .hint = "say in the prompt what is wanted, loosen the schema, or raise `repair`",
      .detail = std::move(detail)};
}

Message repair_message(Error const& error, std::optional<json::object> const& schema) {
  constexpr std::size_t words_bytes_max = 6000;
  std::string words = error.message;
  if (auto const* detail = error.detail.if_object()) {
    if (auto const* list = detail->if_contains("violations"); list != nullptr && list->is_array()) {
      words = "it does not conform to the schema:";
      for (json::value const& entry : list->get_array()) {
        words += "\n- ";
        std::string_view const path = entry.at("path").as_string();
        words += path.empty() ? "the value" : path;
        words += ": ";
        words += std::string_view(entry.at("message").as_string());
      }
    }
  }
  std::string text = "Your last answer cannot be used: ";
  text += shorten(words, words_bytes_max);
  text += "\n\nAnswer again with ";
  text += schema_words(schema);
  return text_message(Role::user, std::move(text));
}

}  // namespace ropewalk::ai

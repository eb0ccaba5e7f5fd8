#include "server/http/target.hpp"

#include "engine/base/text.hpp"

namespace ropewalk::server {
namespace {

Error bad_target(std::string message) {
  Error out;
  out.code = "bad_request";
  out.message = std::move(message);
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<> parse_query(std::string_view text, Target& out) {
  constexpr std::size_t parameters_max = 64;
  while (!text.empty()) {
    auto const end = text.find('&');
    auto const item = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    if (item.empty()) continue;
    auto const equals = item.find('=');
    TRY(auto name, percent_decode(item.substr(0, equals), true));
    TRY(auto value,
        percent_decode(equals == item.npos ? std::string_view{} : item.substr(equals + 1), true));
    if (out.query.size() >= parameters_max) return bad_target("too many query parameters");
    out.query.emplace_back(std::move(name), std::move(value));
  }
  return {};
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    auto const high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    auto const low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return bad_target("the request's target has a broken %-encoding");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (out.find('\0') != out.npos || !is_valid_utf8(out))
    return bad_target("the request's target is not valid UTF-8 text");
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (char const c : text) {
    bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    auto const byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
  return out;
}

Result<Target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/' || text.find('#') != text.npos)
    return bad_target("the request's target is not an absolute path");
  auto const question = text.find('?');
  auto path = text.substr(1, question == text.npos ? text.npos : question - 1);
  Target out;
  while (!path.empty()) {
    auto const slash = path.find('/');
    TRY(auto segment, percent_decode(path.substr(0, slash), false));
    bool const is_last = slash == path.npos;
    if (segment.empty() || segment == "." || segment == ".." || segment.find('/') != segment.npos ||
        segment.find('\\') != segment.npos || (!is_last && slash + 1 == path.size()))
      return bad_target("the request's path has an empty, dotted or encoded-slash segment");
    out.segments.push_back(std::move(segment));
    path = is_last ? std::string_view{} : path.substr(slash + 1);
  }
  if (question != text.npos)
    if (auto const query = parse_query(text.substr(question + 1), out); !query)
      return query.error();
  return out;
}

}  // namespace ropewalk::server

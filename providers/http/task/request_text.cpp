#include "providers/http/task/request_text.hpp"

#include "engine/base/text.hpp"
#include "providers/http/http_url.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace ropewalk::http {
namespace {

bool is_unreserved(char c) {
  auto const byte = static_cast<unsigned char>(c);
  return byte < 128 && (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~');
}

std::string_view without_fragment(std::string_view url) {
  return url.substr(0, url.find('#'));
}

/// In the quotes of Content-Disposition (as browsers do).
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"') {
      out += "%22";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (char const c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    auto const byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

std::string add_query(std::string_view url, NamedTexts const& query) {
  std::string out(without_fragment(url));
  char joint = out.find('?') == out.npos ? '?' : '&';
  if (out.ends_with('?') || out.ends_with('&')) joint = '\0';
  for (auto const& [name, value] : query) {
    if (joint != '\0') out += joint;
    out += percent_encode(name) + "=" + percent_encode(value);
    joint = '&';
  }
  return out;
}

std::string set_query(std::string_view url, std::string const& name, std::string const& value) {
  auto const whole = without_fragment(url);
  auto const mark = whole.find('?');
  std::string out(whole.substr(0, mark));
  auto const key = percent_encode(name);
  auto rest = mark == whole.npos ? std::string_view() : whole.substr(mark + 1);
  char joint = '?';
  while (!rest.empty()) {
    auto const end = rest.find('&');
    auto const pair = rest.substr(0, end);
    auto const given = pair.substr(0, pair.find('='));
    if (!pair.empty() && given != name && given != key) {
      out += joint;
      out += pair;
      joint = '&';
    }
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  }
  return add_query(out, {{name, value}});
}

std::string encode_form(NamedTexts const& form) {
  std::string out;
  for (auto const& [name, value] : form) {
    if (!out.empty()) out += '&';
    out += percent_encode(name) + "=" + percent_encode(value);
  }
  return out;
}

std::string encode_multipart(std::vector<FormPart> const& parts, std::string_view boundary) {
  std::string out;
  for (auto const& part : parts) {
    out.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=");
    out += quoted(part.name);
    if (!part.file_name.empty()) out += "; filename=" + quoted(part.file_name);
    out += "\r\n";
    if (!part.content_type.empty()) {
      auto type = part.content_type;
      std::erase_if(type, [](char c) { return c == '\r' || c == '\n'; });
      out += "Content-Type: " + type + "\r\n";
    }
    out.append("\r\n").append(part.bytes).append("\r\n");
  }
  return out.append("--").append(boundary).append("--\r\n");
}

std::string_view media_type_of(std::string_view file_name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> types{{
      {".json", "application/json"},
      {".txt", "text/plain; charset=utf-8"},
      {".md", "text/markdown; charset=utf-8"},
      {".csv", "text/csv; charset=utf-8"},
      {".html", "text/html; charset=utf-8"},
      {".xml", "application/xml"},
      {".yaml", "application/yaml"},
      {".pdf", "application/pdf"},
      {".zip", "application/zip"},
      {".gz", "application/gzip"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
  }};
  auto const found = std::ranges::find_if(types, [&](auto const& type) {
    return file_name.ends_with(type.first);
  });
  return found == types.end() ? "application/octet-stream" : found->second;
}

std::string shown_url(std::string_view url) {
  auto const parsed = parse_http_url(url);
  if (!parsed) return "the URL";
  auto const path = std::string_view(parsed->target).substr(0, parsed->target.find('?'));
  auto out = parsed->unix_path.empty()
                 ? (parsed->is_tls ? "https://" : "http://") + parsed->authority
                 : parsed->peer();
  out += path;
  return shorten(out, 300);
}

}  // namespace ropewalk::http

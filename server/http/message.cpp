#include "server/http/message.hpp"

#include "engine/base/error.hpp"

#include <algorithm>

namespace ropewalk::server {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::other:
      break;
  }
  return "OTHER";
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return lower(x) == lower(y);
  });
}

bool list_has(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    auto const comma = list.find(',');
    auto item = list.substr(0, comma);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (equal_ignoring_case(item, word)) return true;
    list = comma == list.npos ? std::string_view{} : list.substr(comma + 1);
  }
  return false;
}

std::string_view Request::header(std::string_view name) const {
  for (auto const& header : headers)
    if (equal_ignoring_case(header.name, name)) return header.value;
  return {};
}

std::size_t Request::header_count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(), [&](auto& h) {
    return equal_ignoring_case(h.name, name);
  }));
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
  for (auto const& [key, value] : query)
    if (key == name) return value;
  return std::nullopt;
}

std::string const& Request::param(std::string_view name) const {
  auto const found =
      std::find_if(params.begin(), params.end(), [&](auto const& p) { return p.first == name; });
  ROPEWALK_CHECK(found != params.end());
  return found->second;
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

std::string to_bytes(Response const& response, bool is_head, bool keep_alive) {
  std::string out;
  out.reserve(256 + (is_head ? 0 : response.body.size()));
  auto const line = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\n");
  bool const has_body = response.status >= 200 && response.status != 204 && response.status != 304;
  if (has_body) {
    bool const is_streamed = response.stream != nullptr;
    if (!response.body.empty() || is_streamed) line("Content-Type", response.content_type);
    if (!is_streamed) line("Content-Length", std::to_string(response.body.size()));
  }
  if (response.status >= 200) {
    line("X-Content-Type-Options", "nosniff");
    line("Referrer-Policy", "no-referrer");
    line("Cross-Origin-Resource-Policy", "same-origin");
    if (!keep_alive) line("Connection", "close");
  }
  for (auto const& header : response.headers) line(header.name, header.value);
  out.append("\r\n");
  if (has_body && !is_head) out.append(response.body);
  return out;
}

}  // namespace ropewalk::server

#include "providers/http/request_head.hpp"

#include "providers/http/http_error.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace ropewalk::http {
namespace {

bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    bool const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return is_letter || (c >= '0' && c <= '9') || others.find(c) != others.npos;
  });
}

bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= ' ' && byte != 127);
  });
}

bool has_header(HttpRequest const& request, std::string_view name) {
  return find_header(request.headers, name).data() != nullptr;  // it may be there and be empty
}

Error invalid(std::string why) {
  return http_error(ErrorClass::permanent, "invalid_request", std::move(why));
}

Result<> check(HttpRequest const& request) {
  if (!is_token(request.method)) return invalid("the request's method is not a word of HTTP");
  for (auto const& header : request.headers) {
    if (!is_token(header.name))
      return invalid("a header's name has a character that none may have");
    if (!is_value(header.value))
      return invalid("the value of the header " + header.name + " has a control character in it");
  }
  // What frames the message is ours to write: a second opinion would let one be smuggled in.
  for (auto const* const name : {"Content-Length", "Transfer-Encoding"})
    if (has_header(request, name))
      return invalid("the header " + std::string(name) + " is written by the client itself");
  return {};
}

void add(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  head += value;
  head += "\r\n";
}

bool has_body(HttpRequest const& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

}  // namespace

Result<std::string> write_head(
    HttpRequest const& request,
    HttpUrl const& url,
    std::optional<ProxyAddress> const& proxy,
    std::string const& user_agent
) {
  if (auto const checked = check(request); !checked) return checked.error();
  bool const is_forwarded = proxy && !url.is_tls;
  std::string head = request.method + " ";
  head += is_forwarded ? url.absolute() : url.target;
  head += " HTTP/1.1\r\n";
  auto const add_default = [&](std::string_view name, std::string_view value) {
    if (!has_header(request, name)) add(head, name, value);
  };
  add_default("Host", url.authority);
  add_default("User-Agent", user_agent);
  add_default("Accept-Encoding", "identity");
  if (!url.credentials.empty()) add_default("Authorization", basic_authorization(url.credentials));
  if (is_forwarded && !proxy->authorization.empty())
    add_default("Proxy-Authorization", proxy->authorization);
  for (auto const& header : request.headers) add(head, header.name, header.value);
  if (has_body(request)) add(head, "Content-Length", std::to_string(request.body.size()));
  head += "\r\n";
  return head;
}

std::string write_connect(HttpUrl const& url, ProxyAddress const& proxy) {
  auto const goal = host_and_port(url.host, url.port);
  std::string head = "CONNECT " + goal + " HTTP/1.1\r\n";
  add(head, "Host", goal);
  if (!proxy.authorization.empty()) add(head, "Proxy-Authorization", proxy.authorization);
  head += "\r\n";
  return head;
}

bool is_repeatable(HttpRequest const& request) {
  constexpr std::array<std::string_view, 6> methods{
      "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return std::find(methods.begin(), methods.end(), request.method) != methods.end() ||
         !find_header(request.headers, "Idempotency-Key").empty();
}

}  // namespace ropewalk::http

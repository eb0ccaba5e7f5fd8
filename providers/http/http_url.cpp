#include "providers/http/http_url.hpp"

#include "providers/http/http_error.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cctype>

namespace ropewalk::http {
namespace {

constexpr std::size_t url_bytes_max = 64 * 1024;
constexpr std::size_t unix_path_bytes_max = 107;  // sun_path holds 108 with its NUL
constexpr std::string_view unix_scheme = "http+unix://";

Error invalid(std::string why) {
  return http_error(
      ErrorClass::permanent,
      "invalid_url",
      "the URL cannot be called: " + std::move(why),
      "write http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH"
  );
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

Result<HttpUrl> parse_unix(std::string_view rest) {
  auto const colon = rest.find(":/");
  HttpUrl out;
  out.unix_path = rest.substr(0, colon);
  out.target = colon == rest.npos ? "/" : rest.substr(colon + 1);
  out.authority = "localhost";
  if (!out.unix_path.starts_with('/')) return invalid("the socket's path is not absolute");
  if (out.unix_path.size() > unix_path_bytes_max)
    return invalid("the socket's path is longer than 107 bytes");
  if (!is_printable(out.target) || out.target.find('#') != out.target.npos)
    return invalid("its target has a character that must be %-encoded");
  if (out.unix_path.find('\0') != out.unix_path.npos)
    return invalid("the socket's path has a NUL in it");
  return out;
}

Result<std::uint16_t> port_of(boost::urls::url_view const& url, bool is_tls) {
  if (!url.has_port() || url.port().empty()) return std::uint16_t(is_tls ? 443 : 80);
  if (url.port_number() == 0) return invalid("its port is not a number from 1 to 65535");
  return url.port_number();
}

}  // namespace

std::string host_and_port(std::string_view host, std::uint16_t port) {
  std::string out;
  bool const is_six = host.find(':') != host.npos;
  if (is_six) out += '[';
  out += host;
  if (is_six) out += ']';
  out += ':';
  out += std::to_string(port);
  return out;
}

std::string HttpUrl::peer() const {
  return unix_path.empty() ? host_and_port(host, port) : "unix:" + unix_path;
}

std::string HttpUrl::absolute() const {
  return (is_tls ? "https://" : "http://") + authority + target;
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  if (text.size() > url_bytes_max) return invalid("it is longer than 64 KiB");
  if (text.starts_with(unix_scheme)) return parse_unix(text.substr(unix_scheme.size()));
  auto const parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return invalid("it is not a well-formed URL");
  auto const& url = *parsed;
  HttpUrl out;
  out.is_tls = url.scheme_id() == boost::urls::scheme::https;
  if (!out.is_tls && url.scheme_id() != boost::urls::scheme::http)
    return invalid("its scheme is neither http nor https");
  out.host = url.host_address();
  if (out.host.empty()) return invalid("it names no host");
  // Boost 1.81 takes what it cannot read of the authority for a path: "http://h:x/",
  // "http://a@b@c/".
  if (!url.encoded_path().empty() && url.encoded_path().front() != '/')
    return invalid("its host or port is malformed");
  if (!is_printable(out.host)) return invalid("its host has a character that no host name has");
  for (char& c : out.host) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  TRY(out.port, port_of(url, out.is_tls));
  out.authority = host_and_port(out.host, out.port);
  if (out.port == (out.is_tls ? 443 : 80)) out.authority.resize(out.authority.rfind(':'));
  if (url.has_userinfo()) out.credentials = url.userinfo();
  out.target = std::string(url.encoded_path());
  if (out.target.empty()) out.target = "/";
  if (url.has_query()) out.target += "?" + std::string(url.encoded_query());
  return out;
}

}  // namespace ropewalk::http

#include "providers/http/proxy.hpp"

#include "providers/http/http_error.hpp"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>

namespace ropewalk {
namespace http {
namespace {

namespace ip = boost::asio::ip;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_in_network(std::string const& rule, std::string const& host) {
  boost::system::error_code ec;
  auto const address = ip::make_address(host, ec);
  if (ec) return false;
  if (address.is_v4()) {
    auto const network = ip::make_network_v4(rule, ec);
    return !ec && ip::network_v4(address.to_v4(), network.prefix_length()).canonical() ==
                      network.canonical();
  }
  auto const network = ip::make_network_v6(rule, ec);
  return !ec && ip::network_v6(address.to_v6(), network.prefix_length()).canonical() ==
                    network.canonical();
}

/// Takes ":PORT" off the end of a rule; false when it is there and is another than `port`.
bool take_port(std::string& rule, std::uint16_t port) {
  bool const has_brackets = rule.starts_with('[');
  auto const colon = rule.rfind(':');
  bool const has_port = has_brackets ? colon != rule.npos && rule[colon - 1] == ']'
                                     : colon != rule.npos && rule.find(':') == colon;
  bool const fits = !has_port || rule.substr(colon + 1) == std::to_string(port);
  if (has_port) rule.resize(colon);
  if (has_brackets && rule.ends_with(']')) rule = rule.substr(1, rule.size() - 2);
  return fits;
}

bool is_named_by(std::string rule, std::string const& host, std::uint16_t port) {
  if (rule == "*") return true;
  if (rule.find('/') != rule.npos) return is_in_network(rule, host);
  if (!take_port(rule, port)) return false;
  if (rule.starts_with("*")) rule.erase(0, 1);
  bool const only_below = rule.starts_with('.');
  if (only_below) rule.erase(0, 1);
  if (rule.empty()) return false;
  if (host == rule) return true;
  return host.size() > rule.size() && host.ends_with(rule) &&
         host[host.size() - rule.size() - 1] == '.';
}

}  // namespace

bool is_named(std::vector<std::string> const& rules, std::string const& host, std::uint16_t port) {
  return std::any_of(rules.begin(), rules.end(), [&](std::string const& rule) {
    return is_named_by(lower(rule), host, port);
  });
}

bool is_loopback(std::string const& host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  boost::system::error_code ec;
  auto const address = ip::make_address(host, ec);
  return !ec && address.is_loopback();
}

std::string basic_authorization(std::string const& credentials) {
  std::string out(4 * ((credentials.size() + 2) / 3) + 1, '\0');
  auto const size = EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(out.data()),
      reinterpret_cast<unsigned char const*>(credentials.data()),
      static_cast<int>(credentials.size())
  );
  out.resize(static_cast<std::size_t>(size));
  return "Basic " + out;
}

Result<std::optional<ProxyAddress>> choose_proxy(
    HttpClientOptions const& options, HttpUrl const& url
) {
  auto const& text = url.is_tls ? options.https_proxy : options.http_proxy;
  std::optional<ProxyAddress> out;
  if (text.empty() || !url.unix_path.empty() || is_named(options.no_proxy, url.host, url.port) ||
      (is_loopback(url.host) && !options.proxy_loopback))
    return out;
  bool const has_scheme = text.find("://") != text.npos;
  auto const parsed = parse_http_url(has_scheme ? text : "http://" + text);
  if (!parsed || parsed->is_tls || !parsed->unix_path.empty())
    return http_error(
        ErrorClass::permanent,
        "proxy_failure",
        "the configured proxy for " + url.peer() + " cannot be used: it is not an http:// URL",
        "set the proxy to http://HOST:PORT, or name the host in NO_PROXY"
    );
  out.emplace();
  out->host = parsed->host;
  out->port = parsed->port;
  if (!parsed->credentials.empty()) out->authorization = basic_authorization(parsed->credentials);
  return out;
}

}  // namespace http

HttpClientOptions http_options_from_environment(
    std::function<std::string(std::string const& name)> const& variable
) {
  auto const either_case = [&](char const* small, char const* large) {
    auto value = variable(small);
    return value.empty() ? variable(large) : value;
  };
  HttpClientOptions out;
  auto const fallback = either_case("all_proxy", "ALL_PROXY");
  // In a CGI program HTTP_PROXY may be a client's "Proxy:" header.
  bool const is_cgi = !variable("REQUEST_METHOD").empty();
  out.http_proxy = is_cgi ? variable("http_proxy") : either_case("http_proxy", "HTTP_PROXY");
  out.https_proxy = either_case("https_proxy", "HTTPS_PROXY");
  if (out.http_proxy.empty()) out.http_proxy = fallback;
  if (out.https_proxy.empty()) out.https_proxy = fallback;
  std::string rule;
  for (char const c : either_case("no_proxy", "NO_PROXY") + ",") {
    if (c != ',' && c != ' ') {
      rule += c;
    } else if (!rule.empty()) {
      out.no_proxy.push_back(std::exchange(rule, {}));
    }
  }
  return out;
}

}  // namespace ropewalk

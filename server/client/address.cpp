#include "server/client/address.hpp"

#include <algorithm>

namespace ropewalk::cli {
namespace {

constexpr std::string_view port_default = "8400";

bool is_port(std::string_view text) {
  bool const digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && !text.empty() && text.size() <= 5 && std::stoi(std::string(text)) <= 65535;
}

Error invalid(std::string_view text, std::string why) {
  Error error;
  error.code = "invalid_address";
  error.message = "'" + std::string(text) + "' is not the address of a server: " + std::move(why);
  error.hint = "write http://HOST:PORT or unix:PATH";
  return error;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string Address::host_header() const {
  if (is_unix()) return "localhost";
  bool const is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + port;
}

std::string Address::to_string() const {
  return is_unix() ? "unix:" + socket_path : "http://" + host_header();
}

Result<Address> parse_address(std::string_view text) {
  Address out;
  auto rest = text;
  if (take_prefix(rest, "unix:")) {
    take_prefix(rest, "//");
    if (rest.empty()) return invalid(text, "the path of the socket is missing");
    out.socket_path = rest;
    return out;
  }
  if (rest.starts_with("https://")) return invalid(text, "TLS is not spoken here");
  take_prefix(rest, "http://");
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find('/') != std::string_view::npos) return invalid(text, "it has a path");

  auto const host_end = rest.starts_with('[') ? rest.find(']') : 0;
  if (host_end == std::string_view::npos) return invalid(text, "']' is missing");
  auto const colon = rest.find(':', host_end);
  auto const host = rest.substr(0, colon);
  auto const port = colon == std::string_view::npos ? port_default : rest.substr(colon + 1);
  if (!is_port(port)) return invalid(text, "the port is not a number from 0 to 65535");
  out.host = host_end == 0 ? host : host.substr(1, host_end - 1);
  out.port = port;
  if (out.host.empty()) return invalid(text, "the host is missing");
  return out;
}

}  // namespace ropewalk::cli

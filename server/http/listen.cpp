// Listening sockets: TCP shared by several shards, or a Unix socket.
#include "engine/base/error.hpp"
#include "server/http/front.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <sys/socket.h>
#include <sys/stat.h>

#include <charconv>
#include <filesystem>

namespace ropewalk::server {
namespace {

using Endpoint = asio::generic::stream_protocol::endpoint;

Error failed(std::string const& address, std::string const& why) {
  Error out;
  out.code = "listen_failed";
  out.message = "cannot listen at " + address + ": " + why;
  out.hint = "is another server running there? --listen HOST:PORT chooses another place";
  return out;
}

/// Errors: invalid_argument.
Result<asio::ip::tcp::endpoint> parse_tcp(std::string const& address) {
  Error bad;
  bad.code = "invalid_argument";
  bad.message = "\"" + address + "\" is not an address to listen at";
  bad.hint = "write 127.0.0.1:8400, [::1]:8400, localhost:8400 or unix:/path/to/socket";
  auto const colon = address.rfind(':');
  if (colon == address.npos) return bad;
  std::uint16_t port = 0;
  auto const* const end = address.data() + address.size();
  auto const [stop, parse_ec] = std::from_chars(address.data() + colon + 1, end, port);
  if (parse_ec != std::errc{} || stop != end) return bad;
  auto host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code ec;
  auto const ip = asio::ip::make_address(host, ec);
  if (ec) return bad;
  return asio::ip::tcp::endpoint(ip, port);
}

/// True when somebody answers on the socket file.
bool is_in_use(Executor executor, std::string const& path) {
  boost::system::error_code ec;
  asio::basic_stream_socket<asio::local::stream_protocol, Executor> probe(executor);
  probe.connect(asio::local::stream_protocol::endpoint(path), ec);
  return !ec;
}

}  // namespace

Result<Acceptor> listen_at(Executor executor, std::string const& address, bool reuse_port) {
  bool const is_unix = address.starts_with("unix:");
  auto const path = is_unix ? address.substr(5) : std::string();
  Endpoint endpoint;
  if (is_unix) {
    if (path.empty() || path.size() > 100)
      return failed(address, "the path is empty or longer than 100 bytes");
    if (is_in_use(executor, path)) return failed(address, "address in use");
    std::error_code ignored;
    if (std::filesystem::is_socket(path, ignored)) std::filesystem::remove(path, ignored);
    endpoint = Endpoint(asio::local::stream_protocol::endpoint(path));
  } else {
    TRY(auto const tcp, parse_tcp(address));
    endpoint = Endpoint(tcp);
  }
  Acceptor acceptor(executor);
  boost::system::error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (ec) return failed(address, ec.message());
  int const on = 1;
  if (!is_unix) {
    ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (reuse_port)
      ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  auto const mask = is_unix ? ::umask(0177) : mode_t{};  // mode 0600 from the first moment
  acceptor.bind(endpoint, ec);
  if (is_unix) ::umask(mask);
  if (!ec) acceptor.listen(4096, ec);
  if (ec) return failed(address, ec.message());
  return acceptor;
}

std::string address_of(Acceptor const& acceptor) {
  boost::system::error_code ec;
  auto const endpoint = acceptor.local_endpoint(ec);
  if (ec) return {};
  if (endpoint.protocol().family() == AF_UNIX) {
    asio::local::stream_protocol::endpoint local;
    local.resize(endpoint.size());
    std::memcpy(local.data(), endpoint.data(), endpoint.size());
    return "unix:" + local.path();
  }
  asio::ip::tcp::endpoint tcp;
  std::memcpy(tcp.data(), endpoint.data(), std::min(endpoint.size(), tcp.capacity()));
  tcp.resize(endpoint.size());
  auto const host = tcp.address().to_string();
  return (tcp.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(tcp.port());
}

}  // namespace ropewalk::server

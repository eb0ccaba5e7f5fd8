#pragma once
// What the programs of the token figures share: sockets of loopback, HTTP messages, stamps.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ropewalk::bench {

inline char const* program_name = "bench";
inline constexpr std::size_t stamp_digits = 18;  // of a token: nanoseconds

[[noreturn]] inline void fail(std::string const& what) {
  std::fprintf(stderr, "%s: %s\n", program_name, what.c_str());
  std::exit(1);
}

/// The same in every process of the machine.
inline std::int64_t nanoseconds_now() {
  auto const now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

inline sockaddr_in loopback(unsigned short port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

inline void no_delay(int fd) {
  int const on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

inline int listen_at(unsigned short port) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int const on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto const address = loopback(port);
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
      ::listen(fd, 4096) != 0)
    fail("cannot listen at port " + std::to_string(port));
  return fd;
}

inline unsigned port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

inline int connect_to(unsigned short port) {
  int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto const address = loopback(port);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0)
    fail("cannot connect to port " + std::to_string(port));
  no_delay(fd);
  return fd;
}

/// Bytes of the message with a Content-Length that `bytes` begins with; 0 while it is not whole.
inline std::size_t message_size(std::string_view bytes) {
  auto const header_end = bytes.find("\r\n\r\n");
  if (header_end == bytes.npos) return 0;
  constexpr std::string_view name = "\r\nContent-Length: ";
  auto const at = bytes.substr(0, header_end + 2).find(name);
  if (at == bytes.npos) fail("a message without a length: " + std::string(bytes));
  std::size_t length = 0;
  std::from_chars(bytes.data() + at + name.size(), bytes.data() + header_end, length);
  auto const size = header_end + 4 + length;
  return bytes.size() >= size ? size : 0;
}

}  // namespace ropewalk::bench

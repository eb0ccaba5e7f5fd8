#include "tests/system/support/socket.hpp"

#include <boost/json/parse.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ropewalk::system_test {
namespace {

bool wait_until(int file, short events, milliseconds limit) {
  pollfd wanted{file, events, 0};
  return ::poll(&wanted, 1, static_cast<int>(limit.count())) > 0;
}

std::string lower_case(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::string text_of(json::object const& object, std::string const& name) {
  auto const* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

milliseconds time_left(Steady::time_point deadline) {
  auto const left = std::chrono::ceil<milliseconds>(deadline - Steady::now());
  return std::max(left, milliseconds(0));
}

HttpReply parse_head(std::string const& head) {
  HttpReply out;
  if (head.size() < 12) throw std::runtime_error("not an HTTP answer: " + head);
  out.status = static_cast<unsigned>(std::stoul(head.substr(9, 3)));
  for (auto at = head.find("\r\n") + 2; at < head.size();) {
    auto const end = head.find("\r\n", at);
    auto const line = head.substr(at, end - at);
    auto const colon = line.find(':');
    if (colon == line.npos) break;
    auto const value = line.find_first_not_of(' ', colon + 1);
    out.headers.emplace_back(
        lower_case(line.substr(0, colon)), value == line.npos ? "" : line.substr(value)
    );
    at = end + 2;
  }
  return out;
}

Socket::Socket(std::uint16_t port, int receive_buffer) {
  file_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0)
    ::setsockopt(file_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(file_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    auto const reason = std::string(std::strerror(errno));
    ::close(file_);
    throw std::runtime_error("connect: " + reason);
  }
}

Socket::~Socket() {
  if (file_ >= 0) ::close(file_);
}

bool Socket::write(std::string_view bytes, milliseconds limit) const {
  auto const deadline = Steady::now() + limit;
  while (!bytes.empty()) {
    auto const sent = ::send(file_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (sent < 0 && !wait_until(file_, POLLOUT, time_left(deadline))) return false;
  }
  return true;
}

bool Socket::read_some(std::string& bytes, milliseconds limit) const {
  if (file_ < 0 || !wait_until(file_, POLLIN, limit)) return false;
  std::array<char, 65536> buffer;
  auto const size = ::recv(file_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size > 0) bytes.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0;
}

void Socket::cut() {
  linger const at_once{1, 0};
  ::setsockopt(file_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(file_);
  file_ = -1;
}

std::string HttpReply::header(std::string const& name) const {
  for (auto const& [key, value] : headers)
    if (key == name) return value;
  return {};
}

json::value HttpReply::document() const {
  boost::system::error_code ec;
  auto out = json::parse(body, ec);
  if (ec) throw std::runtime_error("not JSON (" + std::to_string(status) + "): " + body);
  return out;
}

std::string to_bytes(HttpRequest const& request) {
  std::string out = request.method + " " + request.target + " HTTP/1.1\r\n";
  bool has_host = false;
  for (auto const& [name, value] : request.headers) {
    has_host = has_host || name == "Host";
    out += name + ": " + value + "\r\n";
  }
  if (!has_host) out += "Host: localhost\r\n";
  if (!request.body.empty() || request.method != "GET")
    out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return out + "\r\n" + request.body;
}

HttpReply exchange(Socket const& socket, std::string_view request, milliseconds limit) {
  auto const deadline = Steady::now() + limit;
  socket.write(request, limit);  // a refusal may come before all was sent
  std::string bytes;
  auto end = bytes.npos;
  while ((end = bytes.find("\r\n\r\n")) == bytes.npos)
    if (!socket.read_some(bytes, time_left(deadline)))
      throw std::runtime_error("no answer; so far: " + bytes);
  auto out = parse_head(bytes.substr(0, end + 2));
  auto const length = out.header("content-length");
  auto const size = length.empty() ? 0 : std::stoul(length);
  out.body = bytes.substr(end + 4);
  while (out.body.size() < size)
    if (!socket.read_some(out.body, time_left(deadline)))
      throw std::runtime_error("half an answer: " + bytes);
  return out;
}

HttpReply http(std::uint16_t port, HttpRequest const& request, milliseconds limit) {
  Socket const socket(port);
  return exchange(socket, to_bytes(request), limit);
}

}  // namespace ropewalk::system_test

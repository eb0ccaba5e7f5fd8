#include "tests/providers/support/scripted_connection.hpp"

#include "tests/providers/support/test_certificates.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace ropewalk::test {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio memory_of(std::string const& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

bool use_identity(SSL_CTX* context, TlsIdentity const& identity) {
  auto const certificate_text = memory_of(identity.certificate);
  auto const key_text = memory_of(identity.key);
  auto* const certificate = PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr);
  auto* const key = PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr);
  bool const used = SSL_CTX_use_certificate(context, certificate) == 1 &&
                    SSL_CTX_use_PrivateKey(context, key) == 1;
  X509_free(certificate);
  EVP_PKEY_free(key);
  if (!used || identity.client_ca.empty()) return used;
  auto const ca_text = memory_of(identity.client_ca);
  auto* const ca = PEM_read_bio_X509(ca_text.get(), nullptr, nullptr, nullptr);
  bool const trusted = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca) == 1;
  X509_free(ca);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return trusted;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

void parse_head(ReceivedRequest& request) {
  std::string_view rest = request.head;
  auto const next_line = [&rest] {
    auto const end = rest.find("\r\n");
    auto const line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    return line;
  };
  auto const first = next_line();
  auto const blank = first.find(' ');
  request.method = first.substr(0, blank);
  request.target = first.substr(blank + 1, first.rfind(' ') - blank - 1);
  for (auto line = next_line(); !line.empty(); line = next_line()) {
    auto const colon = line.find(':');
    auto value = line.substr(std::min(line.size(), colon + 1));
    while (value.starts_with(' ')) value.remove_prefix(1);
    request.headers.emplace_back(lower(line.substr(0, colon)), value);
  }
}

std::string hex(std::size_t number) {
  std::string out;
  do {
    out.insert(out.begin(), "0123456789abcdef"[number % 16]);
    number /= 16;
  } while (number > 0);
  return out;
}

}  // namespace

std::string ReceivedRequest::header(std::string_view name) const {
  for (auto const& [key, value] : headers)
    if (key == name) return value;
  return {};
}

ScriptedConnection::ScriptedConnection(int descriptor, std::size_t index)
    : descriptor_(descriptor), index_(index) {
  timeval limit{};
  limit.tv_sec = 10;
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

ScriptedConnection::~ScriptedConnection() {
  close();
  ::close(descriptor_);
}

bool ScriptedConnection::start_tls(TlsIdentity const& identity) {
  auto* const context = SSL_CTX_new(TLS_server_method());
  bool const usable = use_identity(context, identity);
  tls_ = SSL_new(context);
  SSL_CTX_free(context);
  return usable && SSL_set_fd(tls_, descriptor_) == 1 && SSL_accept(tls_) == 1;
}

std::size_t ScriptedConnection::read_some(char* into, std::size_t size) {
  auto const count = tls_ != nullptr ? SSL_read(tls_, into, static_cast<int>(size))
                                     : ::recv(descriptor_, into, size, 0);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

bool ScriptedConnection::fill(std::string const& until, std::size_t size_min) {
  std::array<char, 16 * 1024> piece;
  while ((!until.empty() && buffer_.find(until) == buffer_.npos) || buffer_.size() < size_min) {
    auto const count = read_some(piece.data(), piece.size());
    if (count == 0) return false;
    buffer_.append(piece.data(), count);
  }
  return true;
}

std::optional<ReceivedRequest> ScriptedConnection::read_request() {
  if (!fill("\r\n\r\n", 0)) return std::nullopt;
  ReceivedRequest out;
  auto const head_size = buffer_.find("\r\n\r\n") + 4;
  out.head = buffer_.substr(0, head_size);
  parse_head(out);
  auto const length = out.header("content-length");
  auto const body_size = length.empty() ? 0 : std::stoul(length);
  if (!fill({}, head_size + body_size)) return std::nullopt;
  out.body = buffer_.substr(head_size, body_size);
  buffer_.erase(0, head_size + body_size);
  return out;
}

bool ScriptedConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const count = tls_ != nullptr
                           ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool ScriptedConnection::send_in_pieces(std::string_view bytes, std::size_t piece) {
  while (!bytes.empty()) {
    auto const now = bytes.substr(0, piece);
    if (!send(now)) return false;
    bytes.remove_prefix(now.size());
    pollfd gone{descriptor_, POLLRDHUP, 0};
    ::poll(&gone, 1, 1);  // a millisecond in which the client reads, or closes
  }
  return true;
}

bool ScriptedConnection::respond(
    unsigned status, std::string_view body, std::string_view extra_headers
) {
  auto text = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\nContent-Length: ";
  text += std::to_string(body.size()) + "\r\n";
  text += extra_headers;
  text += "\r\n";
  text += body;
  return send(text);
}

bool ScriptedConnection::begin_chunks(unsigned status, std::string_view extra_headers) {
  auto text = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\nTransfer-Encoding: chunked\r\n";
  text += extra_headers;
  text += "\r\n";
  return send(text);
}

bool ScriptedConnection::send_chunk(std::string_view data) {
  auto text = hex(data.size()) + "\r\n";
  text += data;
  text += "\r\n";
  return send(text);
}

bool ScriptedConnection::end_chunks() {
  return send("0\r\n\r\n");
}

std::size_t ScriptedConnection::send_until_stuck(std::size_t bytes_max) {
  std::string const block(16 * 1024, 'x');
  std::size_t total = 0;
  while (total < bytes_max) {
    auto const count = ::send(descriptor_, block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      total += static_cast<std::size_t>(count);
      continue;
    }
    pollfd room{descriptor_, POLLOUT, 0};
    if (::poll(&room, 1, 300) <= 0) break;
    if ((room.revents & (POLLERR | POLLHUP)) != 0) break;
  }
  return total;
}

bool ScriptedConnection::wait_for_close() {
  std::array<char, 16 * 1024> piece;
  for (;;) {
    auto const count = ::recv(descriptor_, piece.data(), piece.size(), 0);
    if (count == 0) return true;
    if (count < 0) return errno == ECONNRESET;
  }
}

void ScriptedConnection::close() {
  ::shutdown(descriptor_, SHUT_RDWR);
  SSL_free(tls_);
  tls_ = nullptr;
}

void ScriptedConnection::close_tls() {
  if (tls_ != nullptr) SSL_shutdown(tls_);
  close();
}

void ScriptedConnection::reset() {
  linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  SSL_free(tls_);
  tls_ = nullptr;
  // Closing is what sends the reset: the number must stay ours, so another descriptor takes it.
  auto const spare = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::dup2(spare, descriptor_);
  ::close(spare);
}

void ScriptedConnection::interrupt() {
  ::shutdown(descriptor_, SHUT_RDWR);
}

}  // namespace ropewalk::test

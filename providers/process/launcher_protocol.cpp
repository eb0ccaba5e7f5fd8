#include "providers/process/launcher_protocol.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <type_traits>

namespace ropewalk {
namespace {

constexpr std::size_t descriptors_max = 4;

template <class T>
void put(std::string& out, T const& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::array<char, sizeof(T)> bytes{};
  std::memcpy(bytes.data(), &value, sizeof(T));
  out.append(bytes.data(), bytes.size());
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

void put_texts(std::string& out, std::vector<std::string> const& texts) {
  put(out, static_cast<std::uint32_t>(texts.size()));
  for (auto const& text : texts) put_text(out, text);
}

/// Takes values off the front of a body; `is_good` turns false when it ends too early.
class BodyReader {
 public:
  explicit BodyReader(std::string_view body) : rest_(body) {}

  template <class T>
  T take() {
    T value{};
    if (rest_.size() < sizeof(T)) {
      is_good_ = false;
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }

  std::string take_text() {
    auto const size = take<std::uint32_t>();
    if (!is_good_ || rest_.size() < size) {
      is_good_ = false;
      return {};
    }
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }

  std::vector<std::string> take_texts() {
    auto const count = take<std::uint32_t>();
    std::vector<std::string> texts;
    for (std::uint32_t i = 0; i < count && is_good_; ++i) texts.push_back(take_text());
    return texts;
  }

  bool is_good() const { return is_good_; }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

template <class T>
std::optional<T> decode_plain(std::string_view body) {
  BodyReader reader(body);
  auto value = reader.take<T>();
  if (!reader.is_good()) return std::nullopt;
  return value;
}

}  // namespace

std::string encode_head(PacketHead const& head) {
  std::string out;
  put(out, head);
  return out;
}

std::optional<PacketHead> decode_head(std::string_view packet, std::string_view& body) {
  auto head = decode_plain<PacketHead>(packet);
  if (head) body = packet.substr(sizeof(PacketHead));
  return head;
}

std::string encode(SpawnBody const& body) {
  std::string out;
  put_text(out, body.program);
  put_text(out, body.directory);
  put_text(out, body.marker);
  put_texts(out, body.argv);
  put_texts(out, body.env);
  put(out, body.limits);
  put_text(out, body.group);
  put(out, body.is_sandboxed);
  return out;
}

std::string encode(SweepBody const& body) {
  std::string out;
  put_texts(out, body.markers);
  put_texts(out, body.pipes);
  return out;
}

std::string encode(ChildEnd const& end) {
  std::string out;
  put(out, end);
  return out;
}

std::string encode(std::int32_t number) {
  std::string out;
  put(out, number);
  return out;
}

std::optional<SpawnBody> decode_spawn(std::string_view body) {
  BodyReader reader(body);
  SpawnBody spawn;
  spawn.program = reader.take_text();
  spawn.directory = reader.take_text();
  spawn.marker = reader.take_text();
  spawn.argv = reader.take_texts();
  spawn.env = reader.take_texts();
  spawn.limits = reader.take<ResourceLimits>();
  spawn.group = reader.take_text();
  spawn.is_sandboxed = reader.take<bool>();
  if (!reader.is_good()) return std::nullopt;
  return spawn;
}

std::optional<SweepBody> decode_sweep(std::string_view body) {
  BodyReader reader(body);
  SweepBody sweep;
  sweep.markers = reader.take_texts();
  sweep.pipes = reader.take_texts();
  if (!reader.is_good()) return std::nullopt;
  return sweep;
}

std::optional<ChildEnd> decode_end(std::string_view body) {
  return decode_plain<ChildEnd>(body);
}

std::optional<std::int32_t> decode_number(std::string_view body) {
  return decode_plain<std::int32_t>(body);
}

int send_packet(int socket, std::string_view bytes, std::span<FileDescriptor const> descriptors) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptors_max)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    std::array<int, descriptors_max> fds{};
    for (std::size_t i = 0; i < descriptors.size(); ++i) fds.at(i) = descriptors[i].get();
    auto const fds_bytes = sizeof(int) * descriptors.size();
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds_bytes);
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(fds_bytes);
    std::memcpy(CMSG_DATA(head), fds.data(), fds_bytes);
  }
  for (;;) {
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return 0;
    if (errno != EINTR) return errno;
  }
}

Receipt receive_packet(int socket, Packet& packet) {
  packet.bytes.resize(packet_bytes_max);
  packet.descriptors.clear();
  iovec part{packet.bytes.data(), packet.bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptors_max)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = 0;
  do {
    size = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0) return errno == EAGAIN ? Receipt::nothing_yet : Receipt::closed;
  if (size == 0) return Receipt::closed;
  packet.bytes.resize(static_cast<std::size_t>(size));
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
       head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    auto const count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
      packet.descriptors.emplace_back(fd);
    }
  }
  return Receipt::packet;
}

FileDescriptor make_memfd(std::string_view bytes) {
  FileDescriptor fd(::memfd_create("ropewalk-spawn", MFD_CLOEXEC));
  std::size_t written = 0;
  while (fd.is_open() && written < bytes.size()) {
    auto const n = ::write(fd.get(), bytes.data() + written, bytes.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fd.reset();
    if (n > 0) written += static_cast<std::size_t>(n);
  }
  return fd;
}

std::optional<std::string> read_memfd(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return std::nullopt;
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    auto const n = ::pread(fd, bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    got += static_cast<std::size_t>(n);
  }
  return bytes;
}

}  // namespace ropewalk

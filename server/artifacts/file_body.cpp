#include "server/artifacts/file_body.hpp"

#include <algorithm>
#include <cerrno>

namespace ropewalk::server {
namespace {

constexpr std::uint64_t chunk_bytes = 256 * 1024;

/// Empty at the end and when it cannot be read.
std::string read_some(int file, std::size_t bytes_max) {
  std::string out(bytes_max, '\0');
  for (;;) {
    auto const n = ::read(file, out.data(), out.size());
    if (n < 0 && errno == EINTR) continue;
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return out;
  }
}

}  // namespace

Async<std::string> FileBody::next() {
  auto const wanted = static_cast<std::size_t>(std::min(bytes_left_, chunk_bytes));
  if (wanted == 0) co_return std::string();
  auto job = [file = file_, wanted] { return read_some(file->get(), wanted); };
  auto reading = blocking_.run(job);
  auto out = co_await std::move(reading);
  bytes_left_ -= out.size();
  co_return out;
}

}  // namespace ropewalk::server

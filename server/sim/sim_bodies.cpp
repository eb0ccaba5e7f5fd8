#include "server/sim/sim_bodies.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace ropewalk::server {
namespace {

constexpr std::size_t write_bytes_wanted = 64 * 1024;
constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace

std::string chunk_of(std::string_view bytes) {
  if (bytes.empty()) return {};
  std::array<char, 16> size{};
  auto const end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
  std::string out(size.data(), end);
  out.reserve(out.size() + bytes.size() + 4 + last_chunk.size());
  out.append("\r\n").append(bytes).append("\r\n");
  return out;
}

Async<std::string> SimStreamBody::next() {
  auto& exchange = call_->exchange();
  std::string text;
  while (!has_ended_ && text.empty()) {
    co_await exchange.wait();
    while (text.size() < write_bytes_wanted) {
      auto const event = exchange.take();
      if (!event) break;
      form_.add(*event, text);
    }
    has_ended_ = exchange.is_over();
    if (!has_ended_) continue;
    auto const& ended = exchange.outcome()->ended;
    is_complete_ = ended || !server::is_cut(ended.error());
    auto out = chunk_of(text);
    if (is_complete_) out += last_chunk;
    co_return out;
  }
  co_return chunk_of(text);
}

Async<std::string> SimCutBody::next() {
  co_return std::exchange(chunk_, {});
}

Response chunked_response(std::string content_type, std::shared_ptr<BodyStream> body) {
  Response out;
  out.content_type = std::move(content_type);
  out.headers.push_back(Header{"Transfer-Encoding", "chunked"});
  out.headers.push_back(Header{"Cache-Control", "no-store"});
  out.stream = std::move(body);
  return out;
}

}  // namespace ropewalk::server

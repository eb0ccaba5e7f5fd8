// The files and texts of a multipart body.
#include "engine/base/text.hpp"
#include "providers/http/task/http_caller.hpp"
#include "providers/http/task/request_text.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace ropewalk::http {
namespace {

/// In none of the parts.
std::string boundary_for(std::vector<FormPart> const& parts) {
  std::random_device random;
  for (;;) {
    std::array<unsigned char, 16> bytes{};
    for (auto& byte : bytes) byte = static_cast<unsigned char>(random());
    auto out = "ropewalk-" + to_hex(bytes);
    bool const is_free = std::ranges::none_of(parts, [&](FormPart const& part) {
      return part.bytes.find(out) != std::string::npos;
    });
    if (is_free) return out;
  }
}

std::string_view name_in(std::string_view path) {
  auto const slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

}  // namespace

/// Writes the body; its type.
Async<Result<std::string>> HttpCaller::multipart() {
  std::vector<FormPart> parts;
  std::size_t bytes_left = HttpTaskLimits::body_bytes_max;
  for (auto const& wish : task_.body.parts) {
    FormPart part;
    part.name = wish.name;
    part.bytes = wish.text;
    part.file_name = wish.file_name;
    part.content_type = wish.content_type;
    if (!wish.file.empty()) {
      auto reading = parts_.files.read(attempt_.directory, wish.file, bytes_left);
      auto bytes = co_await std::move(reading);
      if (!bytes) co_return bytes.error();
      part.bytes = std::move(*bytes);
      bytes_left -= part.bytes.size();
      if (part.file_name.empty()) part.file_name = name_in(wish.file);
      if (part.content_type.empty()) part.content_type = media_type_of(wish.file);
    }
    parts.push_back(std::move(part));
  }
  auto const boundary = boundary_for(parts);
  base_.body = encode_multipart(parts, boundary);
  co_return "multipart/form-data; boundary=" + boundary;
}

}  // namespace ropewalk::http
